import type { FastifyReply, FastifyRequest } from 'fastify'
import { findClient } from '../../core/client/client.ts'
import { withParameters } from '../../core/client/redirects.ts'
import type { FlowFailure } from '../../core/client/used-flows.ts'
import { type Refusal, refusalOf } from '../../core/pages/page-reason.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { isBrowserNavigation, toLatchkeyError } from '../../http/errors/problems.ts'
import type { Login } from '../login.ts'
import { requestOf } from '../request-of.ts'
import { searchOf } from '../ways-on/recovery-links.ts'
import {
  answerClient,
  type ClientFlow,
  type Failure,
  failureParameters,
  messageFor,
  targetOf,
} from './answers.ts'

/** How a flow failed, as it is stored for a repeated callback. */
export const failureOf = (thrown: unknown, issuer: string): FlowFailure => ({
  ...failureParameters(thrown, issuer),
  refusal: refusalOf(toLatchkeyError(thrown).evidence),
})

/**
 * Tells the client of a failure. A person who may not come in reads the reason here first; the
 * client is told when they go back.
 */
export function answerFailure(
  login: Login,
  flow: ClientFlow,
  { refusal, ...failure }: FlowFailure,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return refusal !== null && isReadHere(flow, request)
    ? showRefusal(login, flow, { reason: refusal, failure }, request, reply)
    : answerClient(login, targetOf(flow), { ...failure }, request, reply)
}

/**
 * Whether a person sees the answer: the browser says that it navigates (Fetch Metadata). Everybody
 * else is redirected as RFC 6749 says.
 */
function isReadHere({ client }: ClientFlow, request: FastifyRequest): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = request.headers
  const isPage = mode === 'navigate' && dest === 'document'
  return isPage && isBrowserNavigation(request) && client.prompt !== 'none'
}

/** Shows the reason, a way back to the app, which is told then, and other ways to sign in. */
function showRefusal(
  { issuer, clients, provider, sendRefusalPage }: Login,
  { client }: ClientFlow,
  { reason, failure }: { reason: Refusal; failure: Failure },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { id, redirectUri, state, responseMode, uiLocales } = client
  const { row } = provider
  const path = pathOf(issuer)
  const told = { ...failure, ...(state === null ? {} : { state }), iss: issuer }
  const isForm = responseMode === 'form_post'
  const again = (prompt?: 'select_account') => searchOf({ ...requestOf(client), prompt })
  const asksWhich = row.prompts.select_account !== undefined && reason !== 'user_disabled'
  const page = {
    reason,
    client: findClient(clients, id)?.name ?? id,
    back: {
      href: isForm ? redirectUri : withParameters(redirectUri, told),
      fields: isForm ? told : null,
      message: responseMode === 'web_message' ? messageFor(redirectUri, told) : null,
    },
    anotherAccount: asksWhich ? `${path}/login/${row.id}${again('select_account')}` : null,
    signIn: `${path}/login${again()}`,
    uiLocales: uiLocales ?? undefined,
  }
  return sendRefusalPage(page, request, reply.code(403))
}
