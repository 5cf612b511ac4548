import { randomBytes } from 'node:crypto'
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Answer } from '../http.ts'
import { appToken } from '../login/app-token.ts'
import { oauthError } from '../login/faults.ts'
import type { Stage } from '../stage.ts'

const channelTokenSeconds = 900

/** An ID token as web logins get it: HS256, its key the channel secret. */
export function webIdToken(claims: JWTPayload, secret: string, forged: boolean): Promise<string> {
  const key = forged ? randomBytes(32) : Buffer.from(secret)
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'HS256' }).sign(key)
}

/** The answer of the verify endpoint to an ID token of either kind. */
export async function verifiedIdToken(
  stage: Stage,
  secret: string,
  form: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { id_token = '', client_id = '', nonce, user_id } = form
  const invalid = (text: string) => oauthError(400, 'invalid_request', text)
  const checks = { issuer: stage.url, audience: client_id }
  try {
    const { payload } = await jwtVerify(id_token, Buffer.from(secret), {
      ...checks,
      algorithms: ['HS256'],
    }).catch(async (error) => {
      if (!(error instanceof errors.JOSEAlgNotAllowed)) throw error
      const keys = createLocalJWKSet(await stage.signer.jwks())
      return jwtVerify(id_token, keys, { ...checks, algorithms: ['ES256'] })
    })
    if (nonce !== undefined && nonce !== payload.nonce) return invalid('Invalid IdToken Nonce.')
    if (user_id !== undefined && user_id !== payload.sub) {
      return invalid('Invalid IdToken Subject Identifier.')
    }
    return { status: 200, body: payload }
  } catch (error) {
    return invalid(complaintOf(error))
  }
}

function complaintOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'IdToken expired.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'Invalid IdToken Issuer.'
    if (error.claim === 'aud') return 'Invalid IdToken Audience.'
  }
  return 'Invalid IdToken.'
}

/** A stateless channel access token, with which the app itself calls. */
export function channelToken(secret: string): Record<string, unknown> {
  const access_token = appToken(secret, channelTokenSeconds)
  return { token_type: 'Bearer', access_token, expires_in: channelTokenSeconds }
}
