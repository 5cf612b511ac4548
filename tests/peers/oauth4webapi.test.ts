import { generateKeyPair, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { beforeAll, describe, expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
import { Browser } from '../helpers/browser.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { rejectionOf, walkToApp } from '../helpers/walk.ts'

const SECRET = 'a secret: 100% + /?&=~"ok"'
const WEB = { id: 'web', redirectUri: 'https://web.example.com/callback' }
const APP = { id: 'app', redirectUri: 'com.example.app:/callback' }
const insecure = { [oauth.allowInsecureRequests]: true }

const CLIENTS = {
  EMULATE: 'google',
  CLIENTS: 'web,app',
  CLIENT_WEB_SECRET: SECRET,
  CLIENT_WEB_REDIRECT_URIS: WEB.redirectUri,
  CLIENT_APP_REDIRECT_URIS: APP.redirectUri,
}

/** A client that makes each request and reads each answer by itself. */
interface Party {
  as: oauth.AuthorizationServer
  client: oauth.Client
  authentication: oauth.ClientAuth
  redirectUri: string
}

async function findServer(url: string, algorithm: 'oauth2' | 'oidc') {
  const issuer = new URL(url)
  const response = await oauth.discoveryRequest(issuer, { algorithm, ...insecure })
  return oauth.processDiscoveryResponse(issuer, response)
}

/** Goes to the provider and back; nothing of the answer is checked yet. */
async function authorize({ as, client, redirectUri }: Party, more: Record<string, string> = {}) {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const url = new URL(as.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    provider: 'google',
    login_hint: 'minji',
    ...more,
  }).toString()
  return { answer: await walkToApp(new Browser(), url, redirectUri), verifier, state, nonce }
}

type Started = Awaited<ReturnType<typeof authorize>>

/** The answer of the token endpoint, not read yet. */
function swap(
  { as, client, authentication, redirectUri }: Party,
  { answer, state, verifier }: Started,
) {
  const parameters = oauth.validateAuthResponse(as, client, answer, state)
  return oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    parameters,
    redirectUri,
    verifier,
    insecure,
  )
}

/** Reads the answer, the ID token in it with its signature. */
async function readTokens(
  { as, client }: Party,
  response: Response,
  nonce: string | typeof oauth.expectNoNonce,
) {
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  // The library leaves the signature out where TLS stands for it; here it is asked for.
  await oauth.validateApplicationLevelSignature(as, response, insecure)
  return tokens
}

async function signIn(party: Party, more: Record<string, string> = {}) {
  const started = await authorize(party, more)
  const tokens = await readTokens(party, await swap(party, started), started.nonce)
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  if (claims === undefined) throw new Error('there is no ID token')
  return { started, tokens, claims, refreshToken: tokens.refresh_token ?? '' }
}

async function readUser({ as, client }: Party, token: string, sub: string) {
  const response = await oauth.userInfoRequest(as, client, token, insecure)
  return oauth.processUserInfoResponse(as, client, sub, response)
}

async function refresh({ as, client, authentication }: Party, token: string) {
  const response = await oauth.refreshTokenGrantRequest(as, client, authentication, token, insecure)
  const tokens = await oauth.processRefreshTokenResponse(as, client, response)
  await oauth.validateApplicationLevelSignature(as, response, insecure)
  return tokens
}

async function introspect({ as, client, authentication }: Party, token: string) {
  const response = await oauth.introspectionRequest(as, client, authentication, token, insecure)
  return oauth.processIntrospectionResponse(as, client, response)
}

async function revoke({ as, client, authentication }: Party, token: string) {
  const response = await oauth.revocationRequest(as, client, authentication, token, insecure)
  return oauth.processRevocationResponse(response)
}

/** An API behind which `token` comes in. */
function callApi(as: oauth.AuthorizationServer, token: string, audience = as.issuer) {
  const request = new Request('https://api.example.com/orders', {
    headers: { authorization: `Bearer ${token}` },
  })
  return oauth.validateJwtAccessToken(as, request, audience, insecure)
}

const asWeb = (as: oauth.AuthorizationServer): Party => ({
  as,
  client: { client_id: WEB.id },
  authentication: oauth.ClientSecretBasic(SECRET),
  redirectUri: WEB.redirectUri,
})
const asApp = (as: oauth.AuthorizationServer): Party => ({
  as,
  client: { client_id: APP.id },
  authentication: oauth.None(),
  redirectUri: APP.redirectUri,
})

