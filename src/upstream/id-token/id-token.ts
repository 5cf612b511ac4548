import { hash } from 'node:crypto'
import { z } from 'zod'
import { TextSubject } from '../../core/identity/profile.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import type { IdTokenClaims } from '../../core/provider/row-inputs.ts'
import { equalInConstantTime } from '../../core/secrets.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'
import { type KeyFinder, verifyJws } from './jws.ts'

/** Seconds that our clock and the provider's may differ. */
export const CLOCK_TOLERANCE_SECONDS = 60

/** A claim that need not be there; null and an empty text are how some providers leave one out. */
const optional = <T extends z.ZodType>(claim: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), claim.optional())

/** Claims that must be there and of the right type (OpenID Connect Core, section 2). */
const RequiredClaims = z.object({
  iss: z.string(),
  sub: TextSubject,
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  exp: z.number(),
  iat: z.number(),
  nbf: optional(z.number()),
  nonce: z.string().optional(),
  azp: optional(z.string()),
  // An empty hash is a wrong one.
  at_hash: z.string().nullish(),
})

/** What an ID token is checked against; none of it comes from the token. */
export interface IdTokenExpectations {
  /** The exact issuers, or the one that the claims must have. */
  issuers: readonly string[] | ((claims: Record<string, unknown>) => string | null)
  /** Our client ids: the token must be for one of them. */
  audiences: readonly string[]
  /** Whether a token for us alone may say that another asked for it (`azp`): an app of ours does. */
  allowAskedByOthers?: boolean
  algorithms: readonly string[]
  /** Seconds since the token was made. */
  maxAgeSeconds: number
  /** The values that its nonce may have; null where nobody of ours chose it. */
  nonces: readonly string[] | null
  /** Whether a token of these claims may lack the nonce; a wrong one is never accepted. */
  nonceOptional: ProviderRow['nonceOptional']
  /** For `at_hash`; null where there is none to compare with. */
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
  // Further audiences are accepted only where the token says that it was issued to us.
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

/** Whether an `exp` has passed, by the provider's clock too. */
export const hasEnded = (exp: number): boolean =>
  exp <= Math.floor(Date.now() / 1000) - CLOCK_TOLERANCE_SECONDS

/** `exp`, `nbf` and `iat` against our clock. */
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

/** The left half of the hash of the access token (OpenID Connect Core, section 3.1.3.6). */
function accessTokenHash(accessToken: string, alg: string): string {
  const bits = alg === 'EdDSA' || alg === 'Ed25519' ? '512' : alg.slice(-3)
  const whole = hash(`sha${bits}`, accessToken, 'buffer')
  return whole.subarray(0, whole.length / 2).toString('base64url')
}
