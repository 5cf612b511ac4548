import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as client from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
import { Browser } from '../helpers/browser.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { expectRefusedHere, linkOf, rejectionOf, walkToApp } from '../helpers/walk.ts'

const WEB = 'https://web.example.com/callback'
// With characters that HTTP Basic and forms each encode in a way of their own.
const SECRET = 'a secret: 100% + /?&=~"ok"'

const latchkey = useLatchkey({
  EMULATE: 'google,kakao',
  CLIENTS: 'web,app',
  CLIENT_WEB_SECRET: SECRET,
  CLIENT_WEB_REDIRECT_URIS: WEB,
  CLIENT_WEB_POST_LOGOUT_REDIRECT_URIS: 'https://web.example.com/bye',
  CLIENT_APP_REDIRECT_URIS: 'com.example.app:/callback,http://127.0.0.1/callback',
})

/** The library finds everything else out itself. */
function discover(id: string, authentication: client.ClientAuth): Promise<client.Configuration> {
  return client.discovery(new URL(latchkey.url), id, undefined, authentication, {
    // The second: the ID token's signature is checked too, where TLS would be allowed to stand for it.
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  })
}

const asWebClient = () => discover('web', client.ClientSecretBasic(SECRET))

/** What a client keeps between the authorization request and its answer. */
async function prepare(config: client.Configuration, redirectUri: string, more = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email account',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    provider: 'google',
    login_hint: 'minji',
    ...more,
  })
  return {
    url,
    checks: {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    },
  }
}

/** A whole sign-in. */
async function signIn(config: client.Configuration, redirectUri = WEB, more = {}) {
  const { url, checks } = await prepare(config, redirectUri, more)
  const answer = await walkToApp(new Browser(), url, redirectUri)
  const tokens = await client.authorizationCodeGrant(config, answer, checks)
  const sub = tokens.claims()?.sub ?? ''
  return { answer, checks, tokens, sub, refreshToken: tokens.refresh_token ?? '' }
}

describe('openid-client as a web client', () => {
  let config: client.Configuration
  beforeAll(async () => {
    config = await asWebClient()
  })

  test('authenticates by client_secret_post, too', async () => {
    const { tokens } = await signIn(await discover('web', client.ClientSecretPost(SECRET)))
    expect(tokens.claims()).toMatchObject({ aud: 'web' })
  })

  test('finds the server by discovery', () => {
    expect(config.serverMetadata()).toMatchObject({
      issuer: latchkey.url,
      authorization_endpoint: `${latchkey.url}/login`,
      userinfo_endpoint: `${latchkey.url}/me`,
      end_session_endpoint: `${latchkey.url}/logout`,
    })
    expect(config.serverMetadata().supportsPKCE()).toBe(true)
  })

  test('signs in with PKCE, state, nonce and iss, and verifies the ID token', async () => {
    const { answer, checks, tokens } = await signIn(config)
    expect([...answer.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
    expect(tokens).toMatchObject({ scope: 'openid profile email account' })
    expect(tokens.expiresIn()).toBeGreaterThan(0)
    expect(tokens.claims()).toMatchObject({
      iss: latchkey.url,
      aud: 'web',
      nonce: checks.expectedNonce,
      name: expect.any(String),
      email: expect.stringContaining('@'),
      email_verified: true,
    })
  })

  test('reads the user, whose sub is the one of the ID token', async () => {
    const { tokens, sub } = await signIn(config)
    const claims = tokens.claims()
    const user = await client.fetchUserInfo(config, tokens.access_token, sub)
    expect(user).toMatchObject({ sub, name: claims?.name, email: claims?.email })
    const other = await signIn(config, WEB, { login_hint: 'alex' })
    expect(other.sub).not.toBe(sub)
    const error = await rejectionOf(client.fetchUserInfo(config, tokens.access_token, other.sub))
    expect(error).toMatchObject({ code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' })
  })

  test('refreshes, again and again, with an ID token of the same person each time', async () => {
    const { tokens, sub, refreshToken } = await signIn(config)
    const seen = new Set([refreshToken])
    let current = refreshToken
    for (let count = 0; count < 3; count++) {
      const next = await client.refreshTokenGrant(config, current)
      expect(next.claims()).toMatchObject({ sub, aud: 'web', iss: latchkey.url })
      expect(next.claims()?.auth_time).toBe(tokens.claims()?.auth_time)
      await client.fetchUserInfo(config, next.access_token, sub)
      current = next.refresh_token ?? ''
      seen.add(current)
    }
    expect(seen.size).toBe(4)
  })

  test('introspects both tokens', async () => {
    const { tokens, sub, refreshToken } = await signIn(config)
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub,
      client_id: 'web',
      token_type: 'Bearer',
      iss: latchkey.url,
      aud: latchkey.url,
    })
    const hint = { token_type_hint: 'refresh_token' }
    expect(await client.tokenIntrospection(config, refreshToken, hint)).toMatchObject({
      active: true,
      sub,
    })
    expect(await client.tokenIntrospection(config, 'of-nobody')).toEqual({ active: false })
  })

  test('revokes, and the session is over for every token of it', async () => {
    const { tokens, sub, refreshToken } = await signIn(config)
    const other = await signIn(config)
    await client.tokenRevocation(config, refreshToken)
    for (const token of [tokens.access_token, refreshToken]) {
      expect(await client.tokenIntrospection(config, token)).toEqual({ active: false })
    }
    const refreshed = await rejectionOf(client.refreshTokenGrant(config, refreshToken))
    expect(refreshed).toMatchObject({ error: 'invalid_grant', status: 400 })
    const read = await rejectionOf(client.fetchUserInfo(config, tokens.access_token, sub))
    expect(read).toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }],
    })
    // The other session of the same person goes on, and a token of nobody is no error.
    await client.fetchUserInfo(config, other.tokens.access_token, sub)
    await client.tokenRevocation(config, 'of-nobody')
  })

  test('signs out by the logout URL, and comes back with its state', async () => {
    const { tokens, sub } = await signIn(config)
    const parameters = {
      post_logout_redirect_uri: 'https://web.example.com/bye',
      id_token_hint: tokens.id_token ?? '',
      state: 'a state & more',
    }
    const stays = await new Browser().send(
      client.buildEndSessionUrl(config, {
        ...parameters,
        post_logout_redirect_uri: 'https://web.example.com/bye/else',
      }),
    )
    expect(stays).toMatchObject({ status: 400, location: null })
    await client.fetchUserInfo(config, tokens.access_token, sub)

    const gone = await new Browser().send(client.buildEndSessionUrl(config, parameters))
    expect(gone.status).toBe(303)
    expect(gone.location?.origin).toBe('https://web.example.com')
    expect(gone.location?.pathname).toBe('/bye')
    expect([...(gone.location?.searchParams ?? [])]).toEqual([['state', 'a state & more']])
    const read = await rejectionOf(client.fetchUserInfo(config, tokens.access_token, sub))
    expect(read).toMatchObject({ status: 401 })
  })
})

