import http from 'node:http'
import https from 'node:https'
import oauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { invalidAnswer, OUTBOUND_BYTES, OUTBOUND_MS, toOutboundError } from './outbound.ts'

/** A registration at one provider, with its endpoints known. */
export interface OAuth2ClientOptions {
  clientId: string
  clientSecret: string
  authorizationEndpoint: string
  tokenEndpoint: string
  callbackUrl: string
  scopes: readonly string[]
  scopeSeparator: string
  clientAuth: 'client_secret_post' | 'client_secret_basic'
  pkce: boolean
  /** Whether the token endpoint wants the `state` again. */
  stateAtTokenEndpoint: boolean
}

/** The part of OAuth 2.0 that @fastify/oauth2 does for us. */
export interface OAuth2Client {
  /** A fresh authorization URL; state and verifier belong into the flow. */
  start(): Promise<{ url: URL; state: string; verifier: string | null }>
  /** Swaps a code; gives the provider's JSON object, unchecked, whether it is a grant or an error. */
  exchange(options: {
    code: string
    state: string
    verifier: string | null
    signal: AbortSignal
  }): Promise<{ status: number; document: unknown }>
}

// An idle connection is dropped before servers usually do, so that a code is not sent into a closed one.
const agents = {
  'http:': new http.Agent({ keepAlive: true, timeout: 4_000 }),
  'https:': new https.Agent({ keepAlive: true, timeout: 4_000 }),
}

/** One exchange, and what is seen of it on the wire. */
interface Exchange {
  signal: AbortSignal
  state: string
  status: number | null
}
/**
 * The exchange that is being started: the plugin and its HTTP library make the request before they
 * first wait, so what our agent is handed in the meantime is of this exchange.
 */
let starting: Exchange | null = null

/** The plugin copies these parameters for each exchange, and so reads the state of that exchange. */
const stateOfExchange = {
  get state() {
    return starting?.state
  },
}

/**
 * Our keep-alive agent in the shape of a function: the plugin's HTTP library deep-copies the objects
 * in its options, which breaks an agent, but passes functions through. It is also where we see the
 * request itself, so that the deadline can cut it and the status of the answer is known.
 */
function sharedAgent(protocol: 'http:' | 'https:'): http.Agent {
  const agent = agents[protocol]
  const addRequest = (request: http.ClientRequest, ...rest: unknown[]) => {
    const exchange = starting
    if (exchange !== null) {
      const cut = () => request.destroy()
      exchange.signal.addEventListener('abort', cut, { once: true })
      request.once('close', () => exchange.signal.removeEventListener('abort', cut))
      request.prependOnceListener('response', (response) => {
        exchange.status = response.statusCode ?? null
      })
    }
    const inner = agent as unknown as { addRequest(...all: unknown[]): void }
    inner.addRequest(request, ...rest)
  }
  return new Proxy((() => {}) as unknown as http.Agent, {
    get: (_target, property) =>
      property === 'addRequest' ? addRequest : Reflect.get(agent, property, agent),
  })
}

/**
 * One registration of @fastify/oauth2, in an instance of its own, so that a provider whose endpoints
 * are found out later can still be added. Its traps are closed here: cookies are a recorder's and the
 * caller seals them; no URL is taken from the request; time, size and redirects of the exchange are
 * bounded; an error's body comes back as a document.
 */
export async function createOAuth2Client(options: OAuth2ClientOptions): Promise<OAuth2Client> {
  const authorize = new URL(options.authorizationEndpoint)
  const token = new URL(options.tokenEndpoint)
  const engine = Fastify()
  await engine.register(oauth2, {
    name: 'provider',
    scope: [...options.scopes],
    callbackUri: options.callbackUrl,
    userAgent: 'latchkey',
    redirectStateCookieName: 'state',
    verifierCookieName: 'verifier',
    ...(options.pkce ? { pkce: 'S256' as const } : {}),
    ...(options.stateAtTokenEndpoint ? { tokenRequestParams: stateOfExchange } : {}),
    credentials: {
      client: { id: options.clientId, secret: options.clientSecret },
      auth: {
        authorizeHost: authorize.origin,
        authorizePath: authorize.pathname + authorize.search,
        tokenHost: token.origin,
        tokenPath: token.pathname + token.search,
      },
      options: {
        scopeSeparator: options.scopeSeparator,
        authorizationMethod: options.clientAuth === 'client_secret_post' ? 'body' : 'header',
      } as object,
      http: {
        agent: sharedAgent(token.protocol as 'http:' | 'https:'),
        timeout: OUTBOUND_MS,
        maxBytes: OUTBOUND_BYTES,
        gunzip: true,
        // Zero and not "none": a redirect is then an error instead of an empty success.
        redirects: 0,
        redirect303: true,
      } as object,
    },
  })
  await engine.ready()
  const client = (engine as unknown as { provider: OAuth2Namespace }).provider

  return {
    async start() {
      const jar: { state?: string; verifier?: string } = {}
      const recorder = {
        setCookie(name: 'state' | 'verifier', value: string) {
          jar[name] = value
          return recorder
        },
      }
      const url = await client.generateAuthorizationUri(
        {} as FastifyRequest,
        recorder as unknown as FastifyReply,
      )
      if (jar.state === undefined) throw new Error('@fastify/oauth2 made no state')
      return { url: new URL(url), state: jar.state, verifier: jar.verifier ?? null }
    },
    async exchange({ code, state, verifier, signal }) {
      const exchange: Exchange = { signal, state, status: null }
      const facade = {
        query: { code, state },
        cookies: { state, ...(verifier === null ? {} : { verifier }) },
      }
      try {
        signal.throwIfAborted()
        const answer = start(exchange, () =>
          client.getAccessTokenFromAuthorizationCodeFlow(facade as unknown as FastifyRequest),
        )
        const { token: document } = await answer
        if (exchange.status === null) throw new Error('the exchange went past our agent')
        return { status: exchange.status, document }
      } catch (error) {
        return readExchangeError(error, exchange)
      }
    },
  }
}

function start<Result>(exchange: Exchange, run: () => Result): Result {
  starting = exchange
  try {
    return run()
  } finally {
    starting = null
  }
}

/** What the plugin throws, sorted: a refusal with its document, an answer of no use, or no answer. */
function readExchangeError(error: unknown, { signal, status }: Exchange) {
  const { data, output } = error as {
    data?: { isResponseError?: boolean; payload?: unknown } | null
    output?: { statusCode?: number }
  }
  if (signal.aborted) throw toOutboundError(error, 'token', signal)
  if (status === null) {
    // 504: the library's own time limit.
    if (output?.statusCode === 504) throw timeout()
    throw toOutboundError(error, 'token', signal)
  }
  if (status >= 300 && status < 400) throw invalidAnswer('token', 'redirect', { status })
  if (data?.isResponseError) return { status, document: data.payload }
  if (status >= 400) {
    throw new LatchkeyError('provider_error', 'The provider refused a request or failed.', {
      evidence: { step: 'token', status },
    })
  }
  if (output?.statusCode === 408) throw timeout()
  if ((error as { message?: string }).message === 'Payload stream closed prematurely') {
    // The library says so too where it hung up itself, which it does past its limit of bytes.
    const { res } = (data ?? {}) as { res?: http.IncomingMessage }
    if (res?.errored === null) throw invalidAnswer('token', 'too_large', { status })
    throw toOutboundError(error, 'token', signal)
  }
  throw invalidAnswer('token', 'not_json', { status })
}

const timeout = () =>
  new LatchkeyError('provider_timeout', 'The provider did not answer in time.', {
    evidence: { step: 'token' },
  })
