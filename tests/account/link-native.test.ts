import { beforeAll, describe, expect, test } from 'vitest'
import { APPS, signIn, type Tokens } from '../helpers/apps.ts'
import { countRows, type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { getLinkCode, linkByCode, postIdentity, setLinkStage } from '../helpers/linking.ts'
import {
  ACCESS_TOKEN,
  exchange,
  expectSignedIn,
  ID_TOKEN,
  nativeClaims,
} from '../helpers/native.ts'
import { expectNoSecretLogged, expectProblem, lastProblem } from '../helpers/problems.ts'

const stage = setLinkStage(
  'http://localhost:3991',
  (turn) => ({
    name: 'Person',
    email: `person-${turn}@example.com`,
    email_verified: true,
  }),
  {
    // Linking by hand is what remains where nothing joins by an address.
    ACCOUNT_LINKING: 'explicit',
    FAKE_TRUST_EMAIL: 'on',
    SECOND_TRUST_EMAIL: 'on',
    SECOND_NATIVE_CLIENT_IDS: 'ios-app',
  },
)
const { provider, second } = stage
let latchkey: Latchkey
let replica: Latchkey
beforeAll(() => {
  ;({ latchkey, replica } = stage)
})

const idToken = (changes: Record<string, unknown> = {}) =>
  second.sign({ ...nativeClaims(second), aud: 'ios-app', ...changes })
const link = (
  { access_token }: Tokens,
  token: string,
  changes: Record<string, string | null> = {},
  at = latchkey,
) =>
  postIdentity(at, access_token, {
    ...{ subject_token: token, subject_token_type: ID_TOKEN, subject_issuer: 'second' },
    ...changes,
  })

describe('POST /me/identities with a token of the provider’s SDK', () => {
  test('links, makes no session, and the next native sign-in is this user', async () => {
    const mine = await signIn(latchkey, provider)
    const rows = await countRows(latchkey)
    const answer = await link(mine, await idToken(), {}, replica)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toMatchObject({
      sub: mine.sub,
      identities: [{ provider: 'fake' }, { provider: 'second', subject: second.subject }],
    })
    expect(await countRows(latchkey)).toEqual({ ...rows, identities: (rows.identities ?? 0) + 1 })
    const again = await exchange(latchkey, await idToken(), { subject_issuer: 'second' })
    expect(expectSignedIn(again)).toBe(mine.sub)
    const line = replica.logs.map((text) => JSON.parse(text))
    expect(line.findLast(({ event }) => event === 'identity_linked')).toMatchObject({
      ...{ user: mine.sub, provider: 'second', native: true, identity: 'linked' },
    })
  })

  test('with ACCOUNT_LINKING=explicit is how one person becomes one user', async () => {
    const mine = await signIn(latchkey, provider)
    const apart = await exchange(latchkey, await idToken(), { subject_issuer: 'second' })
    expect(expectSignedIn(apart)).not.toBe(mine.sub)
    expectProblem(await link(mine, await idToken()), 409, 'identity_in_use')
    second.subject = `${second.subject}-unused`
    const code = await getLinkCode(latchkey, second, 'second')
    const answer = await linkByCode(latchkey, mine.access_token, code)
    expect(answer.json()).toMatchObject({ sub: mine.sub, identities: [{}, {}] })
  })

  test('takes one proof: a token beside a code is refused, and uses neither up', async () => {
    const person = await signIn(latchkey, provider)
    const token = await idToken()
    const code = await getLinkCode(latchkey, second, 'second')
    expectProblem(await link(person, token, { code }), 400, 'invalid_request')
    const neither = await postIdentity(latchkey, person.access_token, {})
    expectProblem(neither, 400, 'invalid_request')
    expect((await link(person, token)).status).toBe(200)
    expect((await linkByCode(latchkey, person.access_token, code)).status).toBe(200)
  })

  test('counts an ID token once, here and at /token together', async () => {
    const mine = await signIn(latchkey, provider)
    const token = await idToken()
    expect((await link(mine, token)).status).toBe(200)
    expectProblem(await link(mine, token, {}, replica), 400, 'invalid_code')
    expect(lastProblem(replica)).toMatchObject({ step: 'id_token', reason: 'used' })
    const swapped = await exchange(replica, token, { subject_issuer: 'second' })
    expect(swapped.status).toBe(400)
    const other = await idToken()
    expectSignedIn(await exchange(replica, other, { subject_issuer: 'second' }))
    expectProblem(await link(mine, other), 400, 'invalid_code')
    expectNoSecretLogged(latchkey, { token, other })
  })

  test.each<[title: string, reason: string, changes: Record<string, unknown>]>([
    ['of another app', 'claim_aud', { aud: 'app-of-somebody' }],
    ['that is expired', 'claim_exp', { exp: 1_700_000_000 }],
    ['of another nonce', 'claim_nonce', { nonce: 'another' }],
  ])('refuses one %s', async (_title, reason, changes) => {
    const mine = await signIn(latchkey, provider)
    const rows = await countRows(latchkey)
    const told = { nonce: 'nonce-of-the-sdk' }
    expectProblem(
      await link(mine, await idToken({ ...told, ...changes }), told),
      400,
      'invalid_code',
    )
    expect(lastProblem(latchkey)).toMatchObject({ step: 'id_token', reason })
    expect(await countRows(latchkey)).toEqual(rows)
    expect((await link(mine, await idToken(told), told)).status).toBe(200)
  })

  test.each<[title: string, status: number, code: string, changes: Record<string, string | null>]>([
    ['of a provider that is not enabled', 404, 'unknown_provider', { subject_issuer: 'none' }],
    ['without its type', 400, 'invalid_request', { subject_token_type: null }],
    ['of an unknown type', 400, 'invalid_request', { subject_token_type: 'jwt' }],
    ['without its issuer', 400, 'invalid_request', { subject_issuer: null }],
    ['that proves nothing', 400, 'invalid_request', { subject_token_type: ACCESS_TOKEN }],
  ])('refuses one %s', async (_title, status, code, changes) => {
    const mine = await signIn(latchkey, provider)
    const token = await idToken()
    expectProblem(await link(mine, token, changes), status, code)
    expect((await link(mine, token)).status).toBe(200)
  })

  test('is limited as native sign-in is; a code is not', async () => {
    const limited = await startLatchkey(
      { ...provider.settings(), ...APPS, RATE_LIMIT: 'on' },
      stage,
    )
    const { access_token } = await signIn(latchkey, provider)
    const native = { subject_token: 'x', subject_token_type: ID_TOKEN, subject_issuer: 'none' }
    const send = (body: Record<string, string>) => postIdentity(limited, access_token, body)
    for (let i = 0; i < 30; i++) expect((await send(native)).status).toBe(404)
    const answer = await send(native)
    expectProblem(answer, 429, 'rate_limited')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expectProblem(await send({ code: 'x' }), 400, 'invalid_request')
    await limited.close()
  })
})
