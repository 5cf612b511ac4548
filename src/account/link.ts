import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Account } from '../core/account.ts'
import { type Client, findClient } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { codeParameters, readShownCode } from '../core/shown-code.ts'
import type { Identities, LinkCodes, ProvenIdentity, Sessions } from '../core/stores.ts'
import {
  readSubjectToken,
  type SubjectToken,
  subjectTokenParameters,
} from '../core/subject-token.ts'
import { documented } from '../http/documented.ts'
import { acceptForms } from '../http/forms.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import { CODE_REFUSED, IN_USE, linkExamples, NO_PROOF } from './link-examples.ts'
import { callerOf, invalidToken } from './protected.ts'

/** What proves an identity; what is not listed is ignored. */
const LinkRequest = z.object({ ...codeParameters, ...subjectTokenParameters })
type LinkRequest = z.infer<typeof LinkRequest>

/** What linking needs. */
export interface LinkOptions {
  clients: readonly Client[]
  identities: Pick<Identities, 'link'>
  linkCodes: Pick<LinkCodes, 'take'>
  sessions: Pick<Sessions, 'isAlive'>
  /** Who the token of a provider's SDK is about; throws where it does not count. */
  proveNatively: (asked: SubjectToken) => Promise<ProvenIdentity>
  /** Counts a native request, and throws where it is one too many. */
  limitNative: (request: FastifyRequest) => Promise<void>
}

/** `POST /me/identities`: one more identity for the user whose token it is. */
export function linkRoute(room: FastifyInstance, options: LinkOptions): void {
  const { identities, sessions } = options
  acceptForms(room, { json: true })
  const docs = documented({
    operationId: 'linkIdentity',
    summary: 'Link an identity',
    description:
      'The user signs in with it too from now on. In a browser: the code of a flow with `intent=link`, shown by the client that started it; it counts once, and a code that is shown wrongly is gone. In an app: the token of the provider’s SDK, as at `/token`. One identity per provider; the user’s own is refreshed. With the session cookie it needs a registered `Origin`.',
    tags: ['account'],
    security: [{ accessToken: [] }, { sessionCookie: [] }],
    consumes: ['application/json', 'application/x-www-form-urlencoded'],
    body: LinkRequest,
    response: {
      ...{
        200: Account,
        400: Problem,
        401: InvalidToken,
        403: Problem,
        404: Problem,
        409: Problem,
      },
      ...{ 429: Problem, 502: Problem, 503: Problem, 504: Problem },
    },
    answers: {
      200: 'The user, with the identity.',
      400: 'The request is malformed, or the code or token does not count.',
      403: 'The request may be forged.',
      409: 'The identity is another user’s, or the user has another one at its provider. Nothing is changed.',
    },
    examples: linkExamples,
  })
  room.post('/me/identities', docs, async (request) => {
    const { userId, sessionId, clientId } = callerOf(request)
    const body = readParameters(LinkRequest, request.body)
    const isNative = body.subject_token !== undefined
    if (isNative === (body.code !== undefined)) throw new LatchkeyError('invalid_request', NO_PROOF)
    if (isNative) await options.limitNative(request)
    if (!(await sessions.isAlive(userId, sessionId))) throw invalidToken()
    const identity = isNative
      ? await options.proveNatively(readSubjectToken(body))
      : await takeCode(options, clientId, body)
    const linked = await identities.link(userId, sessionId, identity)
    if (!('account' in linked)) {
      const { outcome } = linked
      if (outcome === 'session_over') throw invalidToken()
      throw new LatchkeyError(outcome, IN_USE[outcome])
    }
    request.log.info(
      {
        event: 'identity_linked',
        user: userId,
        provider: identity.key.provider,
        client: clientId,
        address: request.ip,
        identity: linked.outcome,
        ...(isNative ? { native: true } : {}),
      },
      'linked an identity',
    )
    return linked.account
  })
}

/** The identity that a code stands for, where this client shows it as it was bound. */
async function takeCode(
  { clients, linkCodes }: LinkOptions,
  clientId: string,
  body: LinkRequest,
): Promise<ProvenIdentity> {
  // A client that is registered no longer has no secret to go by.
  const client = findClient(clients, clientId) ?? { id: clientId, secret: null }
  const identity = await linkCodes.take(readShownCode(client, body))
  if (identity === null) {
    throw new LatchkeyError('invalid_code', CODE_REFUSED, { evidence: { step: 'link_code' } })
  }
  return identity
}
