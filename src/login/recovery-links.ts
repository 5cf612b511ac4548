import type { FastifyRequest } from 'fastify'
import { AuthorizationRequest } from '../core/authorization-request.ts'
import { type Client, findRegistered } from '../core/client.ts'
import { defined } from '../core/defined.ts'
import { pathOf } from '../core/public-url.ts'
import { readParameters } from '../http/query.ts'
import { withParameters } from './answers.ts'
import type { KeptRequest, ResumableStates } from './resumable-state.ts'

/** Where a person can go from a problem. */
export interface RecoveryLinks {
  /** The same login once more, with the client's parameters; null where nobody was signing in. */
  retry: string | null
  /** The sign-in page with them. */
  signIn: string
  /** The app that sent the person here. */
  back: { client: string; href: string } | null
  /** The languages that the request asks for. */
  uiLocales: string | undefined
  /** The provider of the login, by its name; null where it is none of ours. */
  providerName: string | null
}

/** A route of a login: the provider where it is one of ours, and whether it was the callback. */
interface LoginRoute {
  provider: string | null
  isCallback: boolean
}

/** Finds the ways on from a problem with this code. */
export function createRecoveryLinks(options: {
  clients: readonly Client[]
  issuer: string
  resumable: ResumableStates
  /** The name of an enabled provider. */
  nameOf: (provider: string) => string | undefined
}): (request: FastifyRequest, code: string) => RecoveryLinks {
  const { clients, issuer, resumable, nameOf } = options
  const path = pathOf(issuer)

  return (request, code) => {
    const query = (request.query ?? {}) as Record<string, unknown>
    const uiLocales = AuthorizationRequest.shape.ui_locales.safeParse(query.ui_locales).data
    const route = readRoute(request, query)
    if (route === null) {
      return { retry: null, signIn: `${path}/login`, back: null, uiLocales, providerName: null }
    }
    const { provider, isCallback } = route
    const asked = isCallback ? readResumable(request, query, provider) : readStart(query)
    // Nothing is kept of a request whose client is not registered.
    const resolved = asked === null ? null : findRegistered(clients, asked)
    const isGood = asked !== null && resolved !== null
    const search = isGood ? searchOf(asked) : ''
    const back = isGood ? backTo(resolved, asked) : null
    return {
      retry: `${path}${provider === null ? '/login' : `/login/${provider}`}${search}`,
      signIn: `${path}/login${search}`,
      back: back ?? (code === 'invalid_state' ? onlyApp() : null),
      uiLocales: uiLocales ?? asked?.ui_locales,
      providerName: provider === null ? null : (nameOf(provider) ?? null),
    }
  }

  function readRoute(request: FastifyRequest, query: Record<string, unknown>): LoginRoute | null {
    // The route's own path, never the URL that was asked for.
    const route = request.routeOptions?.url ?? ''
    const [login, named, callback] = /^\/login(\/:provider(\/callback)?)?$/.exec(route) ?? []
    if (login === undefined) return null
    const { provider } = named === undefined ? query : (request.params as { provider?: unknown })
    const isOurs = typeof provider === 'string' && nameOf(provider) !== undefined
    return { provider: isOurs ? provider : null, isCallback: callback !== undefined }
  }

  /** What the state of a callback remembers; a form_post brings it in the body. */
  function readResumable(request: FastifyRequest, query: object, provider: string | null) {
    const { state } = { ...(request.body ?? {}), ...query } as { state?: unknown }
    return typeof state === 'string' && provider !== null ? resumable.read(state, provider) : null
  }

  function readStart(query: Record<string, unknown>): AuthorizationRequest | null {
    try {
      return readParameters(AuthorizationRequest, query)
    } catch {
      return null
    }
  }

  /** To the redirect URI, which is registered, as a login that was given up (RFC 6749, 4.1.2.1). */
  function backTo(
    { client, redirectUri }: { client: Client; redirectUri: string | null },
    { state }: KeptRequest,
  ) {
    if (redirectUri === null) return null
    const href = withParameters(redirectUri, {
      error: 'access_denied',
      error_description: 'The sign-in was not finished.',
      ...defined({ state }),
      iss: issuer,
    })
    return { client: client.name, href }
  }

  /** Where nothing is known of a login that is over, and one web app is all there is beside our own page: its front page. */
  function onlyApp() {
    const { origin } = new URL(issuer)
    const web = clients.flatMap(({ name, url, redirectUris }) => {
      const uri = redirectUris.find((one) => /^https?:/.test(one))
      if (uri === undefined || new URL(uri).origin === origin) return []
      return [{ client: name, href: url ?? new URL('/', uri).href }]
    })
    return web.length === 1 ? (web[0] ?? null) : null
  }
}

/** A client's request as a query again, with its question mark; empty where nothing was asked. */
export function searchOf(asked: KeptRequest): string {
  const entries = Object.entries(asked).filter((entry) => entry[1] !== undefined)
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries as [string, string][])}`
}
