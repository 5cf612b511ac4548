import { createHash } from 'node:crypto'
import { compactVerify, createLocalJWKSet, decodeJwt, type JWTPayload } from 'jose'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import type { Grant } from './codes.ts'

/** The discovery fields that OpenID providers share; each adds its own endpoints. */
export function discovery(played: PlayedProvider, stage: Stage): Record<string, unknown> {
  const methods = played.clientAuth.map((way) => `client_secret_${way}`)
  return {
    issuer: stage.url,
    authorization_endpoint: stage.url + played.authorizePath,
    token_endpoint: stage.url + played.tokenPath,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [played.signingAlg ?? 'RS256'],
    token_endpoint_auth_methods_supported: methods,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
  }
}

/** An ID token of `idTokenClaims`, signed with the provider's published key. */
export function idToken(
  played: PlayedProvider,
  stage: Stage,
  grant: Grant,
  lifeSeconds: number,
  claims: JWTPayload,
): Promise<string> {
  const all = idTokenClaims(played, stage, grant, lifeSeconds, claims)
  return stage.signer.sign(all, grant.failure === '!forged-id-token')
}

/** These claims over the common ones: `iss`, `aud`, `iat`, `exp`, and `nonce` if it was sent. */
export function idTokenClaims(
  played: PlayedProvider,
  stage: Stage,
  grant: Grant,
  lifeSeconds: number,
  claims: JWTPayload,
): JWTPayload {
  const iat = Math.floor(Date.now() / 1000)
  const { nonce } = grant.request
  const common = { iss: stage.url, aud: played.client.id, iat, exp: iat + lifeSeconds }
  return { ...common, ...claims, ...(nonce === undefined ? {} : { nonce }) }
}

/** True for an ID token that this provider signed for the app, expired or not. */
export async function isIdTokenOf(
  played: PlayedProvider,
  stage: Stage,
  token: string,
): Promise<boolean> {
  try {
    await compactVerify(token, createLocalJWKSet(await stage.signer.jwks()))
    return decodeJwt(token).aud === played.client.id
  } catch {
    return false
  }
}

/** `at_hash` of an access token under a SHA-256 algorithm (OpenID Connect Core 3.1.3.6). */
export function atHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}
