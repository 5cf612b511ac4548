import { decodeProtectedHeader, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { type Evidence, LatchkeyError } from '../core/errors.ts'
import type { InspectionSource } from '../core/native.ts'
import { type Profile, toProfile } from '../core/profile.ts'
import type { ProviderRow } from '../core/provider.ts'
import type { IdTokenClaims, RowValues } from '../core/row-inputs.ts'
import { hashToken } from '../core/secrets.ts'
import type { SubjectToken } from '../core/subject-token.ts'
import { basicAuth } from './client-auth.ts'
import { type IdTokenExpectations, verifyIdToken } from './id-token.ts'
import { endpoint, type Metadata } from './metadata.ts'
import { type Outbound, readJson } from './outbound.ts'
import { readProfile } from './read-profile.ts'

/** A token that this provider's mobile SDK gave to an app. */
export type NativeToken = Omit<SubjectToken, 'provider'>

/** A native ID token is accepted for this time after it was made. */
export const NATIVE_MAX_AGE_SECONDS = 3600

/** What the reader of one provider's native tokens stands on; none of it comes from a token. */
export interface NativeReaderOptions {
  row: ProviderRow
  values: RowValues
  /** Our client ids: that of the browser flow and those of the apps. */
  audiences: readonly string[]
  issuers: IdTokenExpectations['issuers']
  metadata: (signal: AbortSignal) => Promise<Metadata>
  /** The provider's published keys. */
  keys: (of: Metadata, signal: AbortSignal) => JWTVerifyGetKey
  client: () => Promise<{ id: string; secret: string }>
  outbound: Outbound
}

/**
 * Reads who a native token is about. Whatever is wrong with the token is one error, `invalid_code`,
 * with the reason in its evidence; what is wrong with the provider is another.
 */
export function createNativeReader(options: NativeReaderOptions) {
  const { native } = options.row
  return async (
    { kind, token, nonce }: NativeToken,
    signal: AbortSignal,
  ): Promise<{ profile: Profile; claims: IdTokenClaims | null }> => {
    const reads = kind === 'id_token' ? native.readIdToken : native.inspectAccessToken
    if (reads === undefined) throw notOffered(options.row, kind)
    try {
      const of = await options.metadata(signal)
      return kind === 'id_token'
        ? await readIdToken(options, { token, nonce }, of, signal)
        : { profile: await readAccessToken(options, token, of, signal), claims: null }
    } catch (error) {
      throw sortOut(error, kind)
    }
  }
}

async function readIdToken(
  { row, audiences, issuers, keys }: NativeReaderOptions,
  { token, nonce }: { token: string; nonce: string | null },
  of: Metadata,
  signal: AbortSignal,
) {
  const claims = await verifyIdToken(token, {
    issuers,
    audiences,
    // On Android the token is for our server, asked for by our app.
    allowAskedByOthers: true,
    // Apps do not hold the secret that a shared key would be.
    algorithms: of.idTokenAlgorithms.filter((alg) => !alg.startsWith('HS')),
    maxAgeSeconds: NATIVE_MAX_AGE_SECONDS,
    // Apple's apps hand the SDK the hash, and keep the nonce itself.
    nonces: nonce === null ? [] : [nonce, hashToken(nonce).toString('hex')],
    nonceOptional: nonce === null,
    accessToken: null,
    keys: keys(of, signal),
  })
  if (isOtherJwt(token, claims)) throw refused('id_token', 'other_jwt')
  const read = row.native.readIdToken?.(claims) ?? { subject: '' }
  const profile = toProfile(read)
  if ((read.sub ?? profile.subject) !== claims.sub) throw refused('id_token', 'subject_mismatch')
  return { profile, claims }
}

/**
 * Whether it is another JWT that this issuer may make for us: an access token (RFC 9068; Microsoft's
 * have `scp`, Keycloak's a claim `typ`), or one that tells of an event (RFC 8417; logout tokens too).
 */
function isOtherJwt(token: string, { scp, events, typ }: IdTokenClaims): boolean {
  const { typ: type = 'JWT' } = decodeProtectedHeader(token)
  return (
    String(type).toUpperCase() !== 'JWT' ||
    scp !== undefined ||
    events !== undefined ||
    (typ !== undefined && typ !== 'ID')
  )
}

/** The provider says to which app and for whom it gave the token; only then the profile is asked for. */
async function readAccessToken(
  options: NativeReaderOptions,
  accessToken: string,
  of: Metadata,
  signal: AbortSignal,
): Promise<Profile> {
  const { row, values, audiences, outbound } = options
  const client = await options.client()
  const facts = await row.native.inspectAccessToken?.({
    accessToken,
    client,
    call: inspectionCall(outbound, of, signal, { accessToken, client }),
  })
  if (!facts?.isValid) throw refused('access_token', 'not_valid')
  const ours = [...audiences, ...(row.native.appIds?.(values) ?? [])].filter((id) => id !== '')
  if (!facts.apps.some((app) => typeof app === 'string' && ours.includes(app))) {
    throw refused('access_token', 'other_app')
  }
  const grant = {
    accessToken,
    tokenType: 'bearer',
    expiresInSeconds: null,
    scope: null,
    refreshToken: null,
    idToken: null,
  }
  const profile = await readProfile({
    ...{ row, of, grant, client, outbound, signal },
    claims: null,
    formUser: null,
  }).catch((error) => {
    throw sortOutProfile(error)
  })
  if (profile.subject !== facts.subject) throw refused('access_token', 'subject_mismatch')
  return profile
}

function inspectionCall(
  outbound: Outbound,
  of: Metadata,
  signal: AbortSignal,
  { accessToken, client }: Pick<InspectionSource, 'accessToken' | 'client'>,
): InspectionSource['call'] {
  const credentials = { bearer: `Bearer ${accessToken}`, basic: basicAuth(client) }
  return async (name, { params = {}, json, auth, refusedOn }) => {
    const url = new URL(endpoint(of, name))
    for (const [key, value] of Object.entries(params)) url.searchParams.set(key, value)
    const step = name.replace('_endpoint', '')
    const headers: Record<string, string> =
      auth === undefined ? {} : { authorization: credentials[auth] }
    const answer =
      json === undefined
        ? await outbound.get(url.href, step, { signal, headers })
        : await outbound.post(url.href, step, { signal, headers, json })
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

/** The token's own faults as one error; an answer that cannot be used is the provider's. */
function sortOut(error: unknown, kind: NativeToken['kind']): unknown {
  if (error instanceof z.ZodError) {
    // The claims of the token, or what the provider says of it.
    const evidence = { field: error.issues[0]?.path.join('.') ?? '' }
    if (kind === 'id_token') return refused('id_token', 'shape', evidence)
    return unusable({ step: 'inspection', reason: 'shape', ...evidence })
  }
  if (!(error instanceof LatchkeyError)) return error
  if (error.code !== 'invalid_provider_response') return error
  const { step, reason } = error.evidence
  if (step === 'id_token') return refused('id_token', String(reason), {}, error.cause)
  return unusable(error.evidence, error.cause)
}

/** The token has ended since, or may not read the profile: its own fault too. */
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
