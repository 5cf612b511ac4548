import type { FastifyReply, FastifyRequest } from 'fastify'
import { findClient } from '../../core/client/client.ts'
import { defined } from '../../core/defined.ts'
import { type Refusal, refusalOf } from '../../core/pages/page-reason.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { isBrowserNavigation, toLatchkeyError } from '../../http/errors/problems.ts'
import type { Login } from '../login.ts'
import { searchOf } from '../ways-on/recovery-links.ts'
import { type ClientFlow, type Failure, withParameters } from './answers.ts'

/**
 * Why the person may not come in, where they can read it here: in a browser that says it goes to a page
 * (Fetch Metadata). Whatever else follows redirects is told as RFC 6749 has it, and so is the page that
 * opened a popup.
 */
export function readableRefusal(
  { client }: ClientFlow,
  thrown: unknown,
  request: FastifyRequest,
): Refusal | null {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = request.headers
  const isPerson = isBrowserNavigation(request) && mode === 'navigate' && dest === 'document'
  const mayShow = client.prompt !== 'none' && client.responseMode !== 'web_message'
  return isPerson && mayShow ? refusalOf(toLatchkeyError(thrown).evidence) : null
}

/** Shows why, with the way back to the app, which is told then, and the ways to come in otherwise. */
export function showRefusal(
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
  const again = (prompt?: 'select_account') =>
    searchOf({ ...requestOf(client), ...defined({ prompt }) })
  const asksWhich = row.prompts.select_account !== undefined && reason !== 'user_disabled'
  const page = {
    reason,
    client: findClient(clients, id)?.name ?? id,
    back: isForm
      ? { href: redirectUri, fields: told }
      : { href: withParameters(redirectUri, told), fields: null },
    anotherAccount: asksWhich ? `${path}/login/${row.id}${again('select_account')}` : null,
    signIn: `${path}/login${again()}`,
    uiLocales: uiLocales ?? undefined,
  }
  return sendRefusalPage(page, request, reply.code(403))
}

/** What the client asked for, to ask for it once more. */
const requestOf = (client: ClientFlow['client']) =>
  defined({
    client_id: client.id,
    redirect_uri: client.redirectUri,
    state: client.state ?? undefined,
    nonce: client.nonce ?? undefined,
    scope: client.scope,
    resource: client.resource ?? undefined,
    code_challenge: client.codeChallenge ?? undefined,
    code_challenge_method: client.codeChallenge === null ? undefined : ('S256' as const),
    response_mode: client.responseMode,
    intent: client.intent ?? undefined,
    ui_locales: client.uiLocales ?? undefined,
    max_age: client.maxAge === null ? undefined : String(client.maxAge),
  })
