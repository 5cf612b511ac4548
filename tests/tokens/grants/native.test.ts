import { describe, expect, test } from 'vitest'
import { setDisabled } from '../../helpers/age.ts'
import {
  APPS,
  basic,
  claimsOf,
  meStatus,
  type Parameters,
  post,
  readTokens,
  SPA,
  WEB,
} from '../../helpers/apps.ts'
import { countRows, login } from '../../helpers/latchkey.ts'
import {
  ACCESS_TOKEN,
  exchange,
  expectSignedIn,
  expectTokenRefused,
  ID_TOKEN,
  nativeClaims,
  personOf,
  TOKEN_EXCHANGE,
} from '../../helpers/native.ts'
import { expectOAuthError, lastOAuthError } from '../../helpers/oauth.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

const {
  provider,
  latchkey,
  replica: second,
  start: another,
} = setStageOfTwo({
  settings: {
    ...APPS,
    FAKE_TRUST_EMAIL: 'on',
    FAKE_NATIVE_CLIENT_IDS: 'ios-app, android-app',
    NAVER_CLIENT_ID: 'naver-id',
    NAVER_CLIENT_SECRET: 'naver-secret',
    GITHUB_CLIENT_ID: 'github-id',
    GITHUB_CLIENT_SECRET: 'github-secret',
  },
})

/** A fresh ID token of the SDK, its claims changed. */
const idToken = (changes: Record<string, unknown> = {}) =>
  provider.sign({ ...nativeClaims(provider), ...changes })

