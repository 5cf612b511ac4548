import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { type Answer, endpoint, formOf } from '../http.ts'
import { type Code, type Grant, randomToken } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { atHash, discovery, idToken } from '../login/oidc.ts'
import { pickedHere } from '../pages/pick-page.ts'
import { stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { appleEvents } from './events/apple.ts'
import { appleAddress, appleSubject, hidesAddress } from './profiles/apple.ts'

const scopes = ['name', 'email']
const teamId = stableHex(10, 'apple', 'team').toUpperCase()
const keyId = stableHex(10, 'apple', 'key').toUpperCase()
// The app's key: the developer downloads the private half, Apple keeps the public one.
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const bundleId = 'com.example.latchkey'
const longestSecretSeconds = 15_777_000

/** Apple: Sign in with Apple for the web (developer.apple.com signinwithapplerestapi). */
export const apple: PlayedProvider = {
  id: 'apple',
  name: 'Apple',
  client: { id: 'com.example.latchkey.web', secret: '' },
  authorizePath: '/auth/authorize',
  tokenPath: '/auth/token',
  settings: ({ url }) => ({
    ISSUER: url,
    JWKS_URI: `${url}/auth/keys`,
    REVOCATION_ENDPOINT: `${url}/auth/revoke`,
    TEAM_ID: teamId,
    NATIVE_CLIENT_IDS: bundleId,
    KEY_ID: keyId,
    PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }),
  lives: { code: 300, accessToken: 3600, newCode: () => `c${randomToken()}.0.${randomToken()}` },
  clientAuth: ['post'],
  checkSecret,
  idTokens: true,
  withoutProfile: true,
  formPost: true,
  scopes: (requested) => {
    const asked = askedScopes(requested)
    return asked.every((scope) => scopes.includes(scope)) ? asked : null
  },
  emailScopes: ['email'],
  authorizeCheck,
  denied: 'error=user_cancelled_authorize',
  ownHints: { '!old-auth-time': {} },
  callback: (stage, grant) => (grant ? userOnce(stage, grant) : {}),
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: async (stage, grant, issued, refreshed) => ({
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    ...(refreshed ? {} : { refresh_token: issued.refreshToken }),
    id_token: await idToken(apple, stage, grant, 86_400, {
      ...claims(grant),
      at_hash: atHash(issued.accessToken),
      auth_time: grant.authTime,
      nonce_supported: true,
    }),
  }),
  tokenFault,
  native: {
    scope: 'name email',
    claims: (_stage, grant) => ({
      ...claims(grant),
      aud: bundleId,
      auth_time: grant.authTime,
      nonce_supported: true,
      real_user_status: 2,
    }),
  },
  events: appleEvents,
  routes: (app, stage) => {
    endpoint(app, ['GET'], '/.well-known/openid-configuration', () => ({
      status: 200,
      body: {
        ...discovery(apple, stage),
        response_modes_supported: ['query', 'fragment', 'form_post'],
        subject_types_supported: ['pairwise'],
        code_challenge_methods_supported: undefined,
        jwks_uri: `${stage.url}/auth/keys`,
        revocation_endpoint: `${stage.url}/auth/revoke`,
        scopes_supported: ['openid', 'email', 'name'],
      },
    }))
    endpoint(app, ['GET'], '/auth/keys', async () => ({
      status: 200,
      body: await stage.signer.jwks(),
    }))
    endpoint(app, ['POST'], '/auth/revoke', async (request) => {
      const { client_id, client_secret = '', token } = formOf(request) ?? {}
      const known = client_id === apple.client.id && (await checkSecret(stage, client_secret))
      if (!known) return invalidClient
      if (!token) return { status: 400, body: { error: 'invalid_request' } }
      const { findAccessToken, findRefreshToken, unlink } = stage.ledger
      const grant = findAccessToken(token)?.grant ?? findRefreshToken(token)
      // Whatever became of the token, the answer is the same.
      if (grant) unlink(grant.persona)
      return { status: 200, body: '' }
    })
  },
}

/** The secret is a JWT that the app signs with its key. */
async function checkSecret(stage: Stage, secret: string): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await jwtVerify(secret, publicKey, {
      algorithms: ['ES256'],
      issuer: teamId,
      subject: apple.client.id,
      audience: ['https://appleid.apple.com', stage.url],
      requiredClaims: ['iat', 'exp'],
    })
    const now = Math.floor(Date.now() / 1000)
    const { iat = Number.POSITIVE_INFINITY, exp = Number.POSITIVE_INFINITY } = payload
    const inTime = iat <= now + 60 && exp - now <= longestSecretSeconds
    return inTime && protectedHeader.kid === keyId && typeof payload.aud === 'string'
  } catch {
    return false
  }
}

function authorizeCheck(
  asked: Readonly<Record<string, string>>,
  raw: string,
): AuthorizeFault | null {
  // Between scopes there is %20: a plus sign is taken for a part of the name.
  if (!asked[pickedHere] && /(?:^|&)scope=[^&]*\+/.test(raw)) return 'scope'
  const mode = asked.response_mode ?? 'query'
  if (mode === 'form_post') return null
  return mode === 'query' && !asked.scope ? null : 'response_mode'
}

/** Sent at a person's first authorization only, and unsigned. */
function userOnce(stage: Stage, { persona, scopes: given }: Grant): Record<string, string> {
  const first = stage.ledger.meet(persona)
  if (!first || given.length === 0) return {}
  const email = given.includes('email') ? appleAddress(persona) : null
  const name = { firstName: persona.givenName, lastName: persona.familyName }
  const user = { ...(given.includes('name') ? { name } : {}), ...(email === null ? {} : { email }) }
  return { user: JSON.stringify(user) }
}

function claims({ persona, scopes: given }: Grant): Record<string, unknown> {
  const email = given.includes('email') ? appleAddress(persona) : null
  const verification = {
    email,
    // Booleans are text.
    email_verified: String(persona.email === 'verified'),
    ...(hidesAddress(persona) ? { is_private_email: 'true' } : {}),
  }
  return { sub: appleSubject(persona), ...(email === null ? {} : verification) }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  if (fault === 'redirect_uri')
    return { ...words, code: 'invalid_request', text: 'Invalid web redirect url.' }
  return fault === 'response_mode'
    ? { ...words, text: 'response_mode must be form_post when name or email scope is requested.' }
    : words
}

function tokenFault(fault: TokenFault, given: string, code?: Code | null): Answer {
  switch (fault) {
    case 'unknown_client':
    case 'secret':
      return invalidClient
    case 'code':
      return oauthError(
        400,
        'invalid_grant',
        code?.used
          ? 'The code has already been used.'
          : 'The code has expired or has been revoked.',
      )
    default:
      return commonTokenFault(fault, given)
  }
}

const invalidClient: Answer = { status: 400, body: { error: 'invalid_client' } }
