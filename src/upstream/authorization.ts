import { createRequire } from 'node:module'
import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ProviderRow } from '../core/provider/provider.ts'
import { NO_COMPILERS } from '../http/server.ts'
import { endpoint, type Metadata } from './metadata/metadata.ts'

/** What of a registration the authorization URL is made of. */
interface AuthorizationOptions {
  clientId: string
  callbackUrl: string
  scopes: readonly string[]
  scopeSeparator: string
  pkce: boolean
}

// The plugin joins host and path into a URL, in which a path that begins with `//` is another host. So
// it makes its URL here, and the parameters are put to the endpoint as it was given, whole.
const NOWHERE = 'https://provider.invalid'

// Of an `import` that fails, for want of a file descriptor, Node keeps the failure for as long as the process
// lives: no login would begin any more. What `require` cannot load now it loads the next time.
const require = createRequire(import.meta.url)

/**
 * Registers a provider at @fastify/oauth2, in an instance of its own, and gives the parameters of its
 * authorization requests; `state` and `code_challenge`, which are fresh for each, are left out. Loaded with
 * the first login: the plugin brings a whole HTTP library along.
 */
async function registerProvider(
  options: AuthorizationOptions,
): Promise<Readonly<Record<string, string>>> {
  const { fastifyOauth2 } = require('@fastify/oauth2') as typeof import('@fastify/oauth2')
  const { default: Fastify } = await import('fastify')
  const engine = Fastify({ schemaController: { compilersFactory: NO_COMPILERS } })
  await engine.register(fastifyOauth2, {
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
  // The plugin hands state and verifier out as cookies; ours are sealed together with the flow.
  const noCookies = { setCookie: () => noCookies }
  const url = await client.generateAuthorizationUri(
    {} as FastifyRequest,
    noCookies as unknown as FastifyReply,
  )
  const {
    state: _state,
    code_challenge: _challenge,
    ...parameters
  } = Object.fromEntries(new URL(url).searchParams)
  if (options.scopes.length === 0) delete parameters.scope
  return parameters
}

/**
 * Where the browser is sent, with all that does not change from one login to the next: made once, for as
 * long as the provider names the same endpoint.
 */
export function createAuthorizationAddress({
  row: { scopes, scopeSeparator, authorizationParams },
  clientId,
  callbackUrl,
}: {
  row: ProviderRow
  clientId: string
  callbackUrl: string
}): (metadata: Metadata) => Promise<string> {
  const registered = new Map<boolean, ReturnType<typeof registerProvider>>()
  let address: { endpoint: string; pkce: boolean; formPost: boolean; url: string } | null = null

  function commonParameters(pkce: boolean): ReturnType<typeof registerProvider> {
    const known = registered.get(pkce)
    if (known !== undefined) return known
    const made = registerProvider({ clientId, callbackUrl, scopes, scopeSeparator, pkce })
    registered.set(pkce, made)
    made.catch(() => registered.delete(pkce))
    return made
  }

  return async (metadata) => {
    const { pkce, formPost } = metadata
    const named = endpoint(metadata, 'authorization_endpoint')
    if (address?.endpoint !== named || address.pkce !== pkce || address.formPost !== formPost) {
      const mode = formPost ? { response_mode: 'form_post' } : null
      const lasting = { ...(await commonParameters(pkce)), ...mode, ...authorizationParams }
      address = { endpoint: named, pkce, formPost, url: withQuery(named, lasting) }
    }
    return address.url
  }
}

/** An endpoint whose query is empty and that needs no cleaning. */
const PLAIN = /^https?:\/\/[\w.:[\]-]+\/[\w./~-]*$/

/** An endpoint with parameters in its query: those that it has of its own stay. A space is `%20`, since not everybody reads `+`. */
export function withQuery(endpoint: string, parameters: Readonly<Record<string, string>>): string {
  const query = queryOf(new URLSearchParams(parameters))
  if (PLAIN.test(endpoint)) return query === '' ? endpoint : `${endpoint}?${query}`
  const url = new URL(endpoint)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  url.search = queryOf(url.searchParams)
  return url.href
}

/** The same of an endpoint that has parameters: those of the same name are replaced. */
export function withMore(url: string, parameters: Readonly<Record<string, string>>): string {
  const names = Object.keys(parameters)
  const isNew = (name: string) => !url.includes(`${name}=`)
  if (!url.includes('?') || url.includes('#') || !names.every(isNew))
    return withQuery(url, parameters)
  return `${url}&${queryOf(new URLSearchParams(parameters))}`
}

const queryOf = (parameters: URLSearchParams) => parameters.toString().replaceAll('+', '%20')
