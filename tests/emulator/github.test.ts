import { expect, test } from 'vitest'
import { dancer, expectTokens, json, statusOf, useEmulator } from './dance.ts'

const emulator = useEmulator('github')

const play = () => dancer(emulator, 'github')
const emails = async (changes = {}) =>
  play().get('EMAILS_ENDPOINT', (await play().tokensFor(changes)).access_token ?? '')

test('the token answer is form-encoded unless JSON is asked for, its scopes by comma', async () => {
  const plain = await play().exchange(await play().codeFor(), {}, { headers: {} })
  expect(plain.headers.get('content-type')).toContain('application/x-www-form-urlencoded')
  const form = new URLSearchParams(await plain.text())
  expect(form.get('access_token')).toMatch(/^gho_/)
  expect(form.get('scope')).toBe('read:user,user:email')
  const refused = await play().exchange('nope', {}, { headers: {} })
  expect(new URLSearchParams(await refused.text()).get('error')).toBe('bad_verification_code')
  expect(await play().tokensFor()).not.toHaveProperty('expires_in')
})

test('login picks as login_hint does; types and redirect URI may be left out', async () => {
  const changes = { login_hint: undefined, login: 'alex', response_type: undefined }
  const code = await play().codeFor(changes)
  await expectTokens(
    await play().exchange(code, { grant_type: undefined, redirect_uri: undefined }),
  )
})

test('addresses are a list of their own that needs the scope', async () => {
  const primary = async (login_hint: string) =>
    (await json(await emails({ login_hint }))).find((one: { primary: boolean }) => one.primary)
  expect(await primary('minji')).toMatchObject({ verified: true, visibility: 'private' })
  expect(await primary('yuki')).toMatchObject({ verified: false })
  expect(await primary('alex')).toMatchObject({ email: 'alex@example.com' })
  expect(await json(await emails({ login_hint: 'sora' }))).toEqual([])
  expect((await emails({ scope: 'read:user' })).status).toBe(404)
  expect((await emails({ login_hint: '!no-email' })).status).toBe(404)
  expect(await play().profileFor()).toMatchObject({ email: null, name: '김민지', type: 'User' })
})

test('the API wants a User-Agent', async () => {
  const { access_token = '' } = await play().tokensFor()
  const status = (headers: Record<string, string>) =>
    statusOf(play().setting('USERINFO_ENDPOINT'), {
      authorization: `Bearer ${access_token}`,
      ...headers,
    })
  expect(await status({})).toBe(403)
  expect(await status({ 'user-agent': 'latchkey' })).toBe(200)
})

test('the app checks a token, ends one, and ends the whole grant', async () => {
  const one = (await play().tokensFor()).access_token ?? ''
  const two = (await play().tokensFor()).access_token ?? ''
  const call = (name: string, method: string, token: string, secret = play().secret) =>
    fetch(play().setting(name), {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${play().id}:${secret}`).toString('base64')}`,
      },
      body: JSON.stringify({ access_token: token }),
    })
  const { id } = await play().profileFor()
  const checked = await json(await call('TOKEN_CHECK_ENDPOINT', 'POST', one))
  expect(checked).toMatchObject({ app: { client_id: play().id }, user: { id } })
  expect((await call('TOKEN_CHECK_ENDPOINT', 'POST', one, 'x')).status).toBe(401)
  expect((await call('TOKEN_CHECK_ENDPOINT', 'DELETE', one)).status).toBe(204)
  expect((await call('TOKEN_CHECK_ENDPOINT', 'POST', one)).status).toBe(404)
  expect((await play().get('USERINFO_ENDPOINT', two)).status).toBe(200)
  const third = (await play().tokensFor()).access_token ?? ''
  expect((await call('REVOCATION_ENDPOINT', 'DELETE', third)).status).toBe(204)
  expect((await play().get('USERINFO_ENDPOINT', two)).status).toBe(401)
})
