import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type FakeKey, makeKey } from '../../helpers/fake-provider.ts'
import { signRaw } from '../../helpers/id-token.ts'
import { type Latchkey, login } from '../../helpers/latchkey.ts'
import { lastProblem } from '../../helpers/problems.ts'
import { expectRefused, failed, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

type Claims = Record<string, unknown>

const warnings = ({ logs }: Latchkey) =>
  logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'userinfo_refused')

describe('userinfo that is refused after a good ID token', () => {
  const stage = setStage({
    people: () => ({ name: 'Ann', email: 'ann@example.com', email_verified: true }),
  })

  test.each([401, 403, 404, 204])(
    'a %i: the login goes on with the claims of the ID token, and the log says so',
    async (status) => {
      const { latchkey, provider } = stage
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      provider.answers.userinfo = { status, headers, body: '' }
      const since = warnings(latchkey).length
      const answer = await login(latchkey, provider)
      expect(answer.json().user).toMatchObject({ name: 'Ann', email: 'ann@example.com' })
      const error = status === 204 ? undefined : 'invalid_token'
      const [warning, ...more] = warnings(latchkey).slice(since)
      expect(warning).toMatchObject({ level: 'warn', provider: 'fake', step: 'userinfo', status })
      expect([warning?.error, more]).toEqual([error, []])
    },
  )

  test.each<[string, object, string | string[], string | undefined]>([
    ['its document', { error: 'insufficient_scope' }, '', 'insufficient_scope'],
    ['its challenge', {}, 'Bearer realm="a", error="invalid_token"', 'invalid_token'],
    ['a challenge without quotes', {}, 'Bearer error=invalid_token', 'invalid_token'],
    ['the second of two challenges', {}, ['DPoP algs="ES256"', 'Bearer error="c"'], 'c'],
    ['its document before its challenge', { error: 'a' }, 'Bearer error="b"', 'a'],
    ['neither', {}, 'Bearer realm="error", x_error="c", error="d e"', undefined],
  ])('a refusal is logged with the code of %s', async (_title, body, challenge, error) => {
    const { latchkey, provider } = stage
    provider.answers.userinfo = { status: 400, headers: { 'www-authenticate': challenge }, body }
    await login(latchkey, provider)
    expect(lastProblem(latchkey)).toMatchObject({ step: 'userinfo', status: 400 })
    expect(lastProblem(latchkey).error).toBe(error)
  })

  test.each([400, 429, 500, 503])('a %i is the provider’s failure', async (status) => {
    const { latchkey, provider } = stage
    provider.answers.userinfo = { status, body: {} }
    await expectRefused(stage, failed('userinfo', { status }), () => login(latchkey, provider))
  })

  test('an address that nobody told leaves the one that is stored, with what it was', async () => {
    const { latchkey, provider } = stage
    const identity = async () => {
      const [row] = await latchkey.database.query<{ email: string; verified: boolean }>(
        'select email, email_verified as verified from latchkey.identities where subject = $1',
        [provider.subject],
      )
      return row
    }
    expect((await login(latchkey, provider)).status).toBe(200)
    const known = { email: 'ann@example.com', verified: true }
    expect(await identity()).toEqual(known)
    provider.idToken = ({ email, email_verified, ...rest }: Claims) => rest
    provider.answers.userinfo = { status: 401, body: '' }
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(await identity()).toEqual(known)
  })
})

