import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { auth, requiresAuth } from 'express-openid-connect'
import { generators, Issuer } from 'openid-client-5'
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { rejectionOf, walkToApp } from '../helpers/walk.ts'

const SECRET = 'se+cret/of the=server%client:1'
const BACKEND = { id: 'backend', secret: 'the secret of the backend' }

let app: Server
let appUrl: string
let latchkey: Latchkey

beforeAll(async () => {
  app = createServer()
  await new Promise<void>((resolve) => app.listen(0, 'localhost', resolve))
  appUrl = `http://localhost:${(app.address() as AddressInfo).port}`
  latchkey = await startLatchkey({
    EMULATE: 'google',
    CLIENTS: 'server,backend',
    CLIENT_SERVER_SECRET: SECRET,
    CLIENT_SERVER_REDIRECT_URIS: `${appUrl}/callback`,
    CLIENT_SERVER_POST_LOGOUT_REDIRECT_URIS: appUrl,
    CLIENT_BACKEND_SECRET: BACKEND.secret,
    CLIENT_BACKEND_ADMIN: 'on',
  })
})
afterAll(async () => {
  await latchkey.close()
  await new Promise((resolve) => app.close(resolve))
})

/** At the emulated Google, as this person. */
const asPerson = (url: string | URL) => {
  const login = new URL(url)
  login.searchParams.set('provider', 'google')
  login.searchParams.set('login_hint', 'minji')
  return login
}

describe('express-openid-connect, as its own README has it', () => {
  beforeAll(() => {
    const server = express()
    server.use(
      auth({
        ...{ issuerBaseURL: latchkey.url, baseURL: appUrl, authRequired: false, idpLogout: true },
        ...{ clientID: 'server', clientSecret: SECRET },
        secret: 'a secret of the session cookie with more than 32 characters',
        authorizationParams: { response_type: 'code', scope: 'openid profile email' },
      }),
    )
    server.get('/profile', requiresAuth(), (request, response) => {
      response.json(request.oidc.user)
    })
    server.get('/user', requiresAuth(), async (request, response) => {
      response.json(await request.oidc.fetchUserInfo())
    })
    server.get('/refresh', requiresAuth(), async (request, response) => {
      const { expires_in } = (await request.oidc.accessToken?.refresh()) ?? {}
      response.json({ expires_in })
    })
    app.on('request', server)
  })

  test('signs in, reads the user, refreshes and signs out, with no setting of Latchkey', async () => {
    const browser = new Browser()
    const start = await browser.send(`${appUrl}/login`)
    const callback = await walkToApp(browser, asPerson(start.location ?? ''), `${appUrl}/callback`)
    const signedIn = await browser.send(callback)
    expect([signedIn.status, signedIn.location?.href]).toEqual([302, `${appUrl}/`])
    const profile = (await browser.send(`${appUrl}/profile`)).json()
    expect(profile).toMatchObject({ email: expect.stringContaining('@'), email_verified: true })
    const user = (await browser.send(`${appUrl}/user`)).json()
    expect(user).toMatchObject({ sub: profile.sub, name: profile.name })
    expect((await browser.send(`${appUrl}/refresh`)).json().expires_in).toBeGreaterThan(0)
    const away = await browser.send(`${appUrl}/logout`)
    expect(away.location?.href.startsWith(`${latchkey.url}/logout?`)).toBe(true)
    const back = await browser.send(away.location ?? '')
    expect([back.status, back.location?.href]).toEqual([303, `${appUrl}/`])
    expect((await browser.send(`${appUrl}/profile`)).status).toBe(302)
  })
})

test('openid-client 5, which next-auth 4 signs in by, takes the ID token as it is by default', async () => {
  const issuer = await Issuer.discover(latchkey.url)
  const redirect_uri = `${appUrl}/callback`
  // As next-auth 4 makes it: no algorithm, no way of authentication, one redirect URI.
  const client = new issuer.Client({
    ...{ client_id: 'server', client_secret: SECRET, redirect_uris: [redirect_uri] },
  })
  const [code_verifier, state, nonce] = [generators.codeVerifier(), 'a state', 'a nonce']
  const start = client.authorizationUrl({
    ...{ scope: 'openid email profile', state, nonce, code_challenge_method: 'S256' },
    code_challenge: generators.codeChallenge(code_verifier),
  })
  const callback = await walkToApp(new Browser(), asPerson(start), redirect_uri)
  const parameters = client.callbackParams(callback.href)
  const tokens = await client.callback(redirect_uri, parameters, { code_verifier, state, nonce })
  const { sub, email } = tokens.claims()
  expect(await client.userinfo(tokens)).toMatchObject({ sub, email })
  const next = await client.refresh(tokens)
  expect(next.claims().sub).toBe(sub)
  const hint = { id_token_hint: next, post_logout_redirect_uri: appUrl }
  const away = await new Browser().send(client.endSessionUrl(hint))
  expect([away.status, away.location?.href]).toEqual([303, `${appUrl}/`])
  const over = await rejectionOf(client.refresh(next))
  expect(over).toMatchObject({ error: 'invalid_grant' })
})

describe('simple-oauth2', () => {
  const addresses = () => ({
    ...{ tokenHost: latchkey.url, tokenPath: '/token' },
    ...{ authorizePath: '/login', revokePath: '/revoke' },
  })

  test.each(['header', 'body'] as const)(
    'gets, refreshes and revokes tokens, its secret in the %s',
    async (method) => {
      const client = new AuthorizationCode({
        client: { id: 'server', secret: SECRET },
        auth: addresses(),
        options: { authorizationMethod: method },
      })
      const redirect_uri = `${appUrl}/callback`
      const start = client.authorizeURL({ redirect_uri, scope: 'openid email', state: 'a state' })
      const callback = await walkToApp(new Browser(), asPerson(start), redirect_uri)
      const code = callback.searchParams.get('code') ?? ''
      const tokens = await client.getToken({ code, redirect_uri })
      expect(tokens.token).toMatchObject({ token_type: 'Bearer', scope: 'openid email' })
      expect(tokens.expired()).toBe(false)
      const next = await tokens.refresh()
      expect(next.token.refresh_token).not.toBe(tokens.token.refresh_token)
      await next.revokeAll()
      const over = await rejectionOf(next.refresh())
      expect(over).toMatchObject({ data: { payload: { error: 'invalid_grant' } } })
    },
  )

  test('gets a token for a client itself', async () => {
    const client = new ClientCredentials({
      client: BACKEND,
      auth: { tokenHost: latchkey.url, tokenPath: '/token' },
    })
    const { token } = await client.getToken({ scope: 'admin' })
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'admin', expires_in: 300 })
  })
})
