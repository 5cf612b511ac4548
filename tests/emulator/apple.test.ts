import { createHash, generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { callbackOf, dancer, expectRefusal, expectTokens, json, redirectUri } from './dance.ts'
import { appleSecret } from './words.ts'

const start = () => startEmulator({ providers: ['apple'], redirectUris: redirectUri })
let emulator: Emulator
beforeAll(async () => {
  emulator = await start()
})
afterAll(() => emulator.close())

const play = () => dancer(emulator, 'apple')
const settings = () => emulator.settings.apple ?? {}
const claims = async (login_hint: string, changes = {}) =>
  decodeJwt((await play().tokensFor({ login_hint, ...changes })).id_token ?? '')

test('the settings have a key in place of a secret', () => {
  expect(settings()).not.toHaveProperty('CLIENT_SECRET')
  expect(settings()).not.toHaveProperty('USERINFO_ENDPOINT')
  expect(settings().PRIVATE_KEY).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  expect([settings().TEAM_ID, settings().KEY_ID].join()).toMatch(/^[\dA-F]{10},[\dA-F]{10}$/)
})

test('the client secret is an ES256 JWT of the app’s key', async () => {
  const code = await play().codeFor()
  const now = Math.floor(Date.now() / 1000)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const wrong = [
    { header: { kid: 'other' } },
    { header: { kid: undefined } },
    { header: { alg: 'none' } },
    { claims: { iss: 'other' } },
    { claims: { sub: 'other' } },
    { claims: { aud: 'https://apple.com' } },
    { claims: { iat: undefined } },
    { claims: { iat: now + 600, exp: now + 900 } },
    { claims: { exp: undefined } },
    { claims: { exp: now - 1 } },
    { claims: { exp: now + 15_777_060 } },
    { key: other.export({ type: 'pkcs8', format: 'pem' }).toString() },
  ]
  for (const changes of wrong) {
    const client_secret = appleSecret(settings(), changes)
    const refused = await play().exchange(code, { client_secret })
    await expectRefusal(refused, [400, { error: 'invalid_client' }])
  }
  await expectTokens(await play().exchange(code))
  for (const right of [{ aud: settings().ISSUER }, { exp: now + 15_776_900 }]) {
    const client_secret = appleSecret(settings(), { claims: right })
    await expectTokens(await play().exchange(await play().codeFor(), { client_secret }))
  }
})

test('a scope needs response_mode=form_post; without any the answer is a redirect', async () => {
  for (const response_mode of [undefined, 'query', 'fragment']) {
    expect((await play().authorize({ response_mode })).status).toBe(400)
  }
  expect((await play().authorize()).status).toBe(200)
  const bare = await play().authorize({ response_mode: undefined, scope: undefined })
  expect(bare.status).toBe(302)
})

test('form_post: the page posts itself to the redirect URI, its script allowed by hash', async () => {
  const page = await play().authorize({ state: '"><script>&' })
  const text = await page.text()
  const script = /<script>(.*?)<\/script>/.exec(text)?.[1] ?? ''
  expect(script).toContain('submit()')
  const hash = createHash('sha256').update(script).digest('base64')
  const policy = page.headers.get('content-security-policy')
  expect(policy).toContain(`script-src 'sha256-${hash}'`)
  expect(policy).not.toContain('form-action')
  expect(text).toContain(`<form method="post" action="${redirectUri('apple')}">`)
  expect(text).toContain('<button>')
  expect(text.match(/<script/g)).toHaveLength(1)
  const answer = await callbackOf(await play().authorize({ state: '"><script>&' }))
  expect(answer.searchParams.get('state')).toBe('"><script>&')
})

test('scopes are joined by %20: a plus sign is refused', async () => {
  const url = play().authorizeUrl()
  expect((await fetch(url.replace('name%20email', 'name+email'))).status).toBe(400)
  expect((await fetch(url)).status).toBe(200)
  expect((await play().authorize({ scope: 'name email phone' })).status).toBe(400)
})

test('user comes once, as JSON, at the first authorization of a persona', async () => {
  const fresh = await start()
  const callback = async (changes: Record<string, string | undefined>) =>
    (await callbackOf(await dancer(fresh, 'apple').authorize(changes))).searchParams
  expect((await callback({ login_hint: '!denied' })).has('user')).toBe(false)
  const first = await callback({})
  expect(JSON.parse(first.get('user') ?? '')).toEqual({
    name: { firstName: '민지', lastName: '김' },
    email: 'minji@apple.example.kr',
  })
  expect((await callback({})).has('user')).toBe(false)
  const alex = (await callback({ login_hint: 'alex', scope: 'name' })).get('user') ?? ''
  expect(JSON.parse(alex)).toEqual({ name: { firstName: 'Alex', lastName: 'Morgan' } })
  await fresh.close()
})

test('the ID token verifies and has text for booleans', async () => {
  const { id_token = '' } = await play().tokensFor()
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const issuer = play().setting('ISSUER')
  const { payload } = await jwtVerify(id_token, keys, { issuer, audience: play().id })
  expect(payload).toMatchObject({ nonce: 'n', nonce_supported: true, email_verified: 'true' })
  expect(payload).not.toHaveProperty('name')
  expect(await claims('yuki')).toMatchObject({ email_verified: 'false' })
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
})

test('one persona has a relay address; e-mail follows scope and persona', async () => {
  const relay = await claims('odd')
  expect(relay).toMatchObject({ email_verified: 'true', is_private_email: 'true' })
  expect(relay.email).toMatch(/^[\da-f]{10}@privaterelay\.appleid\.com$/)
  expect(await claims('alex')).not.toHaveProperty('is_private_email')
  for (const without of [
    await claims('sora'),
    await claims('!no-email'),
    await claims('minji', { scope: 'name' }),
  ]) {
    expect(without).not.toHaveProperty('email')
    expect(without).not.toHaveProperty('email_verified')
  }
})

test('declined: a POST with user_cancelled_authorize', async () => {
  const text = await (await play().authorize({ login_hint: '!denied' })).text()
  expect(text).toContain('name="error" value="user_cancelled_authorize"')
  expect(text).toContain('name="state" value="s"')
  expect(text).not.toContain('name="code"')
})

test('discovery has no userinfo; failures of a profile are not offered', async () => {
  const issuer = play().setting('ISSUER')
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({ issuer, jwks_uri: play().setting('JWKS_URI') })
  expect(found).not.toHaveProperty('userinfo_endpoint')
  const page = await (await play().authorize({ login_hint: undefined })).text()
  expect(page).not.toContain('!profile-error')
  expect(page).toContain('!forged-id-token')
})

test('a refresh gives no new refresh token; revoking ends it', async () => {
  const { refresh_token = '' } = await play().tokensFor()
  const refreshed = await json(await play().refresh(refresh_token))
  expect(refreshed.access_token).toMatch(/.{20}/)
  expect(refreshed).not.toHaveProperty('refresh_token')
  const revoke = (form: Record<string, string>) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({ client_id: play().id, client_secret: play().secret, ...form }),
    })
  await expectRefusal(await revoke({ token: refresh_token, client_secret: 'x' }), [
    400,
    { error: 'invalid_client' },
  ])
  await expectTokens(await play().refresh(refresh_token))
  const done = await revoke({ token: refresh_token, token_type_hint: 'refresh_token' })
  expect([done.status, await done.text()]).toEqual([200, ''])
  await expectRefusal(await play().refresh(refresh_token), [400, { error: 'invalid_grant' }])
})
