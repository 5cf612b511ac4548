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
 * Throws where the ID token of a refresh is another provider's, app's or person's than the login's (OpenID
 * Connect Core, section 12.2): then its tokens are, too. Nothing else is read from it, so that one which
 * cannot be read (encrypted, or the old one once more) is let be.
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

/** Whom claims name that are of another shape than a login's. */
function noneWhereShapeless(error: unknown): null {
  if (error instanceof z.ZodError) return null
  throw error
}

/** The claims in a signed token, whoever signed it; null where it is none. */
function claimsIn(token: string) {
  const [, payload = '', ...more] = token.split('.')
  if (more.length !== 1) return null
  try {
    return Claims.safeParse(parseJson(Buffer.from(payload, 'base64url').toString())).data ?? null
  } catch {
    return null
  }
}
