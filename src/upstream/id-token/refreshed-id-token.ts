import { z } from 'zod'
import { TextSubject } from '../../core/identity/profile.ts'
import { parseJson } from '../../core/json.ts'
import type { ProviderTokenResponse } from '../../core/provider/provider.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'
import { issuersOf, type ProviderCall, usesIdToken } from '../provider-call.ts'

const Claims = z.looseObject({
  iss: z.string(),
  sub: TextSubject,
  aud: z.union([z.string(), z.array(z.string())]),
})

/**
 * Throws where the ID token of a refresh names another issuer, client or subject than the login's
 * (OpenID Connect Core, section 12.2): its tokens would be another person's, too. Nothing else in
 * it is used, so one that cannot be read (it is encrypted, or the old one again) is ignored.
 */
export async function checkRefreshedIdToken(
  call: Pick<ProviderCall, 'row' | 'values' | 'registration'>,
  response: ProviderTokenResponse,
  subject: string,
): Promise<void> {
  const { row, registration } = call
  const { idToken } = response
  const claims = idToken === null || !usesIdToken(row) ? null : claimsIn(idToken)
  if (claims === null) return
  const issuers = issuersOf(call)
  const isOfIssuer =
    typeof issuers === 'function' ? issuers(claims) === claims.iss : issuers.includes(claims.iss)
  if (!isOfIssuer) throw invalidAnswer('refresh', 'claim_iss')
  if (![claims.aud].flat().includes(registration.id)) throw invalidAnswer('refresh', 'claim_aud')
  const nothing = async () => null
  const source = { tokenResponse: response, claims, client: registration, formUser: null }
  const named = await row
    .readProfile({ ...source, userinfo: nothing, get: nothing })
    .then((profile) => profile.subject, noneWhereShapeless)
  if (named !== null && named !== subject) throw invalidAnswer('refresh', 'subject_mismatch')
}

/** Ignores claims that lack what a login's have. */
function noneWhereShapeless(error: unknown): null {
  if (error instanceof z.ZodError) return null
  throw error
}

/** The claims of a signed token, without verifying it; null where it is none. */
function claimsIn(token: string) {
  const [, payload = '', ...more] = token.split('.')
  if (more.length !== 1) return null
  try {
    return Claims.safeParse(parseJson(Buffer.from(payload, 'base64url').toString())).data ?? null
  } catch {
    return null
  }
}
