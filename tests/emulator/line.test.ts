import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { callbackOf, dancer, expectRefusal, expectTokens, json, redirectUri } from './dance.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ providers: ['line'], redirectUris: redirectUri })
})
afterEach(() => vi.useRealTimers())
afterAll(() => emulator.close())

const play = () => dancer(emulator, 'line')
const client = () => ({ client_id: play().id, client_secret: play().secret })
const post = (name: string, form: Record<string, string>) =>
  fetch(play().setting(name), { method: 'POST', body: new URLSearchParams(form) })
const claims = async (changes = {}) => decodeJwt((await play().tokensFor(changes)).id_token ?? '')
const keySigned = async (changes = {}) => {
  const code = await play().codeFor(changes)
  return (await json(await play().exchange(code, { id_token_key_type: 'JWK' }))).id_token as string
}

test('the web ID token is HS256, signed with the channel secret', async () => {
  const { id_token = '' } = await play().tokensFor()
  expect(decodeProtectedHeader(id_token)).toEqual({ typ: 'JWT', alg: 'HS256' })
  const checks = { issuer: play().setting('ISSUER'), audience: play().id, algorithms: ['HS256'] }
  const { payload } = await jwtVerify(id_token, Buffer.from(play().secret), checks)
  expect(payload).toMatchObject({ nonce: 'n', name: '김민지', amr: ['pwd'] })
  expect(payload.sub).toMatch(/^U[\da-f]{32}$/)
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, Buffer.from(play().secret))).rejects.toThrow('signature')
})

test('with id_token_key_type=JWK it is ES256, its key in the JWKS', async () => {
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const checks = { issuer: play().setting('ISSUER'), audience: play().id, algorithms: ['ES256'] }
  const { payload } = await jwtVerify(await keySigned(), keys, checks)
  expect(payload).toMatchObject({ nonce: 'n', email: 'minji@line.example.kr' })
  const forged = await keySigned({ login_hint: '!forged-id-token' })
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
  const issuer = play().setting('ISSUER')
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({ issuer, id_token_signing_alg_values_supported: ['ES256'] })
})

test('the e-mail is in the ID token only, and only with its scope; nothing says verified', async () => {
  expect(await claims()).toMatchObject({ email: 'minji@line.example.kr' })
  expect(await claims()).not.toHaveProperty('email_verified')
  for (const changes of [
    { scope: 'profile openid' },
    { login_hint: '!no-email' },
    { login_hint: 'sora' },
  ]) {
    expect(await claims(changes)).not.toHaveProperty('email')
  }
  expect(Object.keys(await play().profileFor())).toEqual(['sub', 'name', 'picture'])
  expect(await play().tokensFor({ scope: 'profile' })).not.toHaveProperty('id_token')
})

test('scope never lists email', async () => {
  expect((await play().tokensFor()).scope).toBe('profile openid')
  expect((await play().tokensFor({ scope: 'openid email' })).scope).toBe('openid')
  expect((await play().authorize({ scope: 'openid friends' })).status).toBe(400)
  expect((await play().authorize({ scope: undefined })).status).toBe(400)
})

test('the profile endpoint has names of its own and needs the profile scope', async () => {
  const profile = async (changes = {}) =>
    play().get('PROFILE_ENDPOINT', (await play().tokensFor(changes)).access_token ?? '')
  const { sub, name, picture } = await play().profileFor()
  expect(await json(await profile())).toEqual({
    userId: sub,
    displayName: name,
    pictureUrl: picture,
  })
  expect(await json(await profile({ login_hint: 'sora' }))).not.toHaveProperty('pictureUrl')
  expect((await profile({ scope: 'openid' })).status).toBe(403)
  const bad = await play().get('PROFILE_ENDPOINT', 'x')
  await expectRefusal(bad, [401, { message: expect.any(String) }])
})

