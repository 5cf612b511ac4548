import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Client, findClient } from '../core/client/client.ts'
import { readPresentedCode } from '../core/client/presented-code.ts'
import { LatchkeyError } from '../core/errors.ts'
import { claimsOf } from '../core/identity/account.ts'
import type { Freshness } from '../core/identity/accounts.ts'
import type { Identities, LinkCodes } from '../core/identity/identities.ts'
import type { AuthenticatedIdentity } from '../core/identity/sign-ins.ts'
import { said } from '../core/messages.ts'
import { readSubjectToken, type SubjectToken } from '../core/provider/subject-token.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import type { RateLimit } from '../http/limits.ts'
import { addressOf } from '../http/requests/address.ts'
import { acceptForms } from '../http/routes/forms.ts'
import { IN_USE, type LinkRequest, linkIdentity, NO_PROOF } from './docs/link.ts'
import { type Caller, sessionOver, signInAgain } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** What linking needs. */
export interface LinkOptions extends Freshness {
  clients: readonly Client[]
  identities: Pick<Identities, 'link'>
  linkCodes: Pick<LinkCodes, 'take'>
  sessions: Pick<Sessions, 'standing'>
  /** Reads who a provider's SDK token is about. Throws where the token is not accepted. */
  proveNatively: (asked: SubjectToken, request: FastifyRequest) => Promise<AuthenticatedIdentity>
  /** Counts native requests. Throws `rate_limited`. */
  limits: { native: RateLimit }
}

/** `POST /me/identities`: links one more identity to the user of the access token. */
export function linkRoute(room: FastifyInstance, options: LinkOptions): void {
  const { identities, sessions, reauthSeconds } = options
  acceptForms(room, { json: true })
  signedInRoute(room, 'POST', '/me/identities', linkIdentity, async ({ caller, body, request }) => {
    const { userId, clientId } = caller
    const isNative = body.subject_token !== undefined
    if (isNative === (body.code !== undefined)) throw new LatchkeyError('invalid_request', NO_PROOF)
    if (isNative) await options.limits.native(request)
    // Checked before the proof is used up and before the provider is asked.
    const standing = await sessions.standing(caller, reauthSeconds)
    if (standing === 'over') throw sessionOver()
    if (standing === 'stale') throw signInAgain(reauthSeconds)
    const identity = isNative
      ? await options.proveNatively(readSubjectToken(body), request)
      : await takeCode(options, caller, body)
    const linked = await identities.link(caller, identity, reauthSeconds)
    if (!('account' in linked)) {
      const { outcome } = linked
      if (outcome === 'session_over') throw sessionOver()
      if (outcome === 'sign_in_again') throw signInAgain(reauthSeconds)
      throw new LatchkeyError(outcome, IN_USE[outcome])
    }
    request.log.info(
      {
        event: 'identity_linked',
        user: userId,
        provider: identity.key.provider,
        client: clientId,
        address: addressOf(request),
        identity: linked.outcome,
        ...(isNative ? { native: true } : {}),
      },
      'linked an identity',
    )
    return claimsOf(linked.account, caller.scope)
  })
}

/**
 * The identity of a link code. The client must show the code as it was bound to it (PKCE, client
 * id).
 */
async function takeCode(
  { clients, linkCodes }: LinkOptions,
  { clientId, userId }: Caller,
  body: LinkRequest,
): Promise<AuthenticatedIdentity> {
  // A client that is no longer registered has no secret to prove itself by.
  const client = findClient(clients, clientId) ?? { id: clientId, secrets: [] }
  const identity = await linkCodes.take(readPresentedCode(client, body), userId)
  if (identity === null) {
    throw new LatchkeyError('invalid_code', said.codeRefused, { evidence: { step: 'link_code' } })
  }
  return identity
}
