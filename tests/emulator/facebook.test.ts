import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, redirectUri, useEmulator } from './dance.ts'

const emulator = useEmulator('facebook')

const play = () => dancer(emulator, 'facebook')
const oauthException = (code: number) =>
  [400, { error: { type: 'OAuthException', code, fbtrace_id: expect.any(String) } }] as const
const proofOf = (token: string) => createHmac('sha256', play().secret).update(token).digest('hex')
const call = (url: string, query: Record<string, string>, init: RequestInit = {}) =>
  fetch(`${url}?${new URLSearchParams(query)}`, init)
const graph = (path: string) => `${emulator.origin}/facebook${path}`
const appToken = () => `${play().id}|${play().secret}`

test('appsecret_proof is required on Graph calls', async () => {
  const { access_token = '' } = await play().tokensFor()
  const me = (query: Record<string, string>) => call(play().setting('USERINFO_ENDPOINT'), query)
  for (const proof of [{}, { appsecret_proof: proofOf('x') }, { appsecret_proof: '' }]) {
    const refused = await me({ access_token, ...proof })
    const error = { type: 'GraphMethodException', code: 100 }
    await expectRefusal(refused, [400, { error }])
  }
  const good = await me({ access_token, appsecret_proof: proofOf(access_token) })
  expect(good.status).toBe(200)
})

test('paths have a Graph version, whichever', async () => {
  const url = play().authorizeUrl()
  expect(play().setting('TOKEN_ENDPOINT')).toContain('/v24.0/')
  for (const version of ['/v16.0/', '/v25.1/', '/']) {
    const answer = await fetch(url.replace('/v24.0/', version), { redirect: 'manual' })
    expect(answer.status).toBe(302)
  }
  for (const version of ['/24.0/', '/v24/', '/v24.0x/', '/latest/']) {
    expect((await fetch(url.replace('/v24.0/', version))).status).toBe(404)
  }
})

test('the error envelope is of another shape, at the token endpoint too', async () => {
  const code = await play().codeFor()
  await expectTokens(await play().exchange(code))
  const used = await play().exchange(code)
  await expectRefusal(used, [400, { error: { code: 100, error_subcode: 36009 } }])
  const expired = await play().exchange(await play().codeFor({ login_hint: '!expired-code' }))
  await expectRefusal(expired, [400, { error: { code: 100, error_subcode: 36007 } }])
  const { access_token = '' } = await play().tokensFor()
  const proof = { appsecret_proof: proofOf(access_token) }
  const bad = await call(graph('/v24.0/me'), { access_token: 'x', ...proof })
  await expectRefusal(bad, oauthException(190))
  expect((await call(graph('/v24.0/me'), { access_token, ...proof })).status).toBe(200)
})

test('the token endpoint takes GET and POST', async () => {
  const ask = async (changes = {}) =>
    call(play().setting('TOKEN_ENDPOINT'), {
      grant_type: 'authorization_code',
      code: await play().codeFor(),
      redirect_uri: redirectUri('facebook'),
      client_id: play().id,
      client_secret: play().secret,
      ...changes,
    })
  await expectTokens(await ask())
  await expectRefusal(await ask({ client_secret: 'x' }), oauthException(1))
  await expectTokens(await play().exchange(await play().codeFor()))
})

test('a token answer has no refresh token, and not always expires_in', async () => {
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 5_183_944 })
  expect(tokens).not.toHaveProperty('refresh_token')
  expect(await play().tokensFor({ login_hint: 'sora' })).not.toHaveProperty('expires_in')
})

test('the profile has the fields that are asked for, and a picture object', async () => {
  const profile = await play().profileFor()
  expect(profile).toMatchObject({ first_name: '민지', last_name: '김', email: expect.any(String) })
  expect(profile.id).toMatch(/^\d{17}$/)
  expect(profile.picture.data).toMatchObject({ width: 200, height: 200, is_silhouette: false })
  expect((await play().profileFor({ login_hint: 'robin' })).picture.data.is_silhouette).toBe(true)
  const { access_token = '' } = await play().tokensFor()
  const proof = { access_token, appsecret_proof: proofOf(access_token) }
  const plain = await json(await call(graph('/v24.0/me'), proof))
  expect(Object.keys(plain).sort()).toEqual(['id', 'name'])
})

test('an e-mail may be missing, granted or not, and is never said to be verified', async () => {
  expect(Object.keys(await play().profileFor({ login_hint: 'yuki' }))).not.toContain('verified')
  for (const changes of [
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
    { scope: 'public_profile' },
  ]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
  expect(await play().profileFor({ scope: 'public_profile email' })).toHaveProperty('email')
  expect((await play().authorize({ scope: 'email,user_friends' })).status).toBe(400)
})

test('redirects end in #_=_', async () => {
  for (const login_hint of ['minji', '!denied']) {
    expect((await play().authorize({ login_hint })).headers.get('location')).toMatch(/#_=_$/)
  }
})

test('debug_token tells whose and which app’s a token is, to the app only', async () => {
  const { access_token = '' } = await play().tokensFor()
  const debug = (input_token: string, token = appToken()) =>
    call(play().setting('DEBUG_TOKEN_ENDPOINT'), { input_token, access_token: token })
  const { id } = await play().profileFor()
  const { data } = await json(await debug(access_token))
  expect(data).toMatchObject({ is_valid: true, app_id: play().id, user_id: id, type: 'USER' })
  const dead = await json(await debug('x'))
  expect(dead.data).toMatchObject({ is_valid: false, error: { code: 190 } })
  await expectRefusal(await debug(access_token, access_token), oauthException(190))
})

test('a token is exchanged for a longer one', async () => {
  const { access_token = '' } = await play().tokensFor()
  const form = { grant_type: 'fb_exchange_token', client_id: play().id }
  const swap = (client_secret: string, fb_exchange_token: string) =>
    call(graph('/oauth/access_token'), { ...form, client_secret, fb_exchange_token })
  await expectTokens(await swap(play().secret, access_token))
  await expectRefusal(await swap('x', access_token), oauthException(1))
  await expectRefusal(await swap(play().secret, 'x'), oauthException(190))
})

test('DELETE permissions ends the grant, by the person’s token or by the app’s', async () => {
  const { id } = await play().profileFor()
  const token = async () => (await play().tokensFor()).access_token ?? ''
  const remove = (user: string, query: Record<string, string>) =>
    call(graph(`/v24.0/${user}/permissions`), query, { method: 'DELETE' })
  for (const user of ['me', id]) {
    const access_token = await token()
    await expectRefusal(await remove(user, { access_token }), [400, { error: { code: 100 } }])
    expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(200)
    const proof = { access_token, appsecret_proof: proofOf(access_token) }
    await expectRefusal(await remove('1', proof), oauthException(100))
    await expectRefusal(await remove(user, proof), [200, { success: true }])
    expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(400)
  }
  const last = await token()
  await expectRefusal(await remove(id, { access_token: 'x|y' }), oauthException(190))
  await expectRefusal(await remove(id, { access_token: appToken() }), [200, { success: true }])
  expect((await play().get('USERINFO_ENDPOINT', last)).status).toBe(400)
  await expectRefusal(await remove(id, { access_token: appToken() }), oauthException(100))
})
