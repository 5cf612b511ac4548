import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { login } from '../helpers/latchkey.ts'
import { expectRefused, unusable } from '../helpers/refusals.ts'
import { setStage } from '../helpers/stage.ts'
import { PROFILE, settings, TOKENS } from './kakao-double.ts'

describe('the id of a Kakao account', () => {
  const stage = setStage({ aim: settings })
  const answers = (profile: unknown) => {
    stage.provider.answers.token = { body: TOKENS }
    stage.provider.answers.userinfo = { body: profile }
  }
  const signIn = () => login(stage.latchkey, stage.provider, new Browser(), 'kakao')

  test.each([
    ['0', '0'],
    ['-1', '-1'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['"3891047281123456789"', '3891047281123456789'],
  ])('6.16 the id %s is kept to the last digit', async (id, subject) => {
    answers(
      `{ "id" : ${id}, "kakao_account": {"profile": {"nickname": "id ${id.replaceAll('"', '')}"}} }`,
    )
    expect((await signIn()).json().user).toMatchObject({
      name: `id ${subject}`,
      identities: [{ provider: 'kakao', subject }],
    })
  })

  test.each([
    '""',
    '" 7"',
    '"seven"',
    'null',
    'true',
    '{}',
    '[7]',
    '1.5',
    '1e400',
    '1e30',
    `"${'7'.repeat(10_000)}"`,
    '7'.repeat(10_000),
  ])('6.16 the id %.20s is refused', async (id) => {
    answers(`{"id":${id}}`)
    await expectRefused(stage, unusable('profile', 'shape'), signIn)
    answers({ id: 7 })
    expect((await signIn()).status).toBe(200)
  })

  test('6.16 a profile without an id is refused', async () => {
    answers({ kakao_account: PROFILE.kakao_account })
    await expectRefused(stage, unusable('profile', 'shape'), signIn)
  })
})
