import { expect, test } from 'vitest'
import { basicHeader, dancer, expectRefusal, expectTokens, json, useEmulator } from './dance.ts'

const emulator = useEmulator('discord')

const play = () => dancer(emulator, 'discord')

test('every callback carries iss=https://discord.com, wherever the endpoints are', async () => {
  for (const login_hint of ['minji', '!denied']) {
    const location = (await play().authorize({ login_hint })).headers.get('location') ?? ''
    expect(new URL(location).searchParams.get('iss')).toBe('https://discord.com')
  }
  expect(play().setting('ISSUER')).toBe('')
})

test('the token answer is a week long; openid is no scope of theirs', async () => {
  expect(await play().tokensFor()).toEqual({
    token_type: 'Bearer',
    access_token: expect.any(String),
    expires_in: 604_800,
    refresh_token: expect.any(String),
    scope: 'identify email',
  })
  expect((await play().authorize({ scope: 'openid identify' })).status).toBe(400)
})

test('the client authenticates by Basic or in the body, and by form only', async () => {
  await expectTokens(await play().byBasic(await play().codeFor()))
  const wrong = await play().byBasic(await play().codeFor(), 'x')
  await expectRefusal(wrong, [401, { error: 'invalid_client' }])
  await expectTokens(await play().exchange(await play().codeFor()))
  const body = JSON.stringify({ grant_type: 'authorization_code', code: await play().codeFor() })
  const headers = {
    'content-type': 'application/json',
    authorization: basicHeader(play().id, play().secret),
  }
  const refused = await play().exchange('', {}, { headers, body })
  await expectRefusal(refused, [415, { message: '415: Unsupported Media Type', code: 0 }])
})

test('verified tells of the e-mail, which can be null', async () => {
  const profile = await play().profileFor()
  expect(profile).toMatchObject({ email: 'minji@discord.example.kr', verified: true })
  expect(profile.id).toMatch(/^\d{18}$/)
  expect(await play().profileFor({ login_hint: 'yuki' })).toMatchObject({ verified: false })
  const without = await play().profileFor({ login_hint: 'sora' })
  expect(without).toMatchObject({ email: null, verified: false })
  for (const changes of [{ scope: 'identify' }, { login_hint: '!no-email' }]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
  expect(await play().tokensFor({ login_hint: '!no-email' })).toMatchObject({ scope: 'identify' })
})

test('avatars are hashes: a still, one that moves, none', async () => {
  const shown = async (login_hint: string) => play().profileFor({ login_hint })
  expect((await shown('minji')).avatar).toMatch(/^[0-9a-f]{32}$/)
  expect((await shown('alex')).avatar).toMatch(/^a_[0-9a-f]{32}$/)
  expect(await shown('sora')).toMatchObject({ avatar: null, discriminator: '0' })
  expect(await shown('robin')).toMatchObject({ avatar: null, discriminator: '1337' })
})

test('global_name may be null where username is not', async () => {
  const sora = await play().profileFor({ login_hint: 'sora' })
  expect(sora).toMatchObject({ global_name: null, username: 'sora.emulated' })
  expect(await play().profileFor()).toMatchObject({ global_name: '김민지' })
})

test('the profile needs identify, and is there without a version too', async () => {
  const { access_token = '' } = await play().tokensFor({ scope: 'email' })
  const refused = await play().get('USERINFO_ENDPOINT', access_token)
  await expectRefusal(refused, [401, { message: '401: Unauthorized', code: 0 }])
  const headers = { authorization: `Bearer ${(await play().tokensFor()).access_token}` }
  const plain = await fetch(`${emulator.origin}/discord/api/users/@me`, { headers })
  expect(await json(plain)).toEqual(await play().profileFor())
})

test('a refresh gives a new pair', async () => {
  const first = await play().tokensFor()
  const second = await json(await play().refresh(first.refresh_token))
  expect(second.refresh_token).not.toBe(first.refresh_token)
  await expectRefusal(await play().refresh(first.refresh_token), [400, { error: 'invalid_grant' }])
  await expectTokens(await play().refresh(second.refresh_token))
})

test('revoking one token kills every token of the authorization, and nobody else’s', async () => {
  const one = await play().tokensFor()
  const two = await play().tokensFor()
  const other = await play().tokensFor({ login_hint: 'alex' })
  const revoke = (token: string, secret: string) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      headers: { authorization: basicHeader(play().id, secret) },
      body: new URLSearchParams({ token }),
    })
  const status = async (tokens: Record<string, string>) =>
    (await play().get('USERINFO_ENDPOINT', tokens.access_token ?? '')).status
  await expectRefusal(await revoke(one.access_token ?? '', 'x'), [401, { error: 'invalid_client' }])
  expect(await status(two)).toBe(200)
  expect((await revoke(one.access_token ?? '', play().secret)).status).toBe(200)
  expect([await status(one), await status(two), await status(other)]).toEqual([401, 401, 200])
  await expectRefusal(await play().refresh(two.refresh_token), [400, { error: 'invalid_grant' }])
  expect((await revoke('nope', play().secret)).status).toBe(200)
})
