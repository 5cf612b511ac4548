import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import {
  challenge,
  dancer,
  expectRefusal,
  expectTokens,
  json,
  redirectUri,
  useEmulator,
  verifier,
} from './dance.ts'

const emulator = useEmulator('slack')

const play = () => dancer(emulator, 'slack')
const teamId = 'https://slack.com/team_id'
const userId = 'https://slack.com/user_id'

test('every refusal arrives with 200 and says ok: false', async () => {
  const code = await play().codeFor()
  const refused = async (changes: Record<string, string | undefined>) =>
    json(await play().exchange(code, changes))
  expect(await refused({ code: 'nope' })).toEqual({ ok: false, error: 'invalid_code' })
  expect(await refused({ client_secret: 'x' })).toEqual({ ok: false, error: 'bad_client_secret' })
  expect(await refused({ client_id: 'x' })).toEqual({ ok: false, error: 'invalid_client_id' })
  expect(await refused({ grant_type: 'x' })).toEqual({ ok: false, error: 'invalid_grant_type' })
  const accepted = await play().exchange(code)
  expect(accepted.status).toBe(200)
  expect(await json(accepted)).toMatchObject({ ok: true, token_type: 'Bearer' })
  const bare = await fetch(play().setting('USERINFO_ENDPOINT'))
  await expectRefusal(bare, [200, { ok: false, error: 'not_authed' }])
  const unknown = await play().get('USERINFO_ENDPOINT', 'nope')
  await expectRefusal(unknown, [200, { ok: false, error: 'invalid_auth' }])
})

test('the redirect URI has to be repeated at the token call', async () => {
  const code = await play().codeFor()
  const left = await play().exchange(code, { redirect_uri: undefined })
  await expectRefusal(left, [200, { ok: false, error: 'bad_redirect_uri' }])
  await expectTokens(await play().exchange(code))
})

test('a PKCE verifier is an internal_error for an app that has not opted in', async () => {
  const code = await play().codeFor({ code_challenge: challenge, code_challenge_method: 'S256' })
  const refused = await play().exchange(code, { code_verifier: verifier })
  await expectRefusal(refused, [200, { ok: false, error: 'internal_error' }])
  await expectTokens(await play().exchange(code))
})

test('team and user ids are claims named by URLs; a user id alone means two people', async () => {
  const alex = await play().profileFor({ login_hint: 'alex' })
  const robin = await play().profileFor({ login_hint: 'robin' })
  expect(alex).toMatchObject({ ok: true, sub: alex[userId], name: 'Alex Morgan' })
  expect(alex[userId]).toMatch(/^U0[0-9A-F]{9}$/)
  expect(robin[userId]).toBe(alex[userId])
  expect(robin[teamId]).not.toBe(alex[teamId])
  const minji = await play().profileFor()
  expect(minji[teamId]).toBe(alex[teamId])
  expect(minji[userId]).not.toBe(alex[userId])
})

test('the ID token verifies, echoes the nonce, and agrees with userinfo', async () => {
  const { id_token = '' } = await play().tokensFor({ nonce: 'fresh' })
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const issuer = play().setting('ISSUER')
  const options = { issuer, audience: play().id, algorithms: ['RS256'] }
  const { payload } = await jwtVerify(id_token, keys, options)
  const { ok, ...profile } = await play().profileFor()
  expect(ok).toBe(true)
  expect(payload).toMatchObject({ nonce: 'fresh', ...profile })
  const without = await play().tokensFor({ nonce: undefined })
  expect(decodeJwt(without.id_token ?? '')).not.toHaveProperty('nonce')
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({
    issuer,
    jwks_uri: play().setting('JWKS_URI'),
    token_endpoint: `${issuer}/api/openid.connect.token`,
  })
})

test('openid is mandatory; scopes are split by space or comma', async () => {
  for (const scope of ['profile email', 'openid chat:write', undefined]) {
    expect((await play().authorize({ scope })).status).toBe(400)
  }
  for (const scope of ['openid profile email', 'openid,profile,email']) {
    const { email } = await play().profileFor({ scope })
    expect(email).toBe('minji@slack.example.kr')
  }
  expect(await play().profileFor({ scope: 'openid' })).not.toHaveProperty('name')
})

test('the e-mail has a flag and, where it is verified, a date', async () => {
  const profile = await play().profileFor()
  expect(profile).toMatchObject({ email_verified: true, date_email_verified: expect.any(Number) })
  const yuki = await play().profileFor({ login_hint: 'yuki' })
  expect(yuki).toMatchObject({ email_verified: false })
  expect(yuki).not.toHaveProperty('date_email_verified')
  for (const changes of [
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
    { scope: 'openid profile' },
  ]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
})

test('the token call takes JSON as well as a form, the client in the body or by Basic', async () => {
  const call = async (type: string, changes = {}) =>
    play().exchange(
      '',
      {},
      {
        headers: { 'content-type': type },
        body: JSON.stringify({
          grant_type: 'authorization_code',
          code: await play().codeFor(),
          redirect_uri: redirectUri('slack'),
          client_id: play().id,
          client_secret: play().secret,
          ...changes,
        }),
      },
    )
  await expectTokens(await call('application/json; charset=utf-8'))
  const wrong = await call('application/json', { client_secret: 'x' })
  await expectRefusal(wrong, [200, { ok: false, error: 'bad_client_secret' }])
  await expectRefusal(await call('text/plain'), [200, { ok: false, error: 'invalid_post_type' }])
  await expectTokens(await play().byBasic(await play().codeFor()))
})

test('there is no refresh token; a token lives until it is revoked', async () => {
  const tokens = await play().tokensFor()
  expect(Object.keys(tokens).sort()).toEqual(['access_token', 'id_token', 'ok', 'token_type'])
  const other = (await play().tokensFor()).access_token ?? ''
  const revoke = (token: string | undefined) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
  expect(await json(await revoke(tokens.access_token))).toEqual({ ok: true, revoked: true })
  await expectRefusal(await revoke(tokens.access_token), [200, { error: 'invalid_auth' }])
  const ok = async (token = '') => (await json(await play().get('USERINFO_ENDPOINT', token))).ok
  expect([await ok(tokens.access_token), await ok(other)]).toEqual([false, true])
})

test('a declined login has no description', async () => {
  const location = (await play().authorize({ login_hint: '!denied' })).headers.get('location') ?? ''
  const { searchParams } = new URL(location)
  expect(Object.fromEntries(searchParams)).toEqual({ error: 'access_denied', state: 's' })
})
