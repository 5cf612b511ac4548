import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, useEmulator } from './dance.ts'

const emulator = useEmulator('naver')

const play = () => dancer(emulator, 'naver')
const person = async (changes = {}) => (await play().profileFor(changes)).response
const noSession = [200, { error: 'invalid_request' }] as const
const post = (name: string, form: Record<string, string>) =>
  fetch(play().setting(name), { method: 'POST', body: new URLSearchParams(form) })
const client = () => ({ client_id: play().id, client_secret: play().secret })

test('expires_in is a string, at a refresh too, which keeps the refresh token', async () => {
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: '3600' })
  expect(tokens).not.toHaveProperty('scope')
  for (let round = 0; round < 2; round += 1) {
    const refreshed = await json(await play().refresh(tokens.refresh_token))
    expect(Object.keys(refreshed).sort()).toEqual(['access_token', 'expires_in', 'token_type'])
    expect(refreshed.expires_in).toBe('3600')
  }
  await expectRefusal(await play().refresh('x'), noSession)
})

test('the access token contains + / and =', async () => {
  expect((await play().tokensFor()).access_token).toMatch(/^[^+]*\+\/.*=$/)
})

test('state is mandatory at the token call, and has to be that of the request', async () => {
  const code = await play().codeFor()
  await expectRefusal(await play().exchange(code, { state: undefined }), noSession)
  await expectRefusal(await play().exchange(code, { state: 'other' }), noSession)
  await expectTokens(await play().exchange(code))
})

test('the token endpoint takes GET and POST; its errors arrive with 200', async () => {
  const ask = async (changes = {}) => {
    const code = await play().codeFor()
    const form = { grant_type: 'authorization_code', code, state: 's', ...client(), ...changes }
    return fetch(`${play().setting('TOKEN_ENDPOINT')}?${new URLSearchParams(form)}`)
  }
  await expectTokens(await ask())
  await expectRefusal(await ask({ client_secret: 'x' }), [200, { error: 'unauthorized_client' }])
  await expectRefusal(await ask({ code: 'x' }), noSession)
  const put = await fetch(play().setting('TOKEN_ENDPOINT'), { method: 'PUT' })
  expect(put.status).toBe(405)
  expect(put.headers.get('allow')).toBe('GET, POST')
})

test('redirect_uri may be left out at the token call; scope changes nothing', async () => {
  const code = await play().codeFor({ scope: 'nonsense' })
  await expectTokens(await play().exchange(code, { redirect_uri: undefined }))
})

test('resultcode is 00, and another for a bad token or none', async () => {
  const { access_token = '' } = await play().tokensFor()
  const me = await json(await play().get('USERINFO_ENDPOINT', access_token))
  expect(me).toMatchObject({ resultcode: '00', message: 'success' })
  const bad = await play().get('USERINFO_ENDPOINT', access_token.replaceAll('+', ' '))
  await expectRefusal(bad, [401, { resultcode: '024' }])
  await expectRefusal(await fetch(play().setting('USERINFO_ENDPOINT')), [
    401,
    { resultcode: '028' },
  ])
})

test('the profile has no verified flag, and everything but the id may be missing', async () => {
  const keys = ['id', 'nickname', 'name', 'email', 'profile_image']
  expect(Object.keys(await person())).toEqual(keys)
  expect(Object.keys(await person({ login_hint: 'yuki' }))).toEqual(keys)
  const sora = await person({ login_hint: 'sora' })
  expect(Object.keys(sora)).toEqual(['id', 'nickname', 'profile_image'])
  expect(sora.nickname).toMatch(/\*\*\*$/)
  expect(await person({ login_hint: '!no-email' })).not.toHaveProperty('email')
})

test('verify tells what was granted', async () => {
  const { access_token = '' } = await play().tokensFor()
  const headers = { authorization: `Bearer ${access_token}` }
  const verify = (query: string) =>
    fetch(`${play().setting('VERIFY_ENDPOINT')}${query}`, { headers })
  const { response } = await json(await verify('?info=true'))
  expect(response.token).toBe(access_token)
  expect(response.allowed_profile).toContain('profile/email')
  expect(await json(await verify(''))).toEqual({ resultcode: '00', message: 'success' })
})

test('revoke ends the pair and the link', async () => {
  const tokens = await play().tokensFor()
  const { access_token: token = '', refresh_token } = tokens
  const revoke = (form: Record<string, string>) => post('REVOCATION_ENDPOINT', form)
  await expectRefusal(await revoke(client()), [400, { error: 'invalid_request' }])
  await expectRefusal(await revoke({ ...client(), token, client_secret: 'x' }), [
    401,
    { error: 'unauthorized_client' },
  ])
  expect((await play().get('USERINFO_ENDPOINT', token)).status).toBe(200)
  const done = await revoke({ ...client(), token })
  expect([done.status, await done.text()]).toEqual([200, ''])
  expect((await play().get('USERINFO_ENDPOINT', token)).status).toBe(401)
  await expectRefusal(await play().refresh(refresh_token), noSession)
})

test('grant_type=delete says success for a dead token too, and unlinks with a live one', async () => {
  const { access_token = '' } = await play().tokensFor()
  const form = { grant_type: 'delete', ...client(), service_provider: 'NAVER' }
  const remove = async (token: string) => post('TOKEN_ENDPOINT', { ...form, access_token: token })
  const success = [200, { access_token: 'dead', result: 'success' }] as const
  await expectRefusal(await remove('dead'), success)
  await expectRefusal(await post('TOKEN_ENDPOINT', { ...form, client_secret: 'x' }), [
    200,
    { error: 'unauthorized_client' },
  ])
  // Not URL-encoded, the plus signs are lost: success, and nothing happens.
  await fetch(
    `${play().setting('TOKEN_ENDPOINT')}?${new URLSearchParams(form)}&access_token=${access_token}`,
  )
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(200)
  await remove(access_token)
  expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(401)
})
