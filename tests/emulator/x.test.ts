import { expect, test } from 'vitest'
import {
  basicHeader,
  dancer,
  expectRefusal,
  expectTokens,
  json,
  redirectUri,
  useEmulator,
} from './dance.ts'

const emulator = useEmulator('x')

const play = () => dancer(emulator, 'x')
const all = 'confirmed_email,created_at,profile_image_url,verified'
const me = async (changes = {}, fields = all) => {
  const { access_token } = await play().tokensFor(changes)
  const query = new URLSearchParams({ 'user.fields': fields })
  const headers = { authorization: `Bearer ${access_token}` }
  return fetch(`${play().setting('USERINFO_ENDPOINT')}?${query}`, { headers })
}

test('Basic is required: id and secret in the body are not enough', async () => {
  const code = await play().codeFor()
  const exchangeWith = async (headers: Record<string, string>) => {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri('x'),
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      client_id: play().id,
      client_secret: play().secret,
    })
    return fetch(play().setting('TOKEN_ENDPOINT'), { method: 'POST', headers, body })
  }
  const refused = [401, { error: 'unauthorized_client' }] as const
  await expectRefusal(await exchangeWith({}), refused)
  await expectRefusal(await exchangeWith({ authorization: basicHeader(play().id, 'x') }), refused)
  const authorization = basicHeader(play().id, play().secret)
  await expectTokens(await exchangeWith({ authorization }))
})

test('state has at most 500 characters', async () => {
  expect((await play().authorize({ state: 's'.repeat(500) })).status).toBe(302)
  expect((await play().authorize({ state: 's'.repeat(501) })).status).toBe(400)
})

test('the profile is in an envelope, its id above 2^53, its fields those asked for', async () => {
  const { data } = await json(await me())
  expect(data.id).toMatch(/^\d{19}$/)
  expect(Number(data.id)).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  expect(data.profile_image_url).toMatch(/_normal\.jpg$/)
  const plain = await play().profileFor()
  expect(Object.keys(plain)).toEqual(['data'])
  expect(Object.keys(plain.data)).toEqual(['id', 'name', 'username'])
})

test('confirmed_email comes with its scope, when it is asked for, and only confirmed', async () => {
  expect((await json(await me())).data.confirmed_email).toBe('minji@x.example.kr')
  expect((await json(await me({}, 'verified'))).data).not.toHaveProperty('confirmed_email')
  for (const login_hint of ['sora', 'yuki', 'robin']) {
    const answer = await json(await me({ login_hint }))
    expect(answer.data).not.toHaveProperty('confirmed_email')
    expect(answer).not.toHaveProperty('errors')
  }
  for (const changes of [{ scope: 'users.read tweet.read' }, { login_hint: '!no-email' }]) {
    const partial = await me(changes)
    expect(partial.status).toBe(200)
    const answer = await json(partial)
    expect(answer.data).not.toHaveProperty('confirmed_email')
    expect(answer.errors).toHaveLength(1)
  }
})

test('the profile needs both of its scopes; the errors are problem documents', async () => {
  for (const scope of ['users.read', 'tweet.read users.email']) {
    await expectRefusal(await me({ scope }), [403, { title: 'Forbidden', type: 'about:blank' }])
  }
  expect((await me({ scope: 'tweet.read users.read' })).status).toBe(200)
  const bad = await play().get('USERINFO_ENDPOINT', 'x')
  await expectRefusal(bad, [401, { title: 'Unauthorized', detail: 'Unauthorized', status: 401 }])
  expect((await play().authorize({ scope: 'users.read follows.all' })).status).toBe(400)
})

test('declined: error and state, nothing else', async () => {
  const location = (await play().authorize({ login_hint: '!denied' })).headers.get('location')
  expect(location).toBe(`${redirectUri('x')}?error=access_denied&state=s`)
})

test('a refresh token comes with offline.access, is replaced and works once', async () => {
  const scope = 'users.read tweet.read'
  expect(await play().tokensFor({ scope })).not.toHaveProperty('refresh_token')
  const tokens = await play().tokensFor()
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 7200 })
  expect(tokens.scope?.split(' ')).toContain('offline.access')
  const next = await json(await play().refresh(tokens.refresh_token))
  expect(next.refresh_token).not.toBe(tokens.refresh_token)
  await expectRefusal(await play().refresh(tokens.refresh_token), [
    400,
    { error: 'invalid_request' },
  ])
  await expectTokens(await play().refresh(next.refresh_token))
})

test('revoke wants the client and a token, and ends the pair', async () => {
  const { access_token = '', refresh_token = '' } = await play().tokensFor()
  const revoke = (form: Record<string, string>, secret = play().secret) =>
    fetch(play().setting('REVOCATION_ENDPOINT'), {
      method: 'POST',
      headers: { authorization: basicHeader(play().id, secret) },
      body: new URLSearchParams(form),
    })
  const token = access_token
  await expectRefusal(await revoke({ token }, 'x'), [401, { error: 'unauthorized_client' }])
  await expectRefusal(await revoke({}), [400, { error: 'invalid_request' }])
  expect((await play().get('USERINFO_ENDPOINT', token)).status).toBe(200)
  await expectRefusal(await revoke({ token }), [200, { revoked: true }])
  expect((await play().get('USERINFO_ENDPOINT', token)).status).toBe(401)
  await expectRefusal(await play().refresh(refresh_token), [400, { error: 'invalid_request' }])
})
