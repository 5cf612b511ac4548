import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { dancer, expectRefusal, json, useEmulator } from './dance.ts'

const emulator = useEmulator('kakao')

const play = () => dancer(emulator, 'kakao')
const account = async (changes = {}) => (await play().profileFor(changes)).kakao_account

test('the profile is nested, its id a JSON number, its images http unless asked', async () => {
  const profile = await play().profileFor()
  expect(Number.isSafeInteger(profile.id)).toBe(true)
  expect(profile.kakao_account.profile.nickname).toBe('김민지')
  expect(profile.kakao_account.profile.profile_image_url).toMatch(/^http:/)
  const { access_token = '' } = await play().tokensFor()
  const url = `${play().setting('USERINFO_ENDPOINT')}?secure_resource=true`
  const headers = { authorization: `Bearer ${access_token}` }
  const secure = await json(await fetch(url, { method: 'POST', headers }))
  expect(secure.kakao_account.profile.profile_image_url).toMatch(/^https:/)
})

test('two flags tell of the e-mail, and consent of its presence', async () => {
  const flags = (is_email_valid: boolean, is_email_verified: boolean) =>
    expect.objectContaining({ is_email_valid, is_email_verified, email_needs_agreement: false })
  expect(await account()).toEqual(flags(true, true))
  expect(await account({ login_hint: 'yuki' })).toEqual(flags(true, false))
  expect(await account({ login_hint: 'robin' })).toEqual(flags(false, true))
  for (const changes of [{ login_hint: '!no-email' }, { scope: 'profile_nickname' }]) {
    const without = await account(changes)
    expect(without).not.toHaveProperty('email')
    expect(without.email_needs_agreement).toBe(true)
  }
  expect((await account({ login_hint: 'sora' })).email_needs_agreement).toBe(false)
})

test('scopes are split by comma or space; openid decides over the ID token', async () => {
  const given = async (scope: string | undefined) => (await play().tokensFor({ scope })).scope
  expect(await given('profile_nickname,account_email')).toBe('account_email profile_nickname')
  expect(await given('profile_nickname account_email')).toBe('account_email profile_nickname')
  expect(await given(undefined)).toContain('account_email')
  expect(await play().tokensFor({ scope: 'account_email' })).not.toHaveProperty('id_token')
  expect((await play().authorize({ scope: 'openid,friends' })).status).toBe(400)
  const { id_token = '' } = await play().tokensFor()
  const keys = createLocalJWKSet(await json(await fetch(play().setting('JWKS_URI'))))
  const issuer = play().setting('ISSUER')
  const { payload } = await jwtVerify(id_token, keys, { issuer, audience: play().id })
  expect(payload).toMatchObject({ nonce: 'n', nickname: '김민지' })
  expect(payload.sub).toBe(String((await play().profileFor()).id))
  const forged = (await play().tokensFor({ login_hint: '!forged-id-token' })).id_token ?? ''
  await expect(jwtVerify(forged, keys)).rejects.toThrow('signature')
  const found = await json(await fetch(`${issuer}/.well-known/openid-configuration`))
  expect(found).toMatchObject({ issuer, jwks_uri: play().setting('JWKS_URI') })
  const { access_token = '' } = await play().tokensFor({ scope: 'account_email' })
  const headers = { authorization: `Bearer ${access_token}` }
  const refused = await fetch(found.userinfo_endpoint, { headers })
  await expectRefusal(refused, [403, { code: -402, required_scopes: ['openid'] }])
})

test('token info, logout and unlink', async () => {
  const { access_token = '', refresh_token } = await play().tokensFor()
  const { id } = await play().profileFor()
  const info = await json(await play().get('TOKEN_INFO_ENDPOINT', access_token))
  expect(info).toMatchObject({ id, app_id: Number(play().setting('APP_ID')) })
  expect(info.expires_in).toBeGreaterThan(21_000)
  const post = (name: string, authorization: string, form = {}) =>
    fetch(play().setting(name), {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    })
  const target = { target_id_type: 'user_id', target_id: String(id) }
  const second = (await play().tokensFor()).access_token ?? ''
  expect(await json(await post('LOGOUT_ENDPOINT', `Bearer ${access_token}`))).toEqual({ id })
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(401)
  expect((await play().get('USERINFO_ENDPOINT', second)).status).toBe(200)
  await expectRefusal(await play().refresh(refresh_token), [400, { error: 'invalid_grant' }])
  expect((await post('UNLINK_ENDPOINT', 'KakaoAK nope', target)).status).toBe(401)
  const key = `KakaoAK ${play().setting('ADMIN_KEY')}`
  expect(await json(await post('UNLINK_ENDPOINT', key, target))).toEqual({ id })
  expect((await play().get('USERINFO_ENDPOINT', second)).status).toBe(401)
  await expectRefusal(await post('UNLINK_ENDPOINT', key, target), [400, { code: -101 }])
})

test('the browser logout returns to the registered URI only', async () => {
  const logout = (uri: string) => {
    const query = { client_id: play().id, logout_redirect_uri: uri, state: 'x' }
    const url = `${play().setting('END_SESSION_ENDPOINT')}?${new URLSearchParams(query)}`
    return fetch(url, { redirect: 'manual' })
  }
  const registered = 'http://localhost:3000/logout/kakao/callback'
  expect((await logout(registered)).headers.get('location')).toBe(`${registered}?state=x`)
  const refused = await logout('http://evil.example/')
  expect(refused.headers.get('location')).toBeNull()
  expect(await refused.text()).toContain('KOE007')
})