describe.each(['ES256', 'RS256', 'EdDSA'])('oauth4webapi against tokens of %s', (alg) => {
  const latchkey = useLatchkey({ ...CLIENTS, SIGNING_ALG: alg })
  let as: oauth.AuthorizationServer
  beforeAll(async () => {
    as = await findServer(latchkey.url, 'oauth2')
  })

  test('the metadata of RFC 8414 and of OpenID Connect are the same', async () => {
    expect(as).toEqual(await findServer(latchkey.url, 'oidc'))
    expect(as).toMatchObject({
      issuer: latchkey.url,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['RS256'],
    })
  })

  test.each([
    ['web', asWeb],
    ['native', asApp],
  ])('a %s client signs in, reads the user, refreshes and revokes', async (_kind, as_) => {
    const party = as_(as)
    const { tokens, claims, refreshToken, started } = await signIn(party)
    expect(claims).toMatchObject({ aud: party.client.client_id, nonce: started.nonce })
    const user = await readUser(party, tokens.access_token, claims.sub)
    expect(user).toMatchObject({ sub: claims.sub, email: claims.email, email_verified: true })
    const next = await refresh(party, refreshToken)
    expect(oauth.getValidatedIdTokenClaims(next)?.sub).toBe(claims.sub)
    await readUser(party, next.access_token, claims.sub)
    await revoke(party, next.refresh_token ?? '')
    const over = await rejectionOf(readUser(party, next.access_token, claims.sub))
    expect(over).toMatchObject({ status: 401 })
  })

  test('an API takes the access token by RFC 9068, and no other token', async () => {
    const party = asWeb(as)
    const { tokens, claims } = await signIn(party)
    const accepted = await callApi(as, tokens.access_token)
    expect(accepted).toMatchObject({
      iss: latchkey.url,
      aud: latchkey.url,
      sub: claims.sub,
      client_id: 'web',
      scope: 'openid profile email',
    })
    const idToken = await rejectionOf(callApi(as, tokens.id_token ?? ''))
    expect(idToken).toMatchObject({ message: 'unexpected JWT "typ" header parameter value' })
    const elsewhere = await rejectionOf(callApi(as, tokens.access_token, 'https://other.example'))
    expect(elsewhere).toMatchObject({
      code: oauth.JWT_CLAIM_COMPARISON,
      cause: { claim: 'aud' },
    })
    const { privateKey } = await generateKeyPair(alg)
    const [head = ''] = tokens.access_token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const forged = await new SignJWT({ ...accepted, sub: 'somebody-else' })
      .setProtectedHeader(header)
      .sign(privateKey)
    expect(await rejectionOf(callApi(as, forged))).toMatchObject({
      message: 'JWT signature verification failed',
    })
  })
})

