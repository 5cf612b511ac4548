import { z } from 'zod'
import { LatchkeyError } from './errors.ts'
import { matchesRedirectUri } from './redirects.ts'

/** The built-in client that a flow without a redirect_uri belongs to. */
export const BUILT_IN_CLIENT = 'latchkey'

/** The client that is always registered on loopback: the page to try everything on. */
export const PLAYGROUND = 'playground'

/** An app that sends people here. */
export interface Client {
  id: string
  /** As people see it. */
  name: string
  /** Null for a public client, which proves itself by PKCE. */
  secret: string | null
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  /** Web origins that may read answers (CORS). */
  origins: readonly string[]
}

/** What can be granted; `offline_access` is implied. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** Granted where the client asks for nothing. */
const DEFAULT_SCOPE = 'profile email offline_access'

const parameter = (max: number) => z.string().max(max)

/**
 * An authorization request (RFC 6749, section 4.1.1). A parameter without a value counts as omitted,
 * one that stands twice is refused (section 3.1); what is not listed is ignored.
 */
export const AuthorizationRequest = z.object({
  client_id: parameter(128).optional().meta({
    description:
      'A registered client; without it and a redirect_uri the callback itself answers with tokens.',
  }),
  redirect_uri: parameter(2048)
    .optional()
    .meta({ description: 'One of the client, exactly as registered.' }),
  response_type: z.literal('code').optional().meta({ description: 'Only `code` there is.' }),
  response_mode: z.enum(['query', 'cookie', 'web_message']).optional().meta({
    description:
      '`query`: a code in the redirect; `cookie`: the session in cookies; `web_message`: a code posted to the opener of a popup.',
  }),
  state: parameter(512).optional().meta({ description: 'Comes back with the redirect.' }),
  nonce: parameter(255).optional().meta({ description: 'Put into the ID token.' }),
  scope: parameter(255)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e ]+$/)
    .optional()
    .meta({ description: 'Of `openid profile email`; `offline_access` is implied.' }),
  code_challenge: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 base64url characters')
    .optional()
    .meta({ description: 'SHA-256 of the code_verifier, base64url (RFC 7636).' }),
  code_challenge_method: z
    .literal('S256')
    .optional()
    .meta({ description: 'Required with a code_challenge.' }),
  intent: z.literal('link').optional().meta({
    description:
      '`link`: nobody is signed in; the code is for `POST /me/identities`. Needs a redirect_uri.',
  }),
  login_hint: parameter(255)
    .optional()
    .meta({ description: 'Passed on to the provider; picks a persona of an emulated one.' }),
  prompt: parameter(64)
    .regex(/^[a-z_ ,]+$/)
    .optional()
    .meta({ description: 'Passed on where the provider understands it.' }),
  ui_locales: parameter(64)
    .regex(/^[A-Za-z0-9 -]+$/)
    .optional()
    .meta({ description: 'Languages of the page, the preferred one first.' }),
})
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>

/** The scope that is granted for what was asked: known values once each, unknown ones ignored. */
export function grantScope(asked: string | undefined): string {
  if (asked === undefined) return DEFAULT_SCOPE
  const wanted = new Set([...asked.split(' '), 'offline_access'])
  return SCOPES.filter((scope) => wanted.has(scope)).join(' ')
}

/** The client whose flows have no redirect_uri: the callback itself answers with the tokens. */
const builtIn: Client = {
  id: BUILT_IN_CLIENT,
  name: 'Latchkey',
  secret: null,
  redirectUris: [],
  postLogoutRedirectUris: [],
  origins: [],
}

/** The client of this id, the built-in one among them. */
export function findClient(clients: readonly Client[], id: string): Client | undefined {
  return id === BUILT_IN_CLIENT ? builtIn : clients.find((client) => client.id === id)
}

/** Where a flow ends: at the built-in client, or at a registered pair. */
export interface ResolvedClient {
  client: Client
  redirectUri: string | null
}

/**
 * Finds the client of an authorization request; an unregistered redirect_uri is never redirected to.
 * Throws `invalid_request`.
 */
export function resolveClient(
  clients: readonly Client[],
  asked: { client_id?: string | undefined; redirect_uri?: string | undefined },
): ResolvedClient {
  const { client_id: id, redirect_uri: uri } = asked
  if (uri === undefined) {
    if (id === undefined || id === BUILT_IN_CLIENT) return { client: builtIn, redirectUri: null }
    throw clients.some((client) => client.id === id)
      ? wrong('The redirect_uri is missing.')
      : wrong('No client with this client_id is registered.')
  }
  const registering = clients.filter((client) =>
    client.redirectUris.some((registered) => matchesRedirectUri(registered, uri)),
  )
  const [client, ...others] =
    id === undefined ? registering : registering.filter((one) => one.id === id)
  if (client === undefined) throw wrong('This redirect_uri is not registered for the client.')
  if (others.length > 0) throw wrong('Several clients register this redirect_uri: send client_id.')
  return { client, redirectUri: uri }
}

/** The same, or null where the request names no registered pair. */
export function findRegistered(
  clients: readonly Client[],
  asked: Parameters<typeof resolveClient>[1],
): ResolvedClient | null {
  try {
    return resolveClient(clients, asked)
  } catch {
    return null
  }
}

const wrong = (message: string) => new LatchkeyError('invalid_request', message)
