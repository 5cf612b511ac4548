import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, redirectUri, useEmulator } from './dance.ts'

const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/
const emulator = useEmulator('microsoft')

const play = () => dancer(emulator, 'microsoft')
const claims = async (login_hint: string, changes = {}) =>
  decodeJwt((await play().tokensFor({ login_hint, ...changes })).id_token ?? '')
const at = (tenant: string, path: string) => `${emulator.origin}/microsoft/${tenant}/${path}`
const discovery = (tenant: string) => fetch(at(tenant, 'v2.0/.well-known/openid-configuration'))

test('discovery for common has the issuer template with the literal {tenantid}', async () => {
  const found = await json(await discovery('common'))
  expect(found.issuer).toBe(`${emulator.origin}/microsoft/{tenantid}/v2.0`)
  expect(found).toMatchObject({
    issuer: play().setting('ISSUER'),
    authorization_endpoint: play().setting('AUTHORIZATION_ENDPOINT'),
    token_endpoint: play().setting('TOKEN_ENDPOINT'),
    userinfo_endpoint: play().setting('USERINFO_ENDPOINT'),
    jwks_uri: play().setting('JWKS_URI'),
    end_session_endpoint: play().setting('END_SESSION_ENDPOINT'),
  })
  expect(found).not.toHaveProperty('revocation_endpoint')
  const { tid } = await claims('minji')
  const one = await json(await discovery(String(tid)))
  expect(one.issuer).toBe(at(String(tid), 'v2.0'))
  expect((await json(await discovery('consumers'))).issuer).toBe(at(personal, 'v2.0'))
  await expectRefusal(await discovery('nowhere'), [400, { error_codes: [90002] }])
})

test('tokens carry the tenant they are from, in tid and in the issuer', async () => {
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  for (const login_hint of ['minji', 'alex', 'robin']) {
    const { id_token = '' } = await play().tokensFor({ login_hint })
    const { payload } = await jwtVerify(id_token, keys, { audience: play().id })
    expect(payload.iss).toBe(at(String(payload.tid), 'v2.0'))
    expect(payload).toMatchObject({ ver: '2.0', nonce: 'n', nbf: payload.iat })
    expect(payload.oid).toMatch(uuid)
  }
  expect((await claims('alex')).tid).toBe(personal)
  expect((await claims('minji')).tid).toMatch(uuid)
  expect((await claims('minji')).tid).not.toBe((await claims('robin')).tid)
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
})

test('sub is pairwise and not the oid, and the same at userinfo', async () => {
  const { sub, oid } = await claims('minji')
  expect(sub).not.toBe(oid)
  expect((await play().profileFor()).sub).toBe(sub)
})

test('xms_edov says whether the domain owner was verified', async () => {
  expect(await claims('minji')).toMatchObject({ xms_edov: true })
  expect(await claims('odd')).toMatchObject({ xms_edov: '1' })
  for (const login_hint of ['yuki', 'alex']) {
    const unsaid = await claims(login_hint)
    expect(unsaid).toHaveProperty('email')
    expect(unsaid).not.toHaveProperty('xms_edov')
  }
  // Another tenant may put anybody's address into its tokens.
  expect(await claims('robin')).toMatchObject({ email: 'alex@example.com', xms_edov: false })
  for (const without of [
    await claims('sora'),
    await claims('!no-email'),
    await claims('minji', { scope: 'openid' }),
  ]) {
    expect(without).not.toHaveProperty('email')
    expect(without).not.toHaveProperty('xms_edov')
  }
})

