import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, useEmulator } from './dance.ts'

const emulator = useEmulator('twitch')

const play = () => dancer(emulator, 'twitch')
const asked = { email: null, email_verified: null, picture: null, preferred_username: null }
const claims = JSON.stringify({ id_token: asked, userinfo: asked })
const idTokenOf = async (changes: Record<string, string | undefined>) =>
  decodeJwt((await play().tokensFor(changes)).id_token ?? '')

test('discovery stands below /oauth2, which is the issuer', async () => {
  const issuer = play().setting('ISSUER')
  expect(issuer).toBe(`${emulator.origin}/twitch/oauth2`)
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({
    issuer,
    token_endpoint: play().setting('TOKEN_ENDPOINT'),
    userinfo_endpoint: play().setting('USERINFO_ENDPOINT'),
    jwks_uri: play().setting('JWKS_URI'),
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  })
  expect(found).not.toHaveProperty('code_challenge_methods_supported')
})

test('the scopes of the token answer are an array', async () => {
  const { scope, token_type } = await play().tokensFor()
  expect(scope).toEqual(['openid', 'user:read:email'])
  expect(token_type).toBe('bearer')
  const without = await play().tokensFor({ login_hint: '!no-email' })
  expect(without.scope).toEqual(['openid'])
  expect((await play().authorize({ scope: 'openid email' })).status).toBe(400)
})

test('the ID token verifies; the nonce is in it and beside it', async () => {
  const { id_token = '', nonce } = await play().tokensFor({ nonce: 'fresh' })
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const { payload } = await jwtVerify(id_token, keys, {
    issuer: play().setting('ISSUER'),
    audience: play().id,
    algorithms: ['RS256'],
  })
  expect([payload.nonce, nonce]).toEqual(['fresh', 'fresh'])
  expect(await play().tokensFor({ nonce: undefined })).not.toHaveProperty('nonce')
  expect(await play().tokensFor({ scope: 'user:read:email' })).not.toHaveProperty('id_token')
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
})

test('e-mail, name and picture have to be asked for by the claims parameter', async () => {
  for (const bare of [await idTokenOf({}), await play().profileFor()]) {
    expect(bare.sub).toMatch(/^\d{8}$/)
    for (const name of Object.keys(asked)) expect(bare).not.toHaveProperty(name)
  }
  const full = {
    email: 'minji@twitch.example.kr',
    email_verified: true,
    preferred_username: '김민지',
    picture: expect.stringMatching(/^https:/),
  }
  expect(await idTokenOf({ claims })).toMatchObject(full)
  expect(await play().profileFor({ claims })).toMatchObject(full)
  const one = { claims: JSON.stringify({ id_token: { email: null } }) }
  expect(await idTokenOf(one)).toMatchObject({ email: full.email })
  expect(await idTokenOf(one)).not.toHaveProperty('email_verified')
  expect(await play().profileFor(one)).not.toHaveProperty('email')
  for (const broken of ['{', '[]', '"x"', '{"id_token":1}']) {
    expect((await play().authorize({ claims: broken })).status).toBe(400)
  }
})

test('even asked for, the e-mail needs its scope, a person who has one, and her consent', async () => {
  for (const changes of [
    { scope: 'openid' },
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
  ]) {
    for (const found of [
      await idTokenOf({ claims, ...changes }),
      await play().profileFor({ claims, ...changes }),
    ]) {
      expect(found).not.toHaveProperty('email')
      expect(found).not.toHaveProperty('email_verified')
      expect(found).toHaveProperty('preferred_username')
    }
  }
  expect(await idTokenOf({ claims, login_hint: 'yuki' })).toMatchObject({ email_verified: false })
})

test('helix wants the Client-Id header, and shows verified addresses only', async () => {
  const users = async (headers: Record<string, string>, changes = {}) => {
    const { access_token } = await play().tokensFor(changes)
    const authorization = `Bearer ${access_token}`
    return fetch(play().setting('USERS_ENDPOINT'), { headers: { authorization, ...headers } })
  }
  const unauthorized = [401, { error: 'Unauthorized', status: 401 }] as const
  await expectRefusal(await users({}), unauthorized)
  await expectRefusal(await users({ 'client-id': 'x' }), unauthorized)
  const own = { 'client-id': play().id }
  await expectRefusal(await users({ ...own, authorization: 'Bearer nope' }), unauthorized)
  const shown = async (changes = {}) => (await json(await users(own, changes))).data
  const { sub } = await play().profileFor()
  const email = 'minji@twitch.example.kr'
  expect(await shown()).toEqual([
    expect.objectContaining({ id: sub, login: 'minji_emulated', display_name: '김민지', email }),
  ])
  for (const changes of [{ login_hint: 'yuki' }, { scope: 'openid' }, { login_hint: 'sora' }]) {
    expect((await shown(changes))[0]).not.toHaveProperty('email')
  }
})

test('refusals have no error key, and the secret stands in the body only', async () => {
  const refused = await play().exchange('nope')
  expect(await json(refused)).toEqual({ status: 400, message: 'Invalid authorization code' })
  const code = await play().codeFor()
  const basic = await play().byBasic(code)
  await expectRefusal(basic, [400, { status: 400, message: 'invalid client' }])
  await expectTokens(await play().exchange(code))
})

test('validate takes the token after the word OAuth', async () => {
  const { access_token } = await play().tokensFor()
  const validate = (authorization: string) =>
    fetch(play().setting('VALIDATE_ENDPOINT'), { headers: { authorization } })
  const { sub } = await play().profileFor()
  const valid = await json(await validate(`OAuth ${access_token}`))
  expect(valid).toMatchObject({
    client_id: play().id,
    login: 'minji_emulated',
    scopes: ['openid', 'user:read:email'],
    user_id: sub,
  })
  expect(valid.expires_in).toBeGreaterThan(14_000)
  for (const authorization of [`Bearer ${access_token}`, 'OAuth nope']) {
    await expectRefusal(await validate(authorization), [401, { status: 401 }])
  }
})

test('a refresh works until the pair is revoked', async () => {
  const { access_token = '', refresh_token } = await play().tokensFor()
  const refreshed = await json(await play().refresh(refresh_token))
  expect(refreshed.access_token).not.toBe(access_token)
  expect(refreshed).not.toHaveProperty('id_token')
  const revoke = (token: string, client_id = play().id) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      body: new URLSearchParams({ client_id, token }),
    })
  await expectRefusal(await revoke(access_token, 'x'), [400, { status: 400 }])
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(200)
  expect((await revoke(access_token)).status).toBe(200)
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(401)
  await expectRefusal(await play().refresh(refresh_token), [
    400,
    { message: 'Invalid refresh token' },
  ])
  await expectRefusal(await revoke('nope'), [400, { status: 400, message: 'Invalid token' }])
})