describe('a native sign-in', () => {
  test('answers with tokens of ours that work everywhere', async () => {
    const answer = await exchange(latchkey, await idToken(), {}, { 'user-agent': 'App/1 (iOS)' })
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.any(String),
      scope: 'profile email account offline_access',
      issued_token_type: ACCESS_TOKEN,
    })
    const { access_token, refresh_token, sub, sid } = readTokens(answer)
    expect(await meStatus(second, access_token)).toBe(200)
    expect(await personOf(second, answer)).toMatchObject({
      sub,
      name: 'Person One',
      email: 'person.one@example.com',
      email_verified: true,
      identities: [{ provider: 'fake', subject: provider.subject }],
    })
    // All is in the ID token: nothing but the keys was asked for.
    const asked = provider.calls.map(({ step }) => step)
    expect(asked.filter((step) => !['discovery', 'jwks'].includes(step))).toEqual([])
    const line = latchkey.logs.map((text) => JSON.parse(text)).findLast((one) => one.user === sub)
    expect(line).toMatchObject({
      ...{ event: 'signed_in', native: true, provider: 'fake', client: 'latchkey', session: sid },
    })
    const sessions = await fetch(`${latchkey.url}/me/sessions`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(await sessions.json()).toMatchObject([
      { client_id: 'latchkey', provider: 'fake', user_agent: 'App/1 (iOS)', current: true },
    ])
    const refreshed = await post(`${second.url}/token`, {
      ...{ grant_type: 'refresh_token', client_id: 'latchkey', refresh_token },
    })
    expect(readTokens(refreshed).sid).toBe(sid)
  })

  test('and a login in the browser are the same user', async () => {
    const inApp = expectSignedIn(await exchange(latchkey, await idToken()))
    const inBrowser = (await login(second, provider)).json().user as { sub: string }
    expect(inBrowser.sub).toBe(inApp)
    expect(expectSignedIn(await exchange(second, await idToken()))).toBe(inApp)
  })

  test('with openid gives an ID token for the client, without the nonce of the SDK', async () => {
    const token = await idToken({ nonce: 'nonce-of-the-sdk' })
    const answer = await exchange(latchkey, token, {
      ...{ client_id: SPA.client_id, scope: 'openid email admin', nonce: 'nonce-of-the-sdk' },
    })
    const { id_token, sub, scope } = readTokens(answer)
    expect(scope).toBe('openid email')
    const claims = claimsOf(id_token)
    expect(claims).toMatchObject({ sub, aud: SPA.client_id, email: 'person.one@example.com' })
    expect(claims).not.toHaveProperty('nonce')
    expect(claims).not.toHaveProperty('name')
  })

  test('takes JSON too', async () => {
    const answer = await post(
      `${latchkey.url}/token`,
      JSON.stringify({
        grant_type: TOKEN_EXCHANGE,
        subject_token: await idToken(),
        subject_token_type: ID_TOKEN,
        subject_issuer: 'fake',
        client_id: 'latchkey',
      }),
      { 'content-type': 'application/json' },
    )
    expectSignedIn(answer)
  })

  test('of a confidential client needs its secret', async () => {
    const { client_id, client_secret } = WEB
    const token = await idToken()
    expectOAuthError(await exchange(latchkey, token, { client_id }), 401, 'invalid_client')
    const wrong = { client_id, client_secret: 'wrong' }
    expectOAuthError(await exchange(latchkey, token, wrong), 401, 'invalid_client')
    // The token is still good: it was not looked at.
    const right = await exchange(
      latchkey,
      token,
      { client_id: null },
      { authorization: basic(client_id, client_secret) },
    )
    expect(claimsOf(String(right.json().access_token)).client_id).toBe('web')
  })

  test('of nobody’s client is refused before the token is looked at', async () => {
    const token = await idToken()
    for (const client_id of [null, 'nobody']) {
      expectOAuthError(await exchange(latchkey, token, { client_id }), 401, 'invalid_client')
    }
    expectSignedIn(await exchange(latchkey, token))
  })

  test('of the built-in client, whom nobody registered, needs DIRECT_ANSWER', async () => {
    const off = await another({ DIRECT_ANSWER: 'off' })
    const token = await idToken()
    const answer = await exchange(off, token)
    expectOAuthError(answer, 400, 'unauthorized_client')
    expect(answer.json().error_description).toContain('DIRECT_ANSWER')
    expect(lastOAuthError(off)).toMatchObject({ reason: 'direct_answer_off', client: 'latchkey' })
    // Controls: a client that is registered, with the token that was not used up; and on, as on loopback.
    expectSignedIn(await exchange(off, token, { client_id: 'spa' }))
    expectSignedIn(await exchange(latchkey, await idToken()))
  })

  test('is in the metadata', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const answer = await fetch(`${latchkey.url}/.well-known/${path}`)
      expect(((await answer.json()) as Record<string, unknown>).grant_types_supported).toContain(
        TOKEN_EXCHANGE,
      )
    }
  })

  test('of a disabled user is refused, with no session', async () => {
    provider.subject = 'person-disabled'
    const sub = expectSignedIn(await exchange(latchkey, await idToken()))
    await setDisabled(latchkey, true, sub)
    const rows = await countRows(latchkey)
    expectOAuthError(await exchange(latchkey, await idToken()), 400, 'invalid_grant')
    expect(await countRows(latchkey)).toEqual(rows)
    expect(lastOAuthError(latchkey)).toMatchObject({ code: 'access_denied' })
    provider.subject = 'person-1'
    expectSignedIn(await exchange(latchkey, await idToken()))
  })
})

