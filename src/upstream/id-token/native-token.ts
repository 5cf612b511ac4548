import { z } from 'zod'
import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import { type Profile, toProfile } from '../../core/identity/profile.ts'
import type { InspectionSource } from '../../core/provider/native.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import type { IdTokenClaims } from '../../core/provider/row-inputs.ts'
import type { SubjectToken } from '../../core/provider/subject-token.ts'
import { hashToken } from '../../core/secrets.ts'
import { withQuery } from '../authorization.ts'
import { basicAuth } from '../exchange/client-auth.ts'
import { endpoint, stepOf } from '../metadata/metadata.ts'
import { fieldsOf } from '../outbound/fields.ts'
import { readJson } from '../outbound/read-answer.ts'
import { readProfile } from '../profile/read-profile.ts'
import { issuersOf, type ProviderCall } from '../provider-call.ts'
import { verifyIdToken } from './id-token.ts'
import { headerOf } from './jws.ts'
import { requireMember } from './membership.ts'

/** A token that this provider's mobile SDK gave to an app. */
export type NativeToken = Omit<SubjectToken, 'provider'>

/** For how long after it was made a native ID token is accepted, in seconds. */
export const NATIVE_MAX_AGE_SECONDS = 3600

/** A native token with all our client ids: that of the browser flow and those of the apps. */
export interface PresentedToken extends NativeToken {
  audiences: readonly string[]
}

/** Reads who a native token is about. Its errors go through `sortOut`. */
export async function readNativeToken(
  call: ProviderCall,
  presented: PresentedToken,
): Promise<{ profile: Profile; claims: IdTokenClaims | null }> {
  return presented.kind === 'id_token'
    ? readIdToken(call, presented)
    : { profile: await readAccessToken(call, presented), claims: null }
}

/** Throws where this provider's SDK gives no such token, or none that proves it was made for us. */
export function requireOffered(row: ProviderRow, kind: NativeToken['kind']): void {
  const reads = kind === 'id_token' ? row.native.readIdToken : row.native.inspectAccessToken
  if (reads === undefined) throw notOffered(row, kind)
}

async function readIdToken(call: ProviderCall, { token, nonce, audiences }: PresentedToken) {
  const { row, metadata, jwks, deadline } = call
  const claims = await verifyIdToken(token, {
    issuers: issuersOf(call),
    audiences,
    allowAskedByOthers: row.native.askedByOthers ?? false,
    // HS256 is left out: mobile apps do not hold the secret that it needs.
    algorithms: metadata.idTokenAlgorithms.filter((alg) => !alg.startsWith('HS')),
    maxAgeSeconds: NATIVE_MAX_AGE_SECONDS,
    nonces: noncesOf(row, nonce),
    nonceOptional: (claims) => nonce === null || row.nonceOptional(claims),
    accessToken: null,
    find: jwks(endpoint(metadata, 'jwks_uri'), deadline),
  })
  if (isOtherJwt(token, claims)) throw refused('id_token', 'other_jwt')
  const read = row.native.readIdToken?.(claims) ?? { subject: '' }
  const profile = toProfile(read)
  if ((read.sub ?? profile.subject) !== claims.sub) throw refused('id_token', 'subject_mismatch')
  requireMember(row, call.values, claims)
  return { profile, claims }
}

/** The nonces that are allowed; null for any. */
function noncesOf({ native }: ProviderRow, nonce: string | null): string[] | null {
  if (nonce === null) return native.addsNonce ? null : []
  return [native.nonce === 'sha256' ? hashToken(nonce).toString('hex') : nonce]
}

/**
 * Whether it is another kind of JWT that this issuer makes: an access token (RFC 9068; Microsoft's
 * have `scp`, Keycloak's the claim `typ`), or an event (RFC 8417; logout tokens, too).
 */
function isOtherJwt(token: string, { scp, events, typ }: IdTokenClaims): boolean {
  const { typ: type = 'JWT' } = headerOf(token)
  return (
    String(type).toUpperCase() !== 'JWT' ||
    scp !== undefined ||
    events !== undefined ||
    (typ !== undefined && typ !== 'ID')
  )
}

