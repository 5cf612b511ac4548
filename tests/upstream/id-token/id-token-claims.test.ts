import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Browser } from '../../helpers/browser.ts'
import {
  acceptEach,
  type Forge,
  loginWithToken,
  refuseEach,
  signingText,
  type TokenCase,
} from '../../helpers/id-token.ts'
import { startLogin } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

describe('the claims of the ID token', () => {
  const stage = setStage()
  const now = () => Math.floor(Date.now() / 1000)
  /** A token with these claims instead of the correct ones; undefined leaves one out. */
  const having =
    (changes: (correct: Record<string, unknown>) => Record<string, unknown>): Forge =>
    (claims) =>
      stage.provider.sign({ ...claims, ...changes(claims) })
  /** A token whose claims are JSON that no serializer makes. */
  const havingText = signingText(stage.provider)
  const one = (claim: string, cases: Record<string, () => unknown>): TokenCase[] =>
    Object.entries(cases).map(([title, value]) => [
      title,
      having(() => ({ [claim]: value() })),
      `claim_${claim}`,
    ])
  const issuer = () => stage.provider.issuer
  const ours = 'client-at-fake'
  const half = (token: string) =>
    createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')

  refuseEach(stage, [
    ...one('iss', {
      '4.06 another issuer': () => 'https://other.example',
      '4.06 an issuer with a slash at the end': () => `${issuer()}/`,
      '4.06 an issuer that begins as ours': () => `${issuer()}.other.example`,
      '4.06 a beginning of our issuer': () => issuer().slice(0, -1),
      '4.06 an issuer without its scheme': () => issuer().replace('http://', ''),
      '4.06 a list of issuers': () => [issuer()],
      '4.06 no issuer': () => undefined,
      '4.06 null as issuer': () => null,
    }),
    ...one('aud', {
      '4.08 the audience of another client': () => 'other',
      '4.08 no audience': () => undefined,
      '4.08 an empty list of audiences': () => [],
      '4.08 a list with another client': () => ['other'],
      '4.08 our audience in another case': () => ours.toUpperCase(),
    }),
    ['4.08 us among others without azp', having(() => ({ aud: [ours, 'other'] })), 'claim_azp'],
    [
      '4.08 us among others with the azp of the other',
      having(() => ({ aud: [ours, 'other'], azp: 'other' })),
      'claim_azp',
    ],
    ['4.08 us alone with another azp', having(() => ({ azp: 'other' })), 'claim_azp'],
    ['4.08 an azp that is a list', having(() => ({ azp: [ours] })), 'claim_azp'],
    ...one('nonce', {
      '4.09 no nonce': () => undefined,
      '4.09 another nonce': () => 'another-nonce-of-some-length-0123456789abcd',
      '4.09 an empty nonce': () => '',
      '4.09 a number as nonce': () => 1,
    }),
    ['4.09 a nonce within a list', having(({ nonce }) => ({ nonce: [nonce] })), 'claim_nonce'],
    ...one('exp', {
      '4.10 no exp': () => undefined,
      '4.10 an exp that is text': () => String(now() + 300),
      '4.10 an exp 61 seconds ago': () => now() - 61,
      '4.10 an exp six minutes ago': () => now() - 360,
      '4.10 a negative exp': () => -1,
    }),
    [
      '4.10 an exp of 1e400',
      havingText((json) => json.replace(/"exp":\d+/, '"exp":1e400')),
      'claim_exp',
    ],
    ...one('iat', {
      '4.11 no iat': () => undefined,
      '4.11 an iat of last week': () => now() - 7 * 86_400,
      '4.11 an iat in ten minutes': () => now() + 600,
      '4.11 an iat that is text': () => String(now()),
    }),
    ...one('nbf', {
      '4.11 an nbf in ten minutes': () => now() + 600,
      '4.11 an nbf that is text': () => String(now()),
    }),
    ...one('sub', {
      '4.12 no sub': () => undefined,
      '4.12 an empty sub': () => '',
      '4.12 null as sub': () => null,
      '4.12 a number as sub': () => 1,
      '4.12 an object as sub': () => ({ id: 'person-1' }),
      '4.12 a list as sub': () => ['person-1'],
      '4.12 a sub of 256 characters': () => 'x'.repeat(256),
      '4.12 a sub with NUL': () => 'person-1\u0000',
      '4.12 a sub of space': () => ' ',
      '4.12 a sub with a space at the end': () => 'person-1 ',
      '4.12 a sub that is not ASCII': () => 'pérson-1',
    }),
    ...one('at_hash', {
      '4.22 the at_hash of another access token': () => half('another access token'),
      '4.22 an empty at_hash': () => '',
      '4.22 a number as at_hash': () => 1,
    }),
  ])

  acceptEach(stage, [
    ['4.08 a list with us alone', having(() => ({ aud: [ours] }))],
    ['4.08 us among others with our azp', having(() => ({ aud: [ours, 'other'], azp: ours }))],
    ['4.08 us alone with our azp', having(() => ({ azp: ours }))],
    ['4.10 an exp 30 seconds ago', having(() => ({ iat: now() - 60, exp: now() - 30 }))],
    ['4.11 an iat and an nbf in 30 seconds', having(() => ({ iat: now() + 30, nbf: now() + 30 }))],
    ['4.11 an iat nine minutes ago', having(() => ({ iat: now() - 540 }))],
    ['4.22 the right at_hash', having(() => ({ at_hash: half('access-token-of-fake') }))],
  ])

  test('4.09 a token of one login is refused in another, also in that of another browser', async () => {
    const { latchkey, provider } = stage
    const browser = new Browser()
    const first = await startLogin(latchkey, browser)
    provider.nonce = first.nonce ?? ''
    const token = await provider.sign(provider.claims())
    for (const other of [browser, new Browser()]) {
      const second = await startLogin(latchkey, other)
      expect(second.nonce).not.toBe(first.nonce)
      provider.idToken = () => token
      await expectRefused(stage, unusable('id_token', 'claim_nonce'), () =>
        other.send(second.callback()),
      )
    }
    expect((await browser.send(first.callback())).status).toBe(200)
    // And again in a later login, now that it was accepted once.
    const third = await startLogin(latchkey, browser)
    await expectRefused(stage, unusable('id_token', 'claim_nonce'), () =>
      browser.send(third.callback()),
    )
  })

  test('4.12 a sub of 255 characters is accepted and kept', async () => {
    const { latchkey, provider } = stage
    provider.subject = 'x'.repeat(255)
    const answer = await loginWithToken(latchkey, provider, (claims) => provider.sign(claims))
    provider.subject = 'person-1'
    expect(answer.json().user).toMatchObject({ identities: [{ subject: 'x'.repeat(255) }] })
  })
})
