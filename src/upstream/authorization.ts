import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { NO_COMPILERS } from '../http/server.ts'

/** What of a registration the authorization URL is made of. */
export interface AuthorizationOptions {
  clientId: string
  callbackUrl: string
  scopes: readonly string[]
  scopeSeparator: string
  pkce: boolean
}

/** A fresh authorization request; state and verifier belong into the flow. */
export interface AuthorizationRequest {
  parameters: URLSearchParams
  state: string
  verifier: string | null
}

// The plugin joins host and path into a URL, in which a path that begins with `//` is another host. So
// it makes its URL here, and the parameters are put to the endpoint as it was given, whole.
const NOWHERE = 'https://provider.invalid'

/**
 * Registers a provider at @fastify/oauth2, in an instance of its own, and gives what makes authorization
 * requests. Loaded with the first login: the plugin brings a whole HTTP library along.
 */
export async function registerProvider(
  options: AuthorizationOptions,
): Promise<() => Promise<AuthorizationRequest>> {
  const [{ default: Fastify }, { default: oauth2 }] = await Promise.all([
    import('fastify'),
    import('@fastify/oauth2'),
  ])
  const engine = Fastify({ schemaController: { compilersFactory: NO_COMPILERS } })
  await engine.register(oauth2, {
    name: 'provider',
    scope: [...options.scopes],
    callbackUri: options.callbackUrl,
    redirectStateCookieName: 'state',
    verifierCookieName: 'verifier',
    ...(options.pkce ? { pkce: 'S256' as const } : {}),
    credentials: {
      // The secret is for the code exchange, which is ours.
      client: { id: options.clientId, secret: '' },
      auth: {
        authorizeHost: NOWHERE,
        authorizePath: '/authorize',
        tokenHost: NOWHERE,
        tokenPath: '/token',
      },
      options: { scopeSeparator: options.scopeSeparator } as object,
    },
  })
  await engine.ready()
  const client = (engine as unknown as { provider: OAuth2Namespace }).provider

  return async () => {
    // The plugin hands state and verifier out as cookies; ours are sealed together with the flow.
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
    const { searchParams: parameters } = new URL(url)
    return { parameters, state: jar.state, verifier: jar.verifier ?? null }
  }
}

/** An endpoint with parameters in its query: those that it has of its own stay. */
export function withQuery(endpoint: string, parameters: Iterable<readonly [string, string]>): URL {
  const url = new URL(endpoint)
  for (const [name, value] of parameters) url.searchParams.set(name, value)
  return url
}