describe('openid-client before the sign-in page', () => {
  test('the person chooses the provider on the sign-in page', async () => {
    const config = await asWebClient()
    const { url, checks } = await prepare(config, WEB, { login_hint: 'sora' })
    url.searchParams.delete('provider')
    const browser = new Browser()
    const page = await browser.send(url)
    expect(page.status).toBe(200)
    const answer = await walkToApp(browser, linkOf(page, url, 'Kakao'), WEB)
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    const sub = tokens.claims()?.sub ?? ''
    const user = await client.fetchUserInfo(config, tokens.access_token, sub)
    expect(user.identities).toMatchObject([{ provider: 'kakao' }])
    expect(tokens.claims()).not.toHaveProperty('email')
  })
})

describe('openid-client is told of each fault', () => {
  test('a person who declines', async () => {
    const config = await asWebClient()
    const { url, checks } = await prepare(config, WEB, { login_hint: '!denied' })
    const answer = await walkToApp(new Browser(), url, WEB)
    const error = await rejectionOf(client.authorizationCodeGrant(config, answer, checks))
    expect(error).toMatchObject({
      code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
      error: 'access_denied',
      error_description: 'The sign-in was declined.',
    })
  })

  test.each([
    ['state', 'unexpected "state" response parameter value'],
    ['iss', 'unexpected "iss" (issuer) response parameter value'],
  ])('an answer with another %s', async (name, message) => {
    const config = await asWebClient()
    const { url, checks } = await prepare(config, WEB)
    const answer = await walkToApp(new Browser(), url, WEB)
    const changed = new URL(answer)
    changed.searchParams.set(name, 'https://another.example.com')
    const error = await rejectionOf(client.authorizationCodeGrant(config, changed, checks))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', cause: { message } })
    await client.authorizationCodeGrant(config, answer, checks)
  })

  test('an ID token with another nonce', async () => {
    const config = await asWebClient()
    const { url, checks } = await prepare(config, WEB)
    const answer = await walkToApp(new Browser(), url, WEB)
    const changed = { ...checks, expectedNonce: client.randomNonce() }
    const error = await rejectionOf(client.authorizationCodeGrant(config, answer, changed))
    expect(error).toMatchObject({
      code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      cause: { cause: { claim: 'nonce', expected: changed.expectedNonce } },
    })
    await signIn(config)
  })

  test('a verifier that is not the one of the challenge', async () => {
    const config = await asWebClient()
    const { url, checks } = await prepare(config, WEB)
    const answer = await walkToApp(new Browser(), url, WEB)
    const changed = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() }
    const error = await rejectionOf(client.authorizationCodeGrant(config, answer, changed))
    expect(error).toMatchObject({ error: 'invalid_grant', status: 400 })
    await signIn(config)
  })

  test('a code that is used again: at once the same session, a minute later refused', async () => {
    const config = await asWebClient()
    const { answer, checks, tokens, sub } = await signIn(config)
    const again = await client.authorizationCodeGrant(config, answer, checks)
    expect(again.refresh_token).toBe(tokens.refresh_token)
    await age(latchkey, '61 seconds')
    const error = await rejectionOf(client.authorizationCodeGrant(config, answer, checks))
    expect(error).toMatchObject({ error: 'invalid_grant', status: 400 })
    await client.fetchUserInfo(config, tokens.access_token, sub)
  })

  test.each([
    ['client_secret_basic', client.ClientSecretBasic, { cause: [{ scheme: 'basic' }] }],
    ['client_secret_post', client.ClientSecretPost, { error: 'invalid_client' }],
  ] as const)(
    'a wrong secret by %s, and the code is not spent',
    async (_name, authentication, told) => {
      const config = await asWebClient()
      const { url, checks } = await prepare(config, WEB)
      const answer = await walkToApp(new Browser(), url, WEB)
      const wrong = await discover('web', authentication('another secret of 16'))
      const error = await rejectionOf(client.authorizationCodeGrant(wrong, answer, checks))
      expect(error).toMatchObject({ status: 401, ...told })
      await client.authorizationCodeGrant(config, answer, checks)
    },
  )
})