test('errors have an AADSTS number, a time and ids', async () => {
  const refused = await json(await play().exchange('nope'))
  expect(refused.error_description).toMatch(/^AADSTS70008: /)
  expect(refused).toMatchObject({ error: 'invalid_grant', error_codes: [70008] })
  expect(refused.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
  expect(refused).toHaveProperty('trace_id')
  expect(refused).toHaveProperty('correlation_id')
  const code = await play().codeFor()
  await expectTokens(await play().exchange(code))
  await expectRefusal(await play().exchange(code), [400, { error_codes: [54005] }])
})

test('the tenant in the path decides who may come in', async () => {
  const enter = (tenant: string, login_hint: string) =>
    fetch(play().authorizeUrl({ login_hint }).replace('/common/', `/${tenant}/`), {
      redirect: 'manual',
    })
  const tid = String((await claims('minji')).tid)
  const fits = [
    ['consumers', 'alex'],
    ['organizations', 'minji'],
    [tid, 'minji'],
    [personal, 'alex'],
  ] as const
  for (const [tenant, login_hint] of fits) {
    expect((await enter(tenant, login_hint)).status).toBe(302)
  }
  const strangers = [
    ['consumers', 'minji'],
    ['organizations', 'alex'],
    [tid, 'robin'],
    ['nowhere', 'minji'],
  ] as const
  for (const [tenant, login_hint] of strangers) {
    const refused = await enter(tenant, login_hint)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toMatch(/AADSTS(50020|90002)/)
  }
})

test('a code is redeemed below a tenant that exists', async () => {
  const redeem = async (tenant: string) => {
    const form = {
      grant_type: 'authorization_code',
      code: await play().codeFor({ code_challenge: undefined, code_challenge_method: undefined }),
      redirect_uri: redirectUri('microsoft'),
      client_id: play().id,
      client_secret: play().secret,
    }
    const url = at(tenant, 'oauth2/v2.0/token')
    return fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  }
  await expectRefusal(await redeem('nowhere'), [400, { error_codes: [90002] }])
  await expectTokens(await redeem(String((await claims('minji')).tid)))
})

test('the client authenticates by body or Basic', async () => {
  await expectTokens(await play().exchange(await play().codeFor()))
  await expectTokens(await play().byBasic(await play().codeFor()))
  const refused = await play().byBasic(await play().codeFor(), 'x')
  await expectRefusal(refused, [401, { error_codes: [7000215] }])
})

test('offline_access gives a refresh token, replaced at each use, the old one staying valid', async () => {
  expect(await play().tokensFor({ scope: 'openid' })).not.toHaveProperty('refresh_token')
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ expires_in: 3599, scope: 'openid profile email User.Read' })
  const first = await json(await play().refresh(tokens.refresh_token))
  expect(first.refresh_token).not.toBe(tokens.refresh_token)
  await expectTokens(await play().refresh(tokens.refresh_token))
  await expectRefusal(await play().refresh('x'), [400, { error_codes: [70008] }])
})

test('Graph tells of the person; its errors have a code', async () => {
  const me = async (login_hint: string) => {
    const { access_token = '' } = await play().tokensFor({ login_hint })
    return json(await play().get('PROFILE_ENDPOINT', access_token))
  }
  const { oid } = await claims('minji')
  expect(await me('minji')).toMatchObject({
    id: oid,
    displayName: '김민지',
    preferredLanguage: 'ko',
  })
  expect(await me('sora')).toMatchObject({ mail: null })
  const refused = await play().get('PROFILE_ENDPOINT', 'x')
  await expectRefusal(refused, [401, { error: { code: 'InvalidAuthenticationToken' } }])
})

test('the logout returns to the registered URI only', async () => {
  const logout = (uri: string) => {
    const query = new URLSearchParams({ post_logout_redirect_uri: uri, state: 'x' })
    return fetch(`${play().setting('END_SESSION_ENDPOINT')}?${query}`, { redirect: 'manual' })
  }
  const registered = 'http://localhost:3000/logout/microsoft/callback'
  expect((await logout(registered)).headers.get('location')).toBe(`${registered}?state=x`)
  const stays = await logout('http://evil.example/')
  expect(stays.headers.get('location')).toBeNull()
  expect((await claims('minji')).login_hint).toMatch(/^O\./)
})