/**
 * Asks the provider first for which app and user it made the access token, and only then for the
 * profile.
 */
async function readAccessToken(
  call: ProviderCall,
  { token: accessToken, audiences }: PresentedToken,
): Promise<Profile> {
  const { row, values, registration } = call
  const facts = await row.native.inspectAccessToken?.({
    accessToken,
    client: registration,
    call: inspectionCall(call, accessToken),
  })
  if (!facts?.isValid) throw refused('access_token', 'not_valid')
  const ours = [...audiences, ...(row.native.appIds?.(values) ?? [])].filter((id) => id !== '')
  if (!facts.apps.some((app) => typeof app === 'string' && ours.includes(app))) {
    throw refused('access_token', 'other_app')
  }
  const tokenResponse = {
    accessToken,
    tokenType: 'bearer',
    expiresInSeconds: null,
    scope: null,
    refreshToken: null,
    idToken: null,
  }
  const profile = await readProfile(call, { tokenResponse, claims: null, formUser: null }).catch(
    (error) => {
      throw sortOutProfile(error)
    },
  )
  if (profile.subject !== facts.subject) throw refused('access_token', 'subject_mismatch')
  return profile
}

function inspectionCall(
  { metadata, registration, outbound, deadline }: ProviderCall,
  accessToken: string,
): InspectionSource['call'] {
  const credentials = { bearer: `Bearer ${accessToken}`, basic: basicAuth(registration) }
  return async (name, { params = {}, json, auth, refusedOn }) => {
    const url = withQuery(endpoint(metadata, name), params)
    const step = stepOf(name)
    const headers: Record<string, string> =
      auth === undefined ? {} : { authorization: credentials[auth] }
    const answer =
      json === undefined
        ? await outbound.get(url, step, { deadline, headers })
        : await outbound.post(url, step, { deadline, headers, json })
    if (refusedOn.includes(answer.status)) {
      throw refused('access_token', 'not_known', { status: answer.status })
    }
    return readJson(answer, step)
  }
}

function notOffered({ name }: ProviderRow, kind: NativeToken['kind']): LatchkeyError {
  const why =
    kind === 'id_token'
      ? `${name} has no ID tokens for apps`
      : `${name}’s access tokens cannot be proven to be for this app`
  return new LatchkeyError('invalid_request', `${why}; use the browser flow.`)
}

/**
 * Turns whatever is wrong with a native token into `invalid_code`, with the reason for the log. A
 * provider's unusable answer stays the provider's error.
 */
export function sortOut(error: unknown, kind: NativeToken['kind']): unknown {
  if (error instanceof z.ZodError) {
    // The fields that were wrong, in the token's claims or in what the provider says about it.
    const evidence = { field: fieldsOf(error) }
    if (kind === 'id_token') return refused('id_token', 'shape', evidence)
    return unusable({ step: 'inspection', reason: 'shape', ...evidence })
  }
  if (!(error instanceof LatchkeyError)) return error
  if (error.code !== 'invalid_provider_response') return error
  const { step, reason } = error.evidence
  if (step === 'id_token') return refused('id_token', String(reason), {}, error.cause)
  return unusable(error.evidence, error.cause)
}

/**
 * A profile request that is refused: the token has expired meanwhile or lacks the permission, which
 * is the token's fault, too.
 */
function sortOutProfile(error: unknown): unknown {
  if (!(error instanceof LatchkeyError) || error.code !== 'provider_error') return error
  const { step, status } = error.evidence
  if (status !== 401 && status !== 403) return error
  return refused(String(step), 'not_allowed', { status })
}

const unusable = (evidence: Evidence, cause?: unknown) =>
  new LatchkeyError('provider_error', 'The provider’s answer cannot be used.', { evidence, cause })

/** One message for whatever is wrong with a token; the reason is for the log. */
export const refused = (
  step: string,
  reason: string,
  evidence: Record<string, string | number> = {},
  cause?: unknown,
) =>
  new LatchkeyError(
    'invalid_code',
    'The subject_token is not valid here: it is expired, used, not for this app, or of another nonce.',
    { evidence: { step, reason, ...evidence }, cause },
  )