test('verify: an access token by GET', async () => {
  const verify = (token: string) =>
    fetch(`${play().setting('VERIFY_ENDPOINT')}?${new URLSearchParams({ access_token: token })}`)
  const { access_token = '' } = await play().tokensFor()
  const verified = await json(await verify(access_token))
  expect(verified).toMatchObject({ scope: 'profile openid', client_id: play().id })
  expect(verified.expires_in).toBeGreaterThan(2_591_000)
  await expectRefusal(await verify('x'), [400, { error: 'invalid_request' }])
})

test('verify: an ID token of either kind by POST', async () => {
  const { id_token = '' } = await play().tokensFor()
  const verify = (form: Record<string, string>) =>
    post('VERIFY_ENDPOINT', { client_id: play().id, ...form })
  const { sub = '' } = decodeJwt(id_token)
  for (const token of [id_token, await keySigned()]) {
    const good = await verify({ id_token: token, nonce: 'n', user_id: sub })
    expect(good.status).toBe(200)
    expect(await json(good)).toMatchObject({ sub, email: 'minji@line.example.kr' })
  }
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  const refused = [
    [{ id_token: forged }, 'Invalid IdToken.'],
    [{ id_token: 'x' }, 'Invalid IdToken.'],
    [{ id_token, client_id: 'x' }, 'Invalid IdToken Audience.'],
    [{ id_token, nonce: 'x' }, 'Invalid IdToken Nonce.'],
    [{ id_token, user_id: 'x' }, 'Invalid IdToken Subject Identifier.'],
  ] as const
  for (const [form, error_description] of refused) {
    await expectRefusal(await verify(form), [400, { error: 'invalid_request', error_description }])
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_700_000 })
  await expectRefusal(await verify({ id_token }), [400, { error_description: 'IdToken expired.' }])
})

test('the callback carries more than code and state; errors carry a request id', async () => {
  const { searchParams } = await callbackOf(await play().authorize())
  expect(searchParams.get('friendship_status_changed')).toBe('false')
  expect((await play().exchange('x')).headers.get('x-line-request-id')).toMatch(/.{20}/)
  expect(await claims()).not.toHaveProperty('auth_time')
  expect(await claims({ max_age: '60' })).toHaveProperty('auth_time')
})

test('a refresh returns the same refresh token; revoke ends the pair', async () => {
  const tokens = await play().tokensFor()
  const refreshed = await json(await play().refresh(tokens.refresh_token))
  expect(refreshed.refresh_token).toBe(tokens.refresh_token)
  expect(refreshed).not.toHaveProperty('id_token')
  const form = { ...client(), access_token: refreshed.access_token }
  await expectRefusal(await post('REVOCATION_ENDPOINT', { ...form, client_secret: 'x' }), [
    400,
    { error: 'invalid_client' },
  ])
  await expectTokens(await play().refresh(tokens.refresh_token))
  const done = await post('REVOCATION_ENDPOINT', form)
  expect([done.status, await done.text()]).toEqual([200, ''])
  expect((await play().get('USERINFO_ENDPOINT', refreshed.access_token)).status).toBe(401)
  await expectRefusal(await play().refresh(tokens.refresh_token), [
    400,
    { error: 'invalid_grant', error_description: 'invalid refresh token' },
  ])
})

test('deauthorize wants a channel access token and a live user token', async () => {
  const { access_token = '' } = await play().tokensFor()
  const credentials = { grant_type: 'client_credentials', ...client() }
  const channel = await json(await post('CHANNEL_TOKEN_ENDPOINT', credentials))
  await expectRefusal(
    await post('CHANNEL_TOKEN_ENDPOINT', { ...credentials, client_secret: 'x' }),
    [400, { error: 'invalid_client' }],
  )
  const deauthorize = (bearer: string) =>
    fetch(play().setting('DEAUTHORIZE_ENDPOINT'), {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userAccessToken: access_token }),
    })
  for (const wrong of [access_token, `9${channel.access_token}`, 'x']) {
    expect((await deauthorize(wrong)).status).toBe(401)
  }
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(200)
  expect((await deauthorize(channel.access_token)).status).toBe(204)
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(401)
  const gone = [400, { message: 'invalid token' }] as const
  await expectRefusal(await deauthorize(channel.access_token), gone)
})