describe('a request that', () => {
  test.each<[what: string, parameters: Parameters, says: RegExp]>([
    ['has no subject_token', { subject_token: null }, /subject_token is missing/],
    ['has an empty subject_token', { subject_token: '' }, /subject_token is missing/],
    ['has no subject_token_type', { subject_token_type: null }, /subject_token_type is missing/],
    ['has no subject_issuer', { subject_issuer: null }, /subject_issuer is missing/],
    ['has an empty subject_issuer', { subject_issuer: '' }, /subject_issuer is missing/],
    ['names an unknown provider', { subject_issuer: 'nope' }, /names no enabled provider/],
    ['names a provider by its issuer', { subject_issuer: 'https://x.example' }, /no enabled/],
    ['names __proto__', { subject_issuer: '__proto__' }, /names no enabled provider/],
    [
      'has a token of another type',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      /must be urn:ietf:params:oauth:token-type:id_token or /,
    ],
    ['names the type in short', { subject_token_type: 'id_token' }, /must be urn:/],
    ['has a huge token', { subject_token: 'a'.repeat(16_385) }, /at most 16384 characters/],
    ['has a token with a line break', { subject_token: 'a\r\nb' }, /is malformed/],
    ['has a token with a space', { subject_token: 'a b' }, /is malformed/],
    ['has a huge nonce', { nonce: 'n'.repeat(256) }, /at most 255 characters/],
    ['wants another token', { requested_token_type: ID_TOKEN }, /requested_token_type can be/],
    ['has an actor', { actor_token: 'x', actor_token_type: ID_TOKEN }, /no delegation/],
    [
      '5.05 has an access token of an OpenID provider without a check',
      { subject_token_type: ACCESS_TOKEN },
      /^fake's access tokens cannot be proven to be for this app; use the browser flow\.$/,
    ],
    [
      '5.05 has an access token of Naver',
      { subject_issuer: 'naver', subject_token_type: ACCESS_TOKEN },
      /^NAVER's access tokens cannot be proven to be for this app; use the browser flow\.$/,
    ],
    [
      'has an ID token of Naver',
      { subject_issuer: 'naver' },
      /^NAVER has no ID tokens for apps; use the browser flow\.$/,
    ],
    ['has an ID token of GitHub', { subject_issuer: 'github' }, /^GitHub has no ID tokens/],
  ])('%s is an invalid_request, and nobody is called', async (_what, parameters, says) => {
    const token = await idToken()
    const rows = await countRows(latchkey)
    const answer = await exchange(latchkey, token, parameters)
    expectOAuthError(answer, 400, 'invalid_request')
    expect(answer.json().error_description).toMatch(says)
    expect(provider.calls).toEqual([])
    expect(await countRows(latchkey)).toEqual(rows)
    expectSignedIn(await exchange(latchkey, token))
  })

  test('gives a parameter twice is refused', async () => {
    const token = await idToken()
    const form = new URLSearchParams({
      grant_type: TOKEN_EXCHANGE,
      subject_token: token,
      subject_token_type: ID_TOKEN,
      subject_issuer: 'fake',
      client_id: 'latchkey',
    })
    for (const name of ['subject_token', 'subject_issuer', 'subject_token_type']) {
      const twice = `${form}&${name}=${encodeURIComponent(form.get(name) ?? '')}`
      expectOAuthError(await post(`${latchkey.url}/token`, twice), 400, 'invalid_request')
    }
    expectSignedIn(await post(`${latchkey.url}/token`, String(form)))
  })

  test('5.05 says who it is without a token of the provider is refused', async () => {
    const bare = { id: provider.subject, email: 'person.one@example.com', sub: provider.subject }
    const answer = await exchange(latchkey, '', { subject_token: null, ...bare })
    expectOAuthError(answer, 400, 'invalid_request')
    // The words of a token count, never those beside it.
    const told = await exchange(latchkey, await idToken({ sub: 'person-told', email: null }), bare)
    expect(await personOf(latchkey, told)).toMatchObject({
      identities: [{ subject: 'person-told' }],
    })
  })

  test('has a refresh token or an access token of ours in place of the provider’s is refused', async () => {
    const { access_token, refresh_token } = readTokens(await exchange(latchkey, await idToken()))
    const malformed = { log: { code: 'invalid_code', step: 'id_token' } }
    await expectTokenRefused(latchkey, malformed, refresh_token)
    await expectTokenRefused(latchkey, malformed, access_token)
    expectSignedIn(await exchange(latchkey, await idToken()))
  })
})
