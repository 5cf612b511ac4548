import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, useEmulator } from './dance.ts'

const emulator = useEmulator('gitlab')

const play = () => dancer(emulator, 'gitlab')
const get = async (name: string, changes = {}) =>
  play().get(name, (await play().tokensFor(changes)).access_token ?? '')

test('the instance lives below a path, and discovery is found below it', async () => {
  const issuer = play().setting('ISSUER')
  expect(issuer).toBe(`${emulator.origin}/gitlab`)
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    userinfo_endpoint: play().setting('USERINFO_ENDPOINT'),
    jwks_uri: play().setting('JWKS_URI'),
    revocation_endpoint: play().setting('REVOCATION_ENDPOINT'),
  })
  expect(found).not.toHaveProperty('end_session_endpoint')
  expect((await fetch(`${emulator.origin}/.well-known/openid-configuration`)).status).toBe(404)
})

test('the subject is the numeric id as a string, in the ID token as at userinfo', async () => {
  const { id_token = '' } = await play().tokensFor({ nonce: 'fresh' })
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const { payload } = await jwtVerify(id_token, keys, {
    issuer: play().setting('ISSUER'),
    audience: play().id,
    algorithms: ['RS256'],
  })
  const profile = await play().profileFor()
  expect(profile.sub).toMatch(/^\d{8}$/)
  const { sub, sub_legacy, email } = profile
  expect(payload).toMatchObject({ nonce: 'fresh', sub, sub_legacy, email, email_verified: true })
  expect(payload).not.toHaveProperty('name')
  const user = await json(await get('USER_ENDPOINT', { scope: 'read_user' }))
  expect(user).toMatchObject({ id: Number(sub), state: 'active', name: profile.name, email })
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
})

test('the token says when it was made; without openid no ID token comes', async () => {
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 7200 })
  expect(Math.abs(Number(tokens.created_at) - Date.now() / 1000)).toBeLessThan(10)
  expect(await play().tokensFor({ scope: 'read_user' })).not.toHaveProperty('id_token')
  expect((await play().authorize({ scope: 'openid api' })).status).toBe(400)
})

test('a refresh gives a new pair and ends the old one', async () => {
  const first = await play().tokensFor()
  const second = await json(await play().refresh(first.refresh_token))
  expect(second.refresh_token).not.toBe(first.refresh_token)
  expect((await play().get('USERINFO_ENDPOINT', first.access_token ?? '')).status).toBe(401)
  expect((await play().get('USERINFO_ENDPOINT', second.access_token)).status).toBe(200)
  await expectRefusal(await play().refresh(first.refresh_token), [400, { error: 'invalid_grant' }])
  await expectTokens(await play().refresh(second.refresh_token))
})

test('the e-mail is the primary one with the scope, else the public one if there is one', async () => {
  expect(await play().profileFor()).toMatchObject({ email_verified: true })
  expect(await play().profileFor({ login_hint: 'yuki' })).toMatchObject({ email_verified: false })
  const openid = { scope: 'openid profile' }
  const alex = await play().profileFor({ ...openid, login_hint: 'alex' })
  expect(alex.email).toBe('alex@example.com')
  for (const changes of [openid, { login_hint: 'sora' }, { login_hint: '!no-email' }]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
  const confirmed = async (login_hint: string) =>
    (await json(await get('USER_ENDPOINT', { scope: 'read_user', login_hint }))).confirmed_at
  expect(await confirmed('minji')).toMatch(/^2015-/)
  expect(await confirmed('yuki')).toBeNull()
  expect(await play().profileFor({ login_hint: 'sora' })).toMatchObject({ picture: null })
})

test('each API wants its scope, and words a bad token its own way', async () => {
  await expectRefusal(await get('USER_ENDPOINT'), [403, { error: 'insufficient_scope' }])
  const refused = await get('USERINFO_ENDPOINT', { scope: 'read_user' })
  await expectRefusal(refused, [403, { error: 'insufficient_scope' }])
  const unknown = await play().get('USER_ENDPOINT', 'nope')
  await expectRefusal(unknown, [401, { message: '401 Unauthorized' }])
  const info = await json(await get('TOKEN_INFO_ENDPOINT'))
  expect(info).toMatchObject({ application: { uid: play().id } })
  expect(String(info.resource_owner_id)).toBe((await play().profileFor()).sub)
  const foreign = await play().get('TOKEN_INFO_ENDPOINT', 'nope')
  await expectRefusal(foreign, [401, { error: 'invalid_token' }])
})

test('the client may authenticate by Basic', async () => {
  await expectTokens(await play().byBasic(await play().codeFor()))
  const wrong = await play().byBasic(await play().codeFor(), 'x')
  await expectRefusal(wrong, [401, { error: 'invalid_client' }])
})

test('revoking wants the client, and ends the pair', async () => {
  const { access_token = '', refresh_token } = await play().tokensFor()
  const revoke = (token: string, client_secret: string) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: play().id, client_secret }),
    })
  await expectRefusal(await revoke(access_token, 'x'), [403, { error: 'unauthorized_client' }])
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(200)
  const revoked = await revoke(access_token, play().secret)
  expect(revoked.status).toBe(200)
  expect(await json(revoked)).toEqual({})
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(401)
  await expectRefusal(await play().refresh(refresh_token), [400, { error: 'invalid_grant' }])
  expect((await revoke('nope', play().secret)).status).toBe(200)
})
