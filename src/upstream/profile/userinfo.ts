import { z } from 'zod'
import type { GetOptions, ProviderRow } from '../../core/provider/provider.ts'
import type { IdTokenClaims } from '../../core/provider/row-inputs.ts'
import { withQuery } from '../authorization.ts'
import { hasEnded } from '../id-token/id-token.ts'
import { verifyJws } from '../id-token/jws.ts'
import { endpoint } from '../metadata/metadata.ts'
import {
  type Answer,
  invalidAnswer,
  isSuccess,
  readApiJson,
  whyRefused,
} from '../outbound/read-answer.ts'
import { issuersOf, type ProviderCall } from '../provider-call.ts'

const STEP = 'userinfo'

/** Statuses of userinfo with which a login continues, once its ID token was valid. */
const GOES_ON = [204, 401, 403, 404]

/** The result of asking for userinfo. */
export interface Userinfo {
  /** Null where there is none. */
  document: Record<string, unknown> | null
  /**
   * Whether we have all that the provider tells: false where userinfo was refused, or is switched
   * off.
   */
  isComplete: boolean
}

/** Asks for userinfo where it is needed (OpenID Connect Core, section 5.3). */
export async function askUserinfo(
  call: ProviderCall,
  accessToken: string,
  claims: IdTokenClaims | null,
  { params = {}, headers = {} }: Pick<GetOptions, 'params' | 'headers'> = {},
): Promise<Userinfo> {
  const { row, metadata, outbound, deadline, note } = call
  if (metadata.endpoints.userinfo_endpoint === undefined)
    return { document: null, isComplete: true }
  if (claims !== null && row.userinfo === 'off') return { document: null, isComplete: false }
  if (claims !== null && row.userinfo === 'auto' && hasAllClaims(row, claims)) {
    return { document: null, isComplete: true }
  }
  const url = withQuery(endpoint(metadata, 'userinfo_endpoint'), params)
  const answer = await outbound.get(url, STEP, {
    deadline,
    headers: { ...headers, authorization: `Bearer ${accessToken}` },
  })
  if (claims !== null && GOES_ON.includes(answer.status)) {
    const why = answer.status >= 400 ? whyRefused(answer, STEP, row.apiError) : {}
    note('userinfo_refused', { step: STEP, status: answer.status, ...why })
    return { document: null, isComplete: false }
  }
  const document =
    claims !== null && isSuccess(answer) && answer.contentType === 'application/jwt'
      ? await readSigned(call, answer, claims)
      : readApiJson(answer, STEP, row.apiError)
  return { document: z.record(z.string(), z.unknown()).parse(document), isComplete: true }
}

/** Whether an ID token has every claim that the scopes ask for. */
function hasAllClaims({ scopes, scopeClaims }: ProviderRow, claims: IdTokenClaims): boolean {
  const wanted = scopes.flatMap((scope) => scopeClaims[scope] ?? [])
  return wanted.every(
    (name) => claims[name] !== undefined && !['', null].includes(claims[name] as null),
  )
}

/**
 * Reads userinfo that is a JWT: it must be signed with the provider's keys, name the same person,
 * and have us as audience if it names one.
 */
async function readSigned(call: ProviderCall, { text }: Answer, claims: IdTokenClaims) {
  const { metadata, registration, jwks, deadline } = call
  const { payload } = await verifyJws(text.trim(), {
    step: STEP,
    algorithms: metadata.userinfoAlgorithms,
    find: jwks(endpoint(metadata, 'jwks_uri'), deadline),
  })
  const { iss, aud, exp, sub } = payload
  const issuers = issuersOf(call)
  const isIssuer =
    typeof issuers === 'function' ? iss === claims.iss : issuers.includes(String(iss))
  if (iss !== undefined && !isIssuer) throw invalidAnswer(STEP, 'claim_iss')
  if (aud !== undefined && ![aud].flat().includes(registration.id)) {
    throw invalidAnswer(STEP, 'claim_aud')
  }
  if (exp !== undefined && (typeof exp !== 'number' || hasEnded(exp))) {
    throw invalidAnswer(STEP, 'claim_exp')
  }
  if (sub !== claims.sub) throw invalidAnswer(STEP, 'subject_mismatch')
  return payload
}