describe('openid-client as a native client', () => {
  let config: client.Configuration
  beforeAll(async () => {
    config = await discover('app', client.None())
  })

  /** A native app on a desktop: listens on any free port of loopback for one answer. */
  async function signInByLoopback() {
    let received = (_url: URL) => {}
    const asked = new Promise<URL>((resolve) => {
      received = resolve
    })
    const server = createServer((request, response) => {
      received(new URL(request.url ?? '', `http://${request.headers.host}`))
      response.end('You can close this window.')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const redirectUri = `http://127.0.0.1:${port}/callback`
      const { url, checks } = await prepare(config, redirectUri)
      const shown = await new Browser().follow(url)
      expect(shown.text).toBe('You can close this window.')
      const tokens = await client.authorizationCodeGrant(config, await asked, checks)
      return { tokens, port }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  test('signs in by a loopback redirect on whatever port is free', async () => {
    const first = await signInByLoopback()
    const second = await signInByLoopback()
    expect(first.port).not.toBe(second.port)
    for (const { tokens } of [first, second]) {
      const sub = tokens.claims()?.sub ?? ''
      expect(tokens.claims()).toMatchObject({ aud: 'app' })
      await client.fetchUserInfo(config, tokens.access_token, sub)
    }
  })

  test('signs in by its own scheme, refreshes and revokes', async () => {
    const { answer, tokens, sub, refreshToken } = await signIn(config, 'com.example.app:/callback')
    expect(answer.protocol).toBe('com.example.app:')
    const next = await client.refreshTokenGrant(config, refreshToken)
    await client.fetchUserInfo(config, next.access_token, sub)
    await client.tokenRevocation(config, next.refresh_token ?? '')
    for (const { access_token: token } of [tokens, next]) {
      const read = await rejectionOf(client.fetchUserInfo(config, token, sub))
      expect(read).toMatchObject({ status: 401 })
    }
  })

  test('is not answered anywhere else', async () => {
    const refused = 'This redirect_uri is not registered for the client.'
    const browser = new Browser()
    for (const uri of [
      'http://127.0.0.1:50000/other',
      'http://localhost:50000/callback',
      'http://127.0.0.2:50000/callback',
      'https://127.0.0.1:50000/callback',
      'com.example.app:/other',
      'com.example.app2:/callback',
      WEB,
    ]) {
      const { url } = await prepare(config, uri)
      await expectRefusedHere(browser, url, refused)
    }
    for (const uri of ['http://127.0.0.1:50000/callback', 'com.example.app:/callback']) {
      const { url } = await prepare(config, uri)
      expect((await browser.send(url)).status).toBe(302)
    }
  })

  test('must send a challenge, and may not introspect', async () => {
    const { url } = await prepare(config, 'com.example.app:/callback')
    url.searchParams.delete('code_challenge')
    url.searchParams.delete('code_challenge_method')
    const { location } = await new Browser().send(url)
    expect(location?.href).toMatch(/^com\.example\.app:\/callback\?error=invalid_request&/)
    const { tokens } = await signIn(config, 'com.example.app:/callback')
    const error = await rejectionOf(client.tokenIntrospection(config, tokens.access_token))
    expect(error).toMatchObject({ error: 'invalid_client', status: 401 })
    const web = await asWebClient()
    expect(await client.tokenIntrospection(web, tokens.access_token)).toMatchObject({
      active: true,
      client_id: 'app',
    })
  })
})
