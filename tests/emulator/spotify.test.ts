import { expect, test } from 'vitest'
import { dancer, expectRefusal, expectTokens, json, redirectUri, useEmulator } from './dance.ts'

const emulator = useEmulator('spotify')

const play = () => dancer(emulator, 'spotify')
const plain = { code_challenge: undefined, code_challenge_method: undefined }
const invalidClient = [400, { error: 'invalid_client' }] as const
const invalidGrant = [400, { error: 'invalid_grant' }] as const

/** Without the Basic header that the dance sends. */
const inBody = (form: Record<string, string | undefined>) => {
  const given = Object.entries(form).filter((pair): pair is [string, string] => !!pair[1])
  return fetch(play().setting('TOKEN_ENDPOINT'), {
    method: 'POST',
    body: new URLSearchParams({ client_id: play().id, ...Object.fromEntries(given) }),
  })
}
const swap = {
  grant_type: 'authorization_code',
  redirect_uri: redirectUri('spotify'),
  code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
}

test('the secret stands in a Basic header, never in the body', async () => {
  const code = await play().codeFor()
  const posted = { ...swap, code, client_secret: play().secret }
  await expectRefusal(await inBody(posted), invalidClient)
  await expectTokens(await play().exchange(code))
})

test('the dance works with PKCE beside the secret, and without PKCE', async () => {
  await expectTokens(await play().exchange(await play().codeFor()))
  const code = await play().codeFor(plain)
  await expectTokens(await play().exchange(code, { code_verifier: undefined }))
})

test('with PKCE a public client needs no secret, without PKCE it does', async () => {
  const code = await play().codeFor()
  await expectRefusal(await inBody({ ...swap, code, code_verifier: undefined }), invalidClient)
  const verifier = 'eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  await expectRefusal(await inBody({ ...swap, code, code_verifier: verifier }), invalidGrant)
  const answer = await inBody({ ...swap, code })
  const { refresh_token } = await json(answer)
  expect(answer.status).toBe(200)
  await expectTokens(await inBody({ grant_type: 'refresh_token', refresh_token }))
  const bare = await play().codeFor(plain)
  await expectRefusal(await inBody({ ...swap, code: bare }), invalidGrant)
  const confidential = await json(await play().exchange(bare, { code_verifier: undefined }))
  const refresh = { grant_type: 'refresh_token', refresh_token: confidential.refresh_token }
  await expectRefusal(await inBody(refresh), invalidClient)
})

test('a refresh token is replaced for a login with PKCE, else kept and not repeated', async () => {
  const first = await play().tokensFor()
  const second = await json(await play().refresh(first.refresh_token))
  expect(second.refresh_token).not.toBe(first.refresh_token)
  await expectRefusal(await play().refresh(first.refresh_token), invalidGrant)
  await expectTokens(await play().refresh(second.refresh_token))
  const code = await play().codeFor(plain)
  const kept = await json(await play().exchange(code, { code_verifier: undefined }))
  expect(await json(await play().refresh(kept.refresh_token))).not.toHaveProperty('refresh_token')
  await expectTokens(await play().refresh(kept.refresh_token))
})

test('account_id stands beside id, and may be missing', async () => {
  const profile = await play().profileFor()
  expect(profile).toMatchObject({ id: 'minjiemulated', type: 'user', display_name: '김민지' })
  expect(profile.account_id).toMatch(/^[\w-]{22}$/)
  const robin = await play().profileFor({ login_hint: 'robin' })
  expect(robin).toMatchObject({ id: 'robinemulated' })
  expect(robin).not.toHaveProperty('account_id')
  expect(await play().profileFor({ login_hint: 'sora' })).toMatchObject({ display_name: null })
})

test('the e-mail needs its scope, and nothing says that it is verified', async () => {
  const profile = await play().profileFor()
  expect(profile.email).toBe('minji@spotify.example.kr')
  expect(Object.keys(profile).filter((name) => /verif/.test(name))).toEqual([])
  for (const changes of [
    { scope: 'user-read-private' },
    { login_hint: 'sora' },
    { login_hint: '!no-email' },
  ]) {
    expect(await play().profileFor(changes)).not.toHaveProperty('email')
  }
  expect(await play().tokensFor()).toMatchObject({ scope: 'user-read-email', expires_in: 3600 })
  expect((await play().authorize({ scope: 'user-read-email nonsense' })).status).toBe(400)
})

test('country and product need a scope of their own', async () => {
  expect(await play().profileFor()).not.toHaveProperty('country')
  const scope = 'user-read-email user-read-private'
  expect(await play().profileFor({ scope })).toMatchObject({ country: 'SE', product: 'premium' })
})

test('images are an array: the largest is not first, a size may be null, it may be empty', async () => {
  const heights = async (login_hint: string) =>
    (await play().profileFor({ login_hint })).images.map(
      ({ height }: { height: number | null }) => height,
    )
  expect(await heights('minji')).toEqual([64, 300])
  expect(await heights('yuki')).toEqual([null])
  expect(await heights('sora')).toEqual([])
})

test('the API has an error envelope of its own, the token endpoint has not', async () => {
  const refused = await play().get('USERINFO_ENDPOINT', 'nope')
  await expectRefusal(refused, [401, { error: { status: 401, message: 'Invalid access token' } }])
  const code = await play().exchange('nope')
  const error_description = 'Invalid authorization code'
  await expectRefusal(code, [400, { error: 'invalid_grant', error_description }])
})
