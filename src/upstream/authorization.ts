import { createRequire } from 'node:module'
import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ProviderRow } from '../core/provider/provider.ts'
import { NO_COMPILERS } from '../http/server.ts'
import { endpoint, type Metadata } from './metadata/metadata.ts'

/** The part of a registration that the authorization URL needs. */
interface AuthorizationOptions {
  clientId: string
  callbackUrl: string
  scopes: readonly string[]
  scopeSeparator: string
  pkce: boolean
}

// The plugin joins host and path into one URL, where a path that begins with `//` would become
// another host. So it builds its URL on this host, and we put the parameters on the provider's
// endpoint ourselves.
const NOWHERE = 'https://provider.invalid'

// If an `import` fails for want of a file descriptor, Node keeps that failure for the life of the
// process: no login could start any more. `require` tries again.
const require = createRequire(import.meta.url)

/**
 * Registers a provider with @fastify/oauth2, in an instance of its own, and gives the parameters of
 * its authorization requests without `state` and `code_challenge`, which are new each time. The
 * plugin brings a whole HTTP library along, so it is loaded with the first login.
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
      // The plugin does not exchange codes, so it needs no secret.
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
  // The plugin sets state and verifier as cookies; ours are sealed in the flow's cookie instead.
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
 * The authorization URL without what changes from login to login. It is made once, for as long as
 * the provider names the same endpoint.
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

/**
 * Adds parameters to an endpoint and keeps those that its query has. A space is `%20`, since not
 * every server reads `+`.
 */
export function withQuery(endpoint: string, parameters: Readonly<Record<string, string>>): string {
  const query = queryOf(new URLSearchParams(parameters))
  if (PLAIN.test(endpoint)) return query === '' ? endpoint : `${endpoint}?${query}`
  const url = new URL(endpoint)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  url.search = queryOf(url.searchParams)
  return url.href
}

/** Adds parameters to a URL; those of the same name are replaced. */
export function withMore(url: string, parameters: Readonly<Record<string, string>>): string {
  const names = Object.keys(parameters)
  const isNew = (name: string) => !url.includes(`${name}=`)
  if (!url.includes('?') || url.includes('#') || !names.every(isNew))
    return withQuery(url, parameters)
  return `${url}&${queryOf(new URLSearchParams(parameters))}`
}

const queryOf = (parameters: URLSearchParams) => parameters.toString().replaceAll('+', '%20')