describe('oauth4webapi reads each error', () => {
  const latchkey = useLatchkey(CLIENTS)
  let web: Party
  let app: Party
  beforeAll(async () => {
    const as = await findServer(latchkey.url, 'oauth2')
    web = asWeb(as)
    app = asApp(as)
  })

  test('of a person who declines', async () => {
    const { answer, state } = await authorize(app, { login_hint: '!denied' })
    const { as, client } = app
    expect(() => oauth.validateAuthResponse(as, client, answer, state)).toThrowError(
      expect.objectContaining({
        code: oauth.AUTHORIZATION_RESPONSE_ERROR,
        error: 'access_denied',
      }),
    )
  })

  test('of a provider that fails', async () => {
    const { answer, state } = await authorize(app, { login_hint: '!server-error' })
    const { as, client } = app
    expect(() => oauth.validateAuthResponse(as, client, answer, state)).toThrowError(
      expect.objectContaining({
        code: oauth.AUTHORIZATION_RESPONSE_ERROR,
        error: 'server_error',
      }),
    )
  })

  test('of an answer without iss, of another iss, of another state', async () => {
    const { as, client } = app
    const { answer, state } = await authorize(app)
    const validate = (change: (parameters: URLSearchParams) => void, expected = state) => {
      const url = new URL(answer)
      change(url.searchParams)
      return oauth.validateAuthResponse(as, client, url, expected)
    }
    expect(() => validate((all) => all.delete('iss'))).toThrow(
      'response parameter "iss" (issuer) missing',
    )
    expect(() => validate((all) => all.set('iss', `${as.issuer}/`))).toThrow(
      'unexpected "iss" (issuer) response parameter value',
    )
    expect(() => validate(() => {}, oauth.generateRandomState())).toThrow(
      'unexpected "state" response parameter value',
    )
    expect(validate(() => {}).get('code')).toBe(answer.searchParams.get('code'))
  })

  test('of a wrong verifier', async () => {
    const started = await authorize(app)
    const wrong = { ...started, verifier: oauth.generateRandomCodeVerifier() }
    const error = await rejectionOf(readTokens(app, await swap(app, wrong), started.nonce))
    expect(error).toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      error: 'invalid_grant',
      status: 400,
    })
    await signIn(app)
  })

  test('of a verifier that is no verifier', async () => {
    const started = await authorize(app)
    const short = await swap(app, { ...started, verifier: 'short' })
    expect(await rejectionOf(readTokens(app, short, started.nonce))).toMatchObject({
      error: 'invalid_request',
      error_description: 'The code_verifier must be 43 to 128 unreserved characters.',
    })
    // Nothing was asked of the code yet.
    await readTokens(app, await swap(app, started), started.nonce)
  })

  test('of a code that is used again a minute later, which changes nothing', async () => {
    const { started, tokens, claims, refreshToken } = await signIn(app)
    await age(latchkey, '61 seconds')
    await readUser(app, tokens.access_token, claims.sub)
    const error = await rejectionOf(readTokens(app, await swap(app, started), started.nonce))
    expect(error).toMatchObject({ error: 'invalid_grant', status: 400 })
    await readUser(app, tokens.access_token, claims.sub)
    await refresh(app, refreshToken)
  })

  test('of a code of another client', async () => {
    const started = await authorize(app)
    const { as, client } = app
    const parameters = oauth.validateAuthResponse(as, client, started.answer, started.state)
    const swapAs = (party: Party) =>
      oauth.authorizationCodeGrantRequest(
        as,
        party.client,
        party.authentication,
        parameters,
        app.redirectUri,
        started.verifier,
        insecure,
      )
    const error = await rejectionOf(readTokens(web, await swapAs(web), started.nonce))
    expect(error).toMatchObject({ error: 'invalid_grant', status: 400 })
    await signIn(app)
  })

  test('of a refresh token of another client, and it stays good for its own', async () => {
    const { refreshToken } = await signIn(app)
    expect(await rejectionOf(refresh(web, refreshToken))).toMatchObject({
      error: 'invalid_grant',
      status: 400,
    })
    await refresh(app, refreshToken)
  })

  test('of a refresh token that is reused after its successor was', async () => {
    const { refreshToken, claims } = await signIn(app)
    const second = await refresh(app, refreshToken)
    const third = await refresh(app, second.refresh_token ?? '')
    await readUser(app, third.access_token, claims.sub)
    await age(latchkey, '11 seconds')
    expect(await rejectionOf(refresh(app, refreshToken))).toMatchObject({
      error: 'invalid_grant',
      status: 400,
    })
    const read = await rejectionOf(readUser(app, third.access_token, claims.sub))
    expect(read).toMatchObject({ status: 401 })
  })

  test('of a client that does not authenticate', async () => {
    const { started, tokens } = await signIn(web)
    const byPost = { ...web, authentication: oauth.ClientSecretPost('not the secret at all') }
    expect(await rejectionOf(introspect(byPost, tokens.access_token))).toMatchObject({
      code: oauth.RESPONSE_BODY_ERROR,
      error: 'invalid_client',
      status: 401,
    })
    const byBasic = { ...web, authentication: oauth.ClientSecretBasic('not the secret at all') }
    expect(await rejectionOf(introspect(byBasic, tokens.access_token))).toMatchObject({
      code: oauth.WWW_AUTHENTICATE_CHALLENGE,
      status: 401,
      cause: [{ scheme: 'basic', parameters: { realm: 'latchkey' } }],
    })
    const byName = { ...web, authentication: oauth.None() }
    const swapped = await swap(byName, { ...started })
    expect(await rejectionOf(readTokens(byName, swapped, started.nonce))).toMatchObject({
      error: 'invalid_client',
      status: 401,
    })
    expect(await introspect(web, tokens.access_token)).toMatchObject({ active: true })
  })

  test('of /me, by its challenge', async () => {
    const { tokens, claims } = await signIn(app)
    const [head, body] = tokens.access_token.split('.')
    for (const token of ['not-a-token', `${head}.${body}.AAAA`, tokens.id_token ?? '']) {
      expect(await rejectionOf(readUser(app, token, claims.sub))).toMatchObject({
        code: oauth.WWW_AUTHENTICATE_CHALLENGE,
        status: 401,
        cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }],
      })
    }
    await readUser(app, tokens.access_token, claims.sub)
  })

  test('of a grant type that is not for this client', async () => {
    const { as, client, authentication } = web
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      authentication,
      new URLSearchParams(),
      insecure,
    )
    const read = oauth.processClientCredentialsResponse(as, client, response)
    expect(await rejectionOf(read)).toMatchObject({
      error: 'unauthorized_client',
      status: 400,
    })
  })

  test('introspection tells of a session until it is revoked', async () => {
    const { tokens, claims, refreshToken } = await signIn(web)
    const [access, opaque] = [tokens.access_token, refreshToken]
    expect(await introspect(web, access)).toMatchObject({ active: true, sub: claims.sub })
    expect(await introspect(web, opaque)).toMatchObject({ active: true, sub: claims.sub })
    // A stranger's revocation changes nothing (RFC 7009, section 2.1).
    await revoke(app, opaque)
    expect(await introspect(web, opaque)).toMatchObject({ active: true })
    await revoke(web, access)
    expect(await introspect(web, access)).toEqual({ active: false })
    expect(await introspect(web, opaque)).toEqual({ active: false })
  })
})
