import { describe, expect, test } from 'vitest'
import {
  acceptEach,
  type Forge,
  loginWithToken,
  refuseEach,
  signingText,
} from '../../helpers/id-token.ts'
import { login } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

describe('the shape of the ID token', () => {
  const stage = setStage()
  /** A well signed token whose claims are text that no serializer makes. */
  const saying = signingText(stage.provider)
  const prefixed = (member: string) => saying((json) => json.replace('{', `{${member},`))
  const suffixed = (member: string) => saying((json) => json.replace(/\}$/, `,${member}}`))

  refuseEach(stage, [
    ['4.21 a second aud that is not ours', suffixed('"aud":"other"'), 'claim_aud'],
    ['4.21 a second iss that is not ours', suffixed('"iss":"https://other.example"'), 'claim_iss'],
    ['4.21 a second nonce', suffixed('"nonce":"other"'), 'claim_nonce'],
    [
      '4.21 a sub that stands in __proto__ only',
      saying((_json, { sub, ...claims }) =>
        JSON.stringify(claims).replace('{', `{"__proto__":{"sub":"${sub}"},`),
      ),
      'claim_sub',
    ],
    ['4.21 a list in place of claims', saying((json) => `[${json}]`), 'not_an_object'],
    ['4.21 null in place of claims', saying(() => 'null'), 'not_an_object'],
    ['4.21 text in place of claims', saying(() => '"claims"'), 'not_an_object'],
    ['4.21 half of the claims', saying((json) => json.slice(0, -20)), 'not_an_object'],
    [
      '4.21 invalid UTF-8 in a name',
      saying((json) => {
        const [start = '', end = ''] = json.split('Person One')
        return Buffer.concat([Buffer.from(start), Buffer.from([0x41, 0xff]), Buffer.from(end)])
      }),
      'not_an_object',
    ],
    ['4.21 no claims at all', saying(() => '{}'), 'claim_iss'],
  ])
  acceptEach(stage, [
    [
      '4.21 a first aud of another client before ours, as the last one counts,',
      prefixed('"aud":"other"'),
    ],
    [
      '4.21 a claim that is nested 10,000 deep',
      suffixed(`"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    ],
  ])

  test('4.21 what stands in __proto__ changes nothing', async () => {
    const { latchkey, provider } = stage
    provider.userinfo = ({ sub }) => ({ sub })
    const evil = '"__proto__":{"sub":"evil","email":"evil@example.com","email_verified":true}'
    const answer = await loginWithToken(latchkey, provider, prefixed(evil))
    expect(answer.json().user).toMatchObject({
      email: 'person.one@example.com',
      identities: [{ subject: 'person-1' }],
    })
  })

  test.each([
    ['of 100 kB', 'token', 'shape', 80_000],
    ['of 1 MB', 'token', 'shape', 750_000],
    ['past 1 MiB', 'token', 'too_large', 1_500_000],
  ])(
    '4.21 a token %s is refused and does not hold the process up',
    async (_title, step, reason, bytes) => {
      const { latchkey, provider } = stage
      const big: Forge = (claims) => provider.sign({ ...claims, pad: 'x'.repeat(bytes) })
      const before = process.cpuUsage()
      await expectRefused(stage, unusable(step, reason), () =>
        loginWithToken(latchkey, provider, big),
      )
      // By the time of the processor, which a busy machine does not stretch.
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(3_000)
      expect((await login(latchkey, provider)).status).toBe(200)
    },
  )

  test.each([
    ['missing', undefined, 'id_token', 'missing'],
    ['null', null, 'id_token', 'missing'],
    ['empty', '', 'id_token', 'missing'],
    ['a number', 1, 'token', 'shape'],
    ['an object', { iss: 'x' }, 'token', 'shape'],
    ['the word undefined', 'undefined', 'token', 'shape'],
  ])(
    '4.23 an ID token that is %s is refused, and userinfo is not trusted alone',
    async (_title, value, step, reason) => {
      const { latchkey, provider } = stage
      provider.token = (document) => ({ ...(document as object), id_token: value })
      await expectRefused(stage, unusable(step, reason), () => login(latchkey, provider))
      provider.token = (document) => document
      expect((await login(latchkey, provider)).status).toBe(200)
    },
  )
})
