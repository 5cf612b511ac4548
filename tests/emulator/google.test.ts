import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { dancer, expectRefusal, json, redirectUri } from './dance.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({
    providers: ['google', 'kakao', 'github'],
    redirectUris: redirectUri,
  })
})
afterAll(() => emulator.close())

const play = () => dancer(emulator, 'google')
const idTokenOf = async (hint: string, changes = {}) => {
  const { id_token = '' } = await play().tokensFor({ login_hint: hint, ...changes })
  const keys = await json(await fetch(play().setting('JWKS_URI')))
  return jwtVerify(id_token, createLocalJWKSet(keys), {
    issuer: play().setting('ISSUER'),
    audience: play().id,
    algorithms: ['RS256'],
  })
}

test('discovery names the endpoints and promises iss, which the callback carries', async () => {
  const issuer = play().setting('ISSUER')
  expect(issuer).toBe(`${emulator.origin}/google`)
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({
    issuer,
    authorization_endpoint: play().setting('AUTHORIZATION_ENDPOINT'),
    token_endpoint: play().setting('TOKEN_ENDPOINT'),
    userinfo_endpoint: play().setting('USERINFO_ENDPOINT'),
    jwks_uri: play().setting('JWKS_URI'),
    revocation_endpoint: play().setting('REVOCATION_ENDPOINT'),
    authorization_response_iss_parameter_supported: true,
  })
  const location = (await play().authorize()).headers.get('location') ?? ''
  expect(new URL(location).searchParams.get('iss')).toBe(issuer)
})

test('the ID token verifies, carries the nonce, and agrees with userinfo', async () => {
  const { payload, protectedHeader } = await idTokenOf('minji', { nonce: 'fresh' })
  expect(protectedHeader.kid).toMatch(/.{20}/)
  const profile = await play().profileFor()
  expect(payload).toMatchObject({ nonce: 'fresh', azp: play().id, ...profile })
  expect(profile).toMatchObject({ name: '김민지', email_verified: true })
  expect(profile.sub).toMatch(/^\d{21}$/)
  await expect(idTokenOf('!forged-id-token')).rejects.toThrow('signature')
})

test('e-mail follows persona, scope and consent; scopes come back as URLs', async () => {
  const email = 'https://www.googleapis.com/auth/userinfo.email'
  expect((await play().tokensFor()).scope?.split(' ')).toContain(email)
  expect((await play().tokensFor({ login_hint: '!no-email' })).scope).not.toContain(email)
  expect(await play().profileFor({ login_hint: 'yuki' })).toMatchObject({ email_verified: false })
  for (const changes of [
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
    { scope: 'openid' },
  ]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
  expect((await play().authorize({ scope: 'openid nonsense' })).status).toBe(400)
})

test('a refresh token comes with offline access only, works, and dies with its pair', async () => {
  expect(await play().tokensFor()).not.toHaveProperty('refresh_token')
  const offline = await play().tokensFor({ access_type: 'offline', prompt: 'consent' })
  const refreshed = await json(await play().refresh(offline.refresh_token))
  expect(refreshed.access_token).not.toBe(offline.access_token)
  expect(refreshed).not.toHaveProperty('refresh_token')
  const revoke = (token: string) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({ token }),
    })
  expect((await revoke(offline.access_token ?? '')).status).toBe(200)
  expect((await play().get('USERINFO_ENDPOINT', refreshed.access_token)).status).toBe(401)
  await expectRefusal(await play().refresh(offline.refresh_token), [
    400,
    { error: 'invalid_grant' },
  ])
  await expectRefusal(await revoke('nope'), [400, { error: 'invalid_token' }])
})

test('a refresh token comes again only where the person is asked to agree again', async () => {
  const given = async (changes = {}) => {
    const asked = { access_type: 'offline', login_hint: 'robin', ...changes }
    const tokens = await play().tokensFor(asked)
    return { token: tokens.access_token ?? '', hasRefresh: 'refresh_token' in tokens }
  }
  const first = await given()
  expect(first.hasRefresh).toBe(true)
  expect((await given()).hasRefresh).toBe(false)
  expect((await given({ prompt: 'select_account consent' })).hasRefresh).toBe(true)
  const body = new URLSearchParams({ token: first.token })
  await fetch(play().setting('REVOCATION_ENDPOINT'), { method: 'POST', body })
  expect((await given()).hasRefresh).toBe(true)
})

test('the client may authenticate by Basic, which Kakao does not take', async () => {
  for (const [provider, accepted] of [
    ['google', true],
    ['github', true],
    ['kakao', false],
  ] as const) {
    const { codeFor, byBasic } = dancer(emulator, provider)
    const body = await json(await byBasic(await codeFor()))
    expect('access_token' in body).toBe(accepted)
  }
})