describe('userinfo is asked for', () => {
  const people = () => ({
    name: 'Ann',
    picture: 'https://pictures.example/a.png',
    email: 'ann@example.com',
    email_verified: true,
  })
  const auto = setStage({ people })
  const always = setStage({ people, settings: { FAKE_USERINFO: 'always' } })
  const off = setStage({ people, settings: { FAKE_USERINFO: 'off' } })

  test('by `auto` only where the ID token lacks a claim that the scopes ask for', async () => {
    const { latchkey, provider } = auto
    const asked = async (idToken: (claims: Claims) => Claims) => {
      provider.idToken = idToken
      provider.calls.length = 0
      const answer = await login(latchkey, provider)
      expect(answer.json().user).toMatchObject({ name: 'Ann', email: 'ann@example.com' })
      return provider.count('userinfo')
    }
    expect(await asked((claims) => claims)).toBe(0)
    for (const name of ['name', 'picture', 'email', 'email_verified']) {
      expect(await asked(({ [name]: _, ...rest }) => rest), name).toBe(1)
      expect(await asked((claims) => ({ ...claims, [name]: null })), name).toBe(1)
    }
    expect(await asked((claims) => ({ ...claims, email_verified: false }))).toBe(0)
  })

  test('by `auto` of fewer scopes only for what these ask for', async () => {
    const latchkey = await auto.start({ FAKE_SCOPES: 'openid email' })
    auto.provider.idToken = ({ name, picture, ...rest }) => rest
    auto.provider.calls.length = 0
    expect((await login(latchkey, auto.provider)).status).toBe(200)
    expect(auto.provider.count('userinfo')).toBe(0)
  })

  test('by `always` each time, and by `off` never', async () => {
    for (const [{ latchkey, provider }, times] of [
      [always, 1],
      [off, 0],
    ] as const) {
      for (const idToken of [(claims: Claims) => claims, ({ email, ...rest }: Claims) => rest]) {
        provider.idToken = idToken
        provider.calls.length = 0
        expect((await login(latchkey, provider)).status).toBe(200)
        expect(provider.count('userinfo')).toBe(times)
      }
    }
  })
})

describe('4.26 userinfo as a signed JWT', () => {
  const stage = setStage()
  const ofProvider = () => stage.provider.keys[0] as FakeKey
  let stranger: FakeKey
  beforeEach(async () => {
    stranger ??= await makeKey('key-1')
  })
  const serve = async (claims: Claims, key = ofProvider(), header: object = {}) => {
    const body = signRaw({ alg: 'RS256', kid: 'key-1', ...header }, claims, key)
    stage.provider.answers.userinfo = {
      headers: { 'content-type': 'application/jwt; charset=utf-8' },
      body,
    }
  }
  const person = { sub: 'person-1', name: 'Signed', email: 'signed@example.com' }

  test('is read like the plain one, with and without iss and aud', async () => {
    const { latchkey, provider } = stage
    const now = Math.floor(Date.now() / 1000)
    for (const more of [
      {},
      { iss: provider.issuer, aud: provider.clientId },
      { aud: ['other', provider.clientId], iat: now, exp: now + 60 },
    ]) {
      await serve({ ...person, ...more })
      const answer = await login(latchkey, provider)
      expect(answer.json().user).toMatchObject({ name: 'Signed', email: 'signed@example.com' })
    }
  })

  test.each<[string, Claims, string]>([
    ['the sub of another person', { sub: 'person-2' }, 'subject_mismatch'],
    ['no sub', { sub: undefined }, 'subject_mismatch'],
    ['another issuer', { iss: 'https://other.example' }, 'claim_iss'],
    ['another audience', { aud: 'other' }, 'claim_aud'],
    ['an end that has passed', { exp: 1_700_000_000 }, 'claim_exp'],
    ['an end that is text', { exp: 'soon' }, 'claim_exp'],
  ])('with %s is refused', async (_title, change, reason) => {
    const { latchkey, provider } = stage
    await serve({ ...person, ...change })
    await expectRefused(stage, unusable('userinfo', reason), () => login(latchkey, provider))
    await serve(person)
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('of another key, without a signature, or encrypted is refused', async () => {
    const { latchkey, provider } = stage
    const play = () => login(latchkey, provider)
    await serve(person, stranger)
    await expectRefused(stage, unusable('userinfo', 'signature'), play)
    await serve(person, ofProvider(), { alg: 'none' })
    await expectRefused(stage, unusable('userinfo', 'alg_not_allowed'), play)
    const headers = { 'content-type': 'application/jwt' }
    provider.answers.userinfo = { headers, body: 'a.b.c.d.e' }
    await expectRefused(stage, unusable('userinfo', 'encrypted'), play)
    provider.answers.userinfo = { headers, body: JSON.stringify(person) }
    await expectRefused(stage, unusable('userinfo', 'not_compact'), play)
  })

  test('finds its key by trying, where it names none', async () => {
    const { latchkey, provider } = stage
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const jwk = { ...other.export({ format: 'jwk' }), kid: 'other' }
    provider.answers.jwks = { body: { keys: [jwk, ofProvider().jwk] } }
    await serve(person, ofProvider(), { kid: undefined })
    expect((await login(latchkey, provider)).status).toBe(200)
  })
})
