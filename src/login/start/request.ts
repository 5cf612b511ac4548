import { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import {
  type Client,
  isConfidential,
  type ResolvedClient,
  type ResponseMode,
  resolveClient,
} from '../../core/client/client.ts'
import { type ErrorCode, LatchkeyError } from '../../core/errors.ts'
import { usableLocales } from '../../core/pages/language.ts'
import { promptsIn } from '../../core/provider/prompts.ts'
import { shownValue } from '../../core/text.ts'
import { readParameters } from '../../http/routes/query.ts'

/** The parameters of a query or form, not validated yet. */
export type Parameters = Readonly<Record<string, unknown>>

/** How and where a client gets the answer to its request. */
export interface Target {
  clientId: string
  redirectUri: string
  state: string | null
  responseMode: ResponseMode
  intent: 'link' | null
  uiLocales: string | undefined
}

/**
 * A request whose client and redirect_uri are registered together, or that is of the built-in
 * client.
 */
export interface OpenedRequest extends ResolvedClient {
  /** Where faults of the remaining parameters are sent; null without a redirect_uri. */
  target: Target | null
  /** `prompt=none`: no page of ours may be shown. */
  isSilent: boolean
}

const Pair = AuthorizationRequest.pick({ client_id: true, redirect_uri: true })

/**
 * Finds the client that a request names. Throws `invalid_request` until it is known where to send
 * errors.
 */
export function openRequest(
  { clients }: { clients: readonly Client[] },
  given: Parameters,
): OpenedRequest {
  const { client, redirectUri } = resolveClient(clients, readParameters(Pair, given))
  const isSilent = given.prompt === 'none'
  if (redirectUri === null) return { client, redirectUri, target: null, isSilent }
  return {
    client,
    redirectUri,
    isSilent,
    target: {
      clientId: client.id,
      redirectUri,
      // Kept as it was sent, however long, so that the client recognizes its request.
      state: textOf(given.state) ?? null,
      responseMode: modeOfFaults(client, redirectUri, textOf(given.response_mode)),
      intent: given.intent === 'link' ? 'link' : null,
      uiLocales: usableLocales(given.ui_locales),
    },
  }
}

/** The error for a flow without a redirect_uri where DIRECT_ANSWER is off. */
export const noDirectAnswer = (): LatchkeyError =>
  new LatchkeyError(
    'invalid_request',
    'A redirect_uri is needed: answers with tokens in place of a redirect are off (DIRECT_ANSWER).',
    { evidence: { reason: 'direct_answer_off' } },
  )

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/**
 * Whether a response mode can reach this redirect URI: forms and messages need a web page there.
 */
const fits = (mode: ResponseMode, redirectUri: string) =>
  (mode !== 'form_post' && mode !== 'web_message') || /^https?:/.test(redirectUri)

/**
 * The response mode for errors: the requested one where it is allowed; `query` in place of
 * `cookie`.
 */
function modeOfFaults(
  client: Client,
  redirectUri: string,
  asked: string | undefined,
): ResponseMode {
  const mode = client.responseModes.find((one) => one === asked)
  return mode !== undefined && fits(mode, redirectUri) ? mode : 'query'
}

/**
 * Error codes for malformed parameters, where RFC 6749 (section 4.1.2.1) or RFC 8707 has a special
 * one.
 */
const CODES: Readonly<Record<string, ErrorCode>> = {
  response_type: 'unsupported_response_type',
  scope: 'invalid_scope',
  resource: 'invalid_target',
}

/**
 * No ID token of ours is longer: a longer hint names nobody, and would only lengthen each link of
 * the sign-in page.
 */
const LONGEST_HINT = 8192

/** Reads the remaining parameters. Throws the error that the client is sent. */
export function readRequest(opened: OpenedRequest, given: Parameters): AuthorizationRequest {
  for (const name of ['request', 'request_uri'] as const) {
    if (given[name] === undefined || given[name] === '') continue
    throw new LatchkeyError(`${name}_not_supported`, `The parameter "${name}" is not supported.`)
  }
  const read = readParameters(AuthorizationRequest, given, (name, isTwice) =>
    isTwice && name !== 'resource' ? undefined : CODES[name],
  )
  const { ui_locales: locales, id_token_hint: hint, ...rest } = read
  const asked = {
    ...rest,
    ui_locales: usableLocales(locales),
    id_token_hint: hint !== undefined && hint.length <= LONGEST_HINT ? hint : undefined,
  }
  checkMode(opened, asked)
  checkProof(opened, asked)
  if (asked.resource !== undefined) checkResource(opened.client, asked)
  if (asked.prompt !== 'none' && promptsIn(asked.prompt).includes('none')) {
    throw wrong('prompt=none stands alone.')
  }
  return asked
}

const wrong = (message: string) => new LatchkeyError('invalid_request', message)

function checkMode({ client, redirectUri }: OpenedRequest, asked: AuthorizationRequest): void {
  const mode = asked.response_mode ?? 'query'
  const isLink = asked.intent === 'link'
  if (redirectUri === null) {
    if (mode !== 'query') throw wrong('This response_mode needs a redirect_uri.')
    if (isLink) throw wrong('intent=link needs a redirect_uri.')
    return
  }
  if (!client.responseModes.includes(mode)) {
    const listed = client.responseModes.join(', ')
    throw new LatchkeyError(
      'unauthorized_client',
      `response_mode ${mode} is not one that this client lists (${listed}).`,
      { evidence: { reason: 'response_mode_not_listed', sent: mode, registered: listed } },
    )
  }
  if (!fits(mode, redirectUri)) {
    throw wrong(`response_mode ${mode} needs an http or https redirect_uri.`)
  }
  if (isLink && mode === 'cookie') {
    throw wrong('intent=link gives a code, so that response_mode cannot be cookie.')
  }
}

function checkProof({ client, redirectUri }: OpenedRequest, asked: AuthorizationRequest): void {
  if (asked.code_challenge !== undefined && asked.code_challenge_method === undefined) {
    throw wrong('The code_challenge_method must be S256.')
  }
  if (redirectUri === null || asked.response_mode === 'cookie') return
  if (asked.code_challenge !== undefined) return
  // The code of a link is redeemed with a user's token, not by the client: a client secret would
  // prove nothing.
  if (asked.intent === 'link') throw wrong('intent=link needs a code_challenge (PKCE, S256).')
  if (!isConfidential(client)) {
    throw wrong('A public client must send a code_challenge (PKCE, S256).')
  }
}

function checkResource({ resources }: Client, asked: AuthorizationRequest): void {
  const { resource = '', response_mode: mode } = asked
  if (mode === 'cookie') {
    const message = 'A session in cookies is for Latchkey itself: no resource in cookie mode.'
    throw new LatchkeyError('invalid_target', message)
  }
  if (resources.includes(resource)) return
  throw new LatchkeyError('invalid_target', 'The resource is not one that this client lists.', {
    evidence: {
      reason: 'resource_not_listed',
      sent: shownValue(resource),
      registered: shownValue(resources.join(', ')),
    },
  })
}
