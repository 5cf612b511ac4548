import type { FastifyReply, FastifyRequest } from 'fastify'
import { findClient } from '../core/client.ts'
import { asciiText } from '../core/text.ts'
import { ERRORS } from '../http/error-table.ts'
import { toLatchkeyError } from '../http/problems.ts'
import type { Flow } from './flow.ts'
import type { Login } from './login.ts'

/** A flow that ends at a client's redirect URI. */
export type ClientFlow = Flow & { client: { redirectUri: string } }

/** Whether a flow's answer goes to a client. */
export const endsAtClient = (flow: Flow): flow is ClientFlow => flow.client.redirectUri !== null

/** The parameters that tell a client of a failure; a provider's texts never get there. */
export function failureParameters(thrown: unknown): Record<string, string> {
  const { code, message } = toLatchkeyError(thrown)
  return { error: ERRORS[code].redirect, error_description: asciiText(message) }
}

/** Sends the result of a flow to its client: as a query, or as a message to the page that opened this one. */
export function answerClient(
  { clients, issuer, resumable, sendPopupPage }: Login,
  flow: ClientFlow,
  result: Record<string, string>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { id, redirectUri, state, responseMode, intent } = flow.client
  const response = { ...result, ...(state === null ? {} : { state }), iss: issuer }
  const onward = withParameters(redirectUri, response)
  // 303: the browser goes on with GET, whatever brought it here (RFC 9700, section 4.12).
  if (responseMode !== 'web_message') return reply.redirect(onward, 303)
  const popup = {
    origin: new URL(redirectUri).origin,
    message: { type: 'authorization_response' as const, response },
    onward,
    client: findClient(clients, id)?.name ?? id,
    intent,
    uiLocales: resumable.read(flow.state, flow.provider)?.ui_locales,
  }
  return sendPopupPage(popup, request, reply)
}

/** The redirect URI as it was registered, with parameters added to its query (RFC 6749, section 3.1.2). */
export function withParameters(uri: string, parameters: Record<string, string>): string {
  const added = new URLSearchParams(parameters).toString().replaceAll('+', '%20')
  if (added === '') return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${added}`
}
