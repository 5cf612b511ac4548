import type { FastifyReply, FastifyRequest } from 'fastify'
import { findClient } from '../../core/client/client.ts'
import { withParameters } from '../../core/client/redirects.ts'
import { LatchkeyError } from '../../core/errors.ts'
import type { OpenerMessage } from '../../core/pages/opener-message.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import { asciiText } from '../../core/text.ts'
import { ERRORS } from '../../http/errors/error-table.ts'
import { detailOf, toLatchkeyError } from '../../http/errors/problems.ts'
import type { Flow } from '../flow.ts'
import type { Login } from '../login.ts'
import type { Target } from '../start/request.ts'

/**
 * A flow that ends at a client's redirect URI (one without a redirect URI answers with the tokens
 * itself).
 */
export type ClientFlow = Flow & { client: { redirectUri: string } }

/** Whether a flow's answer goes to a client. */
export const endsAtClient = (flow: Flow): flow is ClientFlow => flow.client.redirectUri !== null

/** Where the result of a flow is sent. */
export function targetOf({ client }: ClientFlow): Target {
  const { id: clientId, redirectUri, state, responseMode, intent, uiLocales } = client
  return { clientId, redirectUri, state, responseMode, intent, uiLocales: uiLocales ?? undefined }
}

/** How a client is told of a failure (RFC 6749, section 4.1.2.1). */
export interface Failure {
  error: string
  error_description: string
}

/** The error parameters for a client. A provider's own texts are never among them. */
export function failureParameters(thrown: unknown, issuer: string): Failure {
  const error = toLatchkeyError(thrown)
  return {
    error: ERRORS[error.code].redirect,
    error_description: asciiText(detailOf(error, issuer)),
  }
}

/** What is needed to answer a client. */
export type AnswerOptions = Pick<Login, 'clients' | 'issuer' | 'sendPopupPage' | 'sendFormPage'> & {
  /** The provider that sent the browser here; absent at the start of a login. */
  provider?: { row: Pick<ProviderRow, 'addsFragment'> }
}

/**
 * The longest address that we redirect to, in characters: longer ones fail at proxies and programs.
 * Any state that fits into a flow fits.
 */
const MAX_ONWARD = 32_768

/**
 * Only a POST to /login can bring a state this long. The error is shown here: a redirect could not
 * carry the state back.
 */
const tooLongToTell = () =>
  new LatchkeyError('invalid_request', 'The state is too long to be sent back.', {
    evidence: { reason: 'state_too_long' },
  })

/**
 * Sends the result of a flow to its client: as a query, as a form that posts itself, or as a message to
 * the page that opened this one.
 */
export function answerClient(
  { clients, issuer, sendPopupPage, sendFormPage, provider }: AnswerOptions,
  { clientId, redirectUri, state, responseMode, intent, uiLocales }: Target,
  result: Readonly<Record<string, string>>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const response = Object.assign({}, result, state === null ? null : { state }, { iss: issuer })
  const client = findClient(clients, clientId)?.name ?? clientId
  if (responseMode === 'form_post') {
    return sendFormPage(
      { action: redirectUri, fields: response, client, uiLocales },
      request,
      reply,
    )
  }
  const onward = withParameters(redirectUri, response)
  if (onward.length > MAX_ONWARD) throw tooLongToTell()
  // 303, so that the browser goes on with GET whatever method brought it here (RFC 9700, section
  // 4.12).
  if (responseMode !== 'web_message') {
    // A browser keeps the fragment it has when a redirect names none; an empty one replaces it.
    return reply.redirect(provider?.row.addsFragment === true ? `${onward}#` : onward, 303)
  }
  const answer = { ...messageFor(redirectUri, response), onward, client, intent, uiLocales }
  return sendPopupPage(answer, request, reply)
}

/**
 * The message for the page that opened the popup, and the only origin that may receive it: the
 * client's.
 */
export const messageFor = (
  redirectUri: string,
  response: Readonly<Record<string, string>>,
): OpenerMessage => ({
  origin: new URL(redirectUri).origin,
  message: { type: 'authorization_response', response },
})
