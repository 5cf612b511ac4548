import { defined } from '../defined.ts'
import { type Evidence, LatchkeyError } from '../errors.ts'
import { shownUri, shownValue } from '../text.ts'
import { matchesRedirectUri } from './redirects.ts'

/** The built-in client that a flow without a redirect_uri belongs to. */
export const BUILT_IN_CLIENT = 'latchkey'

/** The client that is always registered on loopback: the playground page. */
export const PLAYGROUND = 'playground'

/** How a client gets the answer of a login. */
export const RESPONSE_MODES = ['query', 'form_post', 'cookie', 'web_message'] as const
export type ResponseMode = (typeof RESPONSE_MODES)[number]

/** The modes of a client that lists none. A session in cookies is only for clients that ask for it. */
export const DEFAULT_RESPONSE_MODES: readonly ResponseMode[] = ['query', 'form_post', 'web_message']

/** Algorithms that our tokens can be signed with. */
export const TOKEN_ALGS = ['ES256', 'RS256', 'EdDSA'] as const
export type TokenAlg = (typeof TOKEN_ALGS)[number]

/** An app that sends people here. */
export interface Client {
  id: string
  /** The name that people see. */
  name: string
  /** None for a public client, which proves itself by PKCE; two while the secret is being changed. */
  secrets: readonly string[]
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  /** Web origins that may read answers (CORS). */
  origins: readonly string[]
  /** How its logins may be answered. */
  responseModes: readonly ResponseMode[]
  /** The APIs that it may ask tokens for (RFC 8707). */
  resources: readonly string[]
  /** Whether it may ask for the scope `admin` for itself. */
  isAdmin: boolean
  /** Whether it may ask for the scope `provider_tokens`. */
  providerTokens: boolean
  /** Its front page; null where it is not set. */
  url: string | null
  /** The algorithm of its ID tokens. */
  idTokenAlg: TokenAlg
  /** Where logout tokens about ended sessions are sent (OpenID Connect Back-Channel Logout). */
  backchannelLogoutUri: string | null
}

/** The client whose flows have no redirect_uri: the callback itself answers with the tokens. */
const builtIn: Client = {
  id: BUILT_IN_CLIENT,
  name: 'Latchkey',
  secrets: [],
  redirectUris: [],
  postLogoutRedirectUris: [],
  origins: [],
  responseModes: ['query'],
  resources: [],
  isAdmin: false,
  providerTokens: false,
  url: null,
  idTokenAlg: 'RS256',
  backchannelLogoutUri: null,
}

/** The client with this id; the built-in one can be found, too. */
export function findClient(clients: readonly Client[], id: string): Client | undefined {
  return id === BUILT_IN_CLIENT ? builtIn : clients.find((client) => client.id === id)
}

/** Whether a client proves itself by a secret (RFC 6749, section 2.1). */
export const isConfidential = ({ secrets }: Pick<Client, 'secrets'>): boolean => secrets.length > 0

/** The algorithm of a client's ID tokens, even where it is no longer registered. */
export const idTokenAlgOf = (clients: readonly Client[], id: string): TokenAlg =>
  (findClient(clients, id) ?? builtIn).idTokenAlg

/** The algorithms of all clients' ID tokens. */
export const idTokenAlgs = (clients: readonly Client[]): TokenAlg[] => [
  ...new Set([builtIn, ...clients].map(({ idTokenAlg }) => idTokenAlg)),
]

/** Where a flow ends: at the built-in client, or at a registered pair. */
export interface ResolvedClient {
  client: Client
  redirectUri: string | null
}

/**
 * Finds the client of an authorization request; nobody is ever redirected to an unregistered
 * redirect_uri. Throws `invalid_request`, whose evidence says what was sent and what is registered.
 */
export function resolveClient(
  clients: readonly Client[],
  asked: { client_id?: string | undefined; redirect_uri?: string | undefined },
): ResolvedClient {
  const { client_id: id, redirect_uri: uri } = asked
  const named = id === undefined ? undefined : clients.find((client) => client.id === id)
  if (id !== undefined && id !== BUILT_IN_CLIENT && named === undefined) {
    throw wrong('No client with this client_id is registered.', 'client_unknown', {
      sent: shownValue(id),
      registered: shownValue(clients.map((client) => client.id).join(', ')),
    })
  }
  if (uri === undefined) {
    if (named === undefined) return { client: builtIn, redirectUri: null }
    throw wrong('The redirect_uri is missing.', 'redirect_uri_missing', { client: named.id })
  }
  const isRegistered = (client: Client) =>
    client.redirectUris.some((registered) => matchesRedirectUri(registered, uri))
  const candidates = id === undefined ? clients : clients.filter((client) => client === named)
  const [client, ...others] = candidates.filter(isRegistered)
  const sent = shownUri(uri)
  if (client === undefined) {
    throw wrong(
      'This redirect_uri is not registered for the client.',
      'redirect_uri_unregistered',
      {
        ...defined({ client: named?.id }),
        sent,
        registered: shownValue(candidates.flatMap(({ redirectUris }) => redirectUris).join(', ')),
      },
    )
  }
  if (others.length > 0) {
    const message = 'Several clients register this redirect_uri: send client_id.'
    throw wrong(message, 'client_ambiguous', { sent })
  }
  return { client, redirectUri: uri }
}

/** What `resolveClient` finds, or null where the request names no registered pair. */
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

const wrong = (message: string, reason: string, facts: Evidence) =>
  new LatchkeyError('invalid_request', message, { evidence: { reason, ...facts } })
