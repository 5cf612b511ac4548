import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import {
  challenge,
  dancer,
  expectRefusal,
  expectTokens,
  json,
  useEmulator,
  verifier,
} from './dance.ts'

const emulator = useEmulator('linkedin')

const play = () => dancer(emulator, 'linkedin')
const idTokenOf = async (changes = {}) =>
  decodeJwt((await play().tokensFor(changes)).id_token ?? '')
const callbackOf = async (login_hint: string) => {
  const location = (await play().authorize({ login_hint })).headers.get('location') ?? ''
  return Object.fromEntries(new URL(location).searchParams)
}

test('PKCE parameters are refused at both endpoints', async () => {
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  for (const changes of [pkce, { code_challenge: challenge }, { code_challenge_method: 'S256' }]) {
    const refused = await play().authorize(changes)
    expect(refused.status).toBe(400)
    expect(refused.headers.get('location')).toBeNull()
  }
  const code = await play().codeFor()
  const refused = await play().exchange(code, { code_verifier: verifier })
  await expectRefusal(refused, [400, { error: 'invalid_request' }])
  await expectTokens(await play().exchange(code))
})

test('the secret stands in the body, never in a Basic header', async () => {
  const code = await play().codeFor()
  const basic = await play().byBasic(code)
  await expectRefusal(basic, [401, { error: 'invalid_client' }])
  await expectTokens(await play().exchange(code))
})

test('the ID token verifies, and holds no nonce although one was sent', async () => {
  const { id_token = '' } = await play().tokensFor({ nonce: 'fresh' })
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const issuer = play().setting('ISSUER')
  expect(issuer).toBe(`${emulator.origin}/linkedin/oauth`)
  const options = { issuer, audience: play().id, algorithms: ['RS256'] }
  const { payload } = await jwtVerify(id_token, keys, options)
  expect(payload).not.toHaveProperty('nonce')
  expect(payload.sub).toBe((await play().profileFor()).sub)
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({
    issuer,
    jwks_uri: play().setting('JWKS_URI'),
    userinfo_endpoint: play().setting('USERINFO_ENDPOINT'),
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  })
  expect(found).not.toHaveProperty('code_challenge_methods_supported')
})

test('email_verified is a string in the ID token and a boolean at userinfo', async () => {
  expect(await idTokenOf()).toMatchObject({ email_verified: 'true' })
  expect(await play().profileFor()).toMatchObject({ email_verified: true })
  const yuki = { login_hint: 'yuki' }
  expect(await idTokenOf(yuki)).toMatchObject({ email_verified: 'false' })
  expect(await play().profileFor(yuki)).toMatchObject({ email_verified: false })
  for (const changes of [
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
    { scope: 'openid profile' },
  ]) {
    for (const found of [await idTokenOf(changes), await play().profileFor(changes)]) {
      expect(found).not.toHaveProperty('email')
      expect(found).not.toHaveProperty('email_verified')
    }
  }
})

test('the locale is an object at userinfo and a string in the ID token', async () => {
  expect(await play().profileFor()).toMatchObject({ locale: { country: 'KR', language: 'ko' } })
  expect(await idTokenOf()).toMatchObject({ locale: 'ko_KR' })
  expect(await idTokenOf({ login_hint: 'alex' })).toMatchObject({ locale: 'en_US' })
})

test('a declined consent and a declined login have codes of their own', async () => {
  expect(await callbackOf('!denied')).toMatchObject({
    error: 'user_cancelled_authorize',
    state: 's',
  })
  expect(await callbackOf('!denied-login')).toMatchObject({
    error: 'user_cancelled_login',
    state: 's',
  })
  expect(await callbackOf('minji')).not.toHaveProperty('error')
  const page = await (await play().authorize({ login_hint: undefined })).text()
  expect(page).toContain('name="login_hint" value="!denied-login"')
})

test('the scopes of the token answer are split by comma, and no refresh token comes', async () => {
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ scope: 'email,openid,profile', expires_in: 5_183_999 })
  expect(tokens).not.toHaveProperty('refresh_token')
  expect(await play().tokensFor({ login_hint: '!no-email' })).toMatchObject({
    scope: 'openid,profile',
  })
  const retired = await play().authorize({ scope: 'r_liteprofile r_emailaddress' })
  expect(retired.status).toBe(400)
  expect(await retired.text()).toContain('unauthorized_scope_error')
})

test('userinfo needs openid; a picture may be missing', async () => {
  const { access_token = '' } = await play().tokensFor({ scope: 'profile email' })
  const refused = await play().get('USERINFO_ENDPOINT', access_token)
  await expectRefusal(refused, [403, { status: 403 }])
  expect(await play().profileFor()).toMatchObject({
    picture: expect.any(String),
    given_name: '민지',
  })
  expect(await play().profileFor({ login_hint: 'sora' })).not.toHaveProperty('picture')
})

test('revoking wants the client in the body, and ends that token only', async () => {
  const one = (await play().tokensFor()).access_token ?? ''
  const two = (await play().tokensFor()).access_token ?? ''
  const revoke = (client_secret: string) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({ token: one, client_id: play().id, client_secret }),
    })
  await expectRefusal(await revoke('x'), [401, { error: 'invalid_client' }])
  expect((await play().get('USERINFO_ENDPOINT', one)).status).toBe(200)
  expect((await revoke(play().secret)).status).toBe(200)
  const refused = await play().get('USERINFO_ENDPOINT', one)
  await expectRefusal(refused, [401, { serviceErrorCode: 65_600 }])
  expect((await play().get('USERINFO_ENDPOINT', two)).status).toBe(200)
})
