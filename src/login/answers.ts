import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { type ErrorCode, LatchkeyError } from '../core/errors.ts'
import { asciiText } from '../core/text.ts'
import type { Flow } from './flow.ts'

/** A flow that ends at a client's redirect URI. */
export type ClientFlow = Flow & { client: { redirectUri: string } }

/** Whether a flow's answer goes to a client. */
export const endsAtClient = (flow: Flow): flow is ClientFlow => flow.client.redirectUri !== null

// Our codes in the words of RFC 6749, section 4.1.2.1.
const REDIRECT_ERRORS: Partial<Record<ErrorCode, string>> = {
  access_denied: 'access_denied',
  invalid_request: 'invalid_request',
  provider_timeout: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
}

/** The parameters that tell a client of a failure; a provider's texts never get there. */
export function failureParameters(error: unknown): Record<string, string> {
  if (!(error instanceof LatchkeyError)) {
    return { error: 'server_error', error_description: 'Something unexpected happened.' }
  }
  return {
    error: REDIRECT_ERRORS[error.code] ?? 'server_error',
    error_description: asciiText(error.message),
  }
}

/** Sends the result of a flow to its client: as a query, or as a message to the page that opened this one. */
export function answerClient(
  reply: FastifyReply,
  flow: ClientFlow,
  issuer: string,
  result: Record<string, string>,
): FastifyReply {
  const { redirectUri, state, responseMode } = flow.client
  const parameters = { ...result, ...(state === null ? {} : { state }), iss: issuer }
  if (responseMode === 'web_message') {
    return answerOpener(reply, redirectUri, parameters)
  }
  // 303: the browser goes on with GET, whatever brought it here (RFC 9700, section 4.12).
  return reply.redirect(withParameters(redirectUri, parameters), 303)
}

/** The redirect URI as it was registered, with parameters added to its query (RFC 6749, section 3.1.2). */
export function withParameters(uri: string, parameters: Record<string, string>): string {
  const added = new URLSearchParams(parameters).toString().replaceAll('+', '%20')
  if (added === '') return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${added}`
}

// The message is read from the page, so that the script is always the same and its hash can be named.
const SCRIPT = `const { origin, message } = JSON.parse(document.body.dataset.answer)
if (window.opener) window.opener.postMessage(message, origin)
window.close()`

const POLICY = `default-src 'none'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** A page that hands the answer to its opener, at the client's origin and no other, and closes. */
function answerOpener(reply: FastifyReply, redirectUri: string, response: Record<string, string>) {
  const { origin } = new URL(redirectUri)
  const answer = JSON.stringify({ origin, message: { type: 'authorization_response', response } })
  const attribute = escapeAttribute(answer)
  // A window that no page opened cannot be closed by a script either: the person goes on by the link.
  const onward = escapeAttribute(withParameters(redirectUri, response))
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Latchkey</title></head>
<body data-answer="${attribute}">
<p><a rel="nofollow" href="${onward}">Continue · 계속 · 続ける</a></p>
<script>${SCRIPT}</script>
</body>
</html>
`)
}

const escapeAttribute = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
