import { describe, expect, test } from 'vitest'
import { login, spelledOut } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

describe('userinfo beside the ID token', () => {
  const stage = setStage({ settings: { FAKE_TRUST_EMAIL: 'on' } })

  test.each<[string, (document: Record<string, unknown>) => unknown, string, string]>([
    [
      'the sub of another person',
      (it) => ({ ...it, sub: 'person-2' }),
      'userinfo',
      'subject_mismatch',
    ],
    [
      'the sub in another case',
      (it) => ({ ...it, sub: 'PERSON-1' }),
      'userinfo',
      'subject_mismatch',
    ],
    ['no sub', ({ sub, ...rest }) => rest, 'profile', 'shape'],
    ['null as sub', (it) => ({ ...it, sub: null }), 'profile', 'shape'],
    ['a list as sub', (it) => ({ ...it, sub: ['person-1'] }), 'profile', 'shape'],
    ['a sub with a space', (it) => ({ ...it, sub: 'person-1 ' }), 'profile', 'shape'],
  ])('4.25 %s is refused', async (_title, change, step, reason) => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.userinfo = change
    const calls = { token: 1, userinfo: 1 }
    await expectRefused(stage, unusable(step, reason), () => login(latchkey, provider), calls)
    provider.userinfo = (document) => document
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('4.27 the access token is sent in the header and nowhere else', async () => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    const sent = provider.calls.filter(({ headers }) =>
      headers.authorization?.startsWith('Bearer '),
    )
    expect(sent.map(({ step, path }) => [step, path])).toEqual([['userinfo', '/userinfo']])
    expect(sent[0]?.headers.authorization).toBe('Bearer access-token-of-fake')
    expect(sent[0]?.method).toBe('GET')
    expect(JSON.stringify(provider.calls.map(({ path, form }) => [path, form]))).not.toContain(
      'access-token-of-fake',
    )
  })

  test.each<[unknown, boolean]>([
    [true, true],
    ['true', true],
    ['TRUE', false],
    ['false', false],
    [false, false],
    [1, false],
    ['1', false],
    ['yes', false],
    [[], false],
    [[true], false],
    [{}, false],
    [null, false],
    [undefined, false],
  ])('4.28 email_verified %j counts as %s', async (value, counts) => {
    const { latchkey, provider } = stage
    provider.subject = `verified-${JSON.stringify(value)}`
    const { person } = provider
    provider.person = { ...person, email_verified: value }
    const answer = await login(latchkey, provider)
    provider.subject = 'person-1'
    provider.person = person
    expect(answer.json().user).toMatchObject({
      email: 'person.one@example.com',
      email_verified: counts,
      identities: [{ email_verified: counts }],
    })
  })

  test('4.28 an address of userinfo is not verified by a flag that the ID token gives to another', async () => {
    const { latchkey, provider } = stage
    provider.subject = 'two-addresses'
    provider.userinfo = ({ sub }) => ({ sub, email: 'other@example.com' })
    const answer = await login(latchkey, provider)
    provider.subject = 'person-1'
    expect(answer.json().user).toMatchObject({ email: 'other@example.com', email_verified: false })
  })

  test.each<[string, string | null]>([
    ['http://169.254.169.254/latest/meta-data', null],
    ['javascript:alert(1)', null],
    ['data:image/png;base64,AAAA', null],
    ['//pictures.example/1.png', null],
    ['https://user:password@pictures.example/1.png', null],
    ['the provider itself', null],
    ['https://pictures.example/1.png', 'https://pictures.example/1.png'],
  ])(
    '6.22 a picture at %s is never fetched and only kept if it is https',
    async (picture, kept) => {
      const { latchkey, provider } = stage
      provider.subject = `picture of ${picture}`.replace(/\W/g, '-')
      const url = picture === 'the provider itself' ? `${provider.issuer}/picture` : picture
      provider.userinfo = (document) => ({ ...document, picture: url })
      const answer = await login(latchkey, provider)
      provider.subject = 'person-1'
      expect(spelledOut(answer.json().user).picture).toBe(kept)
      expect(provider.count('other')).toBe(0)
    },
  )
})
