import { hash } from 'node:crypto'
import { z } from 'zod'
import { TextSubject } from '../../core/identity/profile.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import type { IdTokenClaims } from '../../core/provider/row-inputs.ts'
import { equalInConstantTime } from '../../core/secrets.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'
import { type KeyFinder, verifyJws } from './jws.ts'

/** By how many seconds our clock and the provider's may differ. */
export const CLOCK_TOLERANCE_SECONDS = 60

/** An optional claim. Some providers send null or an empty text for one they leave out. */
const optional = <T extends z.ZodType>(claim: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), claim.optional())

/** The claims that must be there with the right type (OpenID Connect Core, section 2). */
const RequiredClaims = z.object({
  iss: z.string(),
  sub: TextSubject,
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  exp: z.number(),
  iat: z.number(),
  nbf: optional(z.number()),
  nonce: z.string().optional(),
  azp: optional(z.string()),
  // An empty hash is not left out, but wrong.
  at_hash: z.string().nullish(),
})

/** What an ID token must match. None of it comes from the token itself. */
export interface IdTokenExpectations {
  /** The allowed issuers, or a function that gives the issuer for these claims. */
  issuers: readonly string[] | ((claims: Record<string, unknown>) => string | null)
  /** Our client ids. The token must be for one of them. */
  audiences: readonly string[]
  /**
   * Whether the `azp` of a token for us alone may be another client, as with a mobile app of ours.
   */
  allowAskedByOthers?: boolean
  algorithms: readonly string[]
  /** The greatest age of the token in seconds. */
  maxAgeSeconds: number
  /** The nonces that are allowed; null where none was chosen by us. */
  nonces: readonly string[] | null
  /** Whether a token with these claims may lack the nonce. A wrong nonce is never accepted. */
  nonceOptional: ProviderRow['nonceOptional']
  /** The access token for checking `at_hash`; null where there is none. */
  accessToken: string | null
  find: KeyFinder
}

/**
 * Verifies an ID token in full (OpenID Connect Core, section 3.1.3.7): signature, algorithm, `iss`,
 * `aud`, `azp`, `exp`, `iat`, `nbf`, `nonce`, `sub` and, where present, `at_hash`.
 */
export async function verifyIdToken(
  token: string,
  expected: IdTokenExpectations,
): Promise<IdTokenClaims> {
  const { algorithms, find } = expected
  const { payload, header } = await verifyJws(token, { step: 'id_token', algorithms, find })
  const read = RequiredClaims.safeParse(payload)
  if (!read.success) {
    throw refused(`claim_${String(read.error.issues[0]?.path[0] ?? 'unknown')}`, read.error)
  }
  const claims = read.data
  const isIssuer =
    typeof expected.issuers === 'function'
      ? expected.issuers(payload) === claims.iss
      : expected.issuers.includes(claims.iss)
  if (!isIssuer) throw refused('claim_iss')
  const audience = [claims.aud].flat()
  if (!audience.some((one) => expected.audiences.includes(one))) throw refused('claim_aud')
  checkTimes(claims, expected.maxAgeSeconds)
  const { nonce } = claims
  if (nonce === undefined && !expected.nonceOptional(payload)) throw refused('claim_nonce')
  if (
    nonce !== undefined &&
    !(expected.nonces?.some((one) => equalInConstantTime(nonce, one)) ?? true)
  ) {
    throw refused('claim_nonce')
  }
  // Further audiences are accepted only where `azp` says that the token was issued to us.
  const isForUsAlone = audience.length === 1
  const isAskedByUs =
    claims.azp === undefined ? isForUsAlone : expected.audiences.includes(claims.azp)
  if (!isAskedByUs && !(isForUsAlone && expected.allowAskedByOthers)) throw refused('claim_azp')
  if (
    typeof claims.at_hash === 'string' &&
    expected.accessToken !== null &&
    claims.at_hash !== accessTokenHash(expected.accessToken, header.alg)
  ) {
    throw refused('claim_at_hash')
  }
  return payload as IdTokenClaims
}

const refused = (reason: string, cause?: unknown) => invalidAnswer('id_token', reason, {}, cause)

/** Whether an `exp` has passed, allowing for the provider's clock. */
export const hasEnded = (exp: number): boolean =>
  exp <= Math.floor(Date.now() / 1000) - CLOCK_TOLERANCE_SECONDS

/** Checks `exp`, `nbf` and `iat` against our clock. */
function checkTimes(
  { exp, nbf, iat }: z.infer<typeof RequiredClaims>,
  maxAgeSeconds: number,
): void {
  const now = Math.floor(Date.now() / 1000)
  if (nbf !== undefined && nbf > now + CLOCK_TOLERANCE_SECONDS) throw refused('claim_nbf')
  if (hasEnded(exp)) throw refused('claim_exp')
  const age = now - iat
  const isNow = age >= -CLOCK_TOLERANCE_SECONDS && age <= maxAgeSeconds + CLOCK_TOLERANCE_SECONDS
  if (!isNow) throw refused('claim_iat')
}

/**
 * The `at_hash` of an access token: the left half of its hash (OpenID Connect Core, section
 * 3.1.3.6).
 */
function accessTokenHash(accessToken: string, alg: string): string {
  const bits = alg === 'EdDSA' || alg === 'Ed25519' ? '512' : alg.slice(-3)
  const whole = hash(`sha${bits}`, accessToken, 'buffer')
  return whole.subarray(0, whole.length / 2).toString('base64url')
}
