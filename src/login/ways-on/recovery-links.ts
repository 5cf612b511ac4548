import type { FastifyRequest } from 'fastify'
import { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import { type Client, findRegistered } from '../../core/client/client.ts'
import { withParameters } from '../../core/client/redirects.ts'
import { defined } from '../../core/defined.ts'
import { usableLocales } from '../../core/pages/language.ts'
import type { RecoveryLinks, Ways } from '../../core/pages/recovery.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { readParameters } from '../../http/routes/query.ts'
import { createFrontPages } from './front-pages.ts'
import type { KeptRequest, ResumableStates } from './resumable-state.ts'

/** The parameters of a request, not validated yet. */
type Given = Readonly<Record<string, unknown>>

/**
 * The login request that a problem page answers: its provider, where that is enabled, and whether
 * it was the callback.
 */
interface LoginRoute {
  provider: string | null
  isCallback: boolean
  given: Given
}

const NO_LOGIN = { provider: null, isCallback: false }

/**
 * Finds the links that a problem page offers. It offers no login that would lose the app it was
 * started from.
 */
export function createRecoveryLinks(options: {
  clients: readonly Client[]
  issuer: string
  /** Whether a login may do without an app (DIRECT_ANSWER). */
  directAnswer: boolean
  resumable: ResumableStates
  /** The name of an enabled provider. */
  nameOf: (provider: string) => string | undefined
}): { of: (request: FastifyRequest) => RecoveryLinks; ofNoRequest: Ways } {
  const { clients, issuer, directAnswer, resumable, nameOf } = options
  const path = pathOf(issuer)
  const frontPages = createFrontPages(clients, issuer)

  return { of: linksOf, ofNoRequest: toApps(null) }

  function linksOf(request: FastifyRequest): RecoveryLinks {
    const route = readRoute(request)
    const { provider, isCallback } = route ?? NO_LOGIN
    const given = route?.given ?? ((request.query ?? {}) as Given)
    const asked = isCallback ? readResumable(given, provider) : readStart(given)
    const uiLocales = usableLocales(given.ui_locales)
    return {
      ...(route === null ? toApps(given.client_id) : waysOf(route, asked)),
      isLogin: route !== null,
      uiLocales: uiLocales ?? asked?.ui_locales,
      providerName: provider === null ? null : (nameOf(provider) ?? null),
    }
  }

  function waysOf({ provider, isCallback, given }: LoginRoute, asked: KeptRequest | null): Ways {
    const again = (search: string) => ({
      retry: `${path}${provider === null ? '/login' : `/login/${provider}`}${search}`,
      signIn: `${path}/login${search}`,
    })
    // A request of an unregistered client is not used.
    const resolved = asked === null ? null : findRegistered(clients, asked)
    if (asked !== null && resolved !== null && resolved.redirectUri !== null) {
      return { ...again(searchOf(asked)), back: backTo(resolved, asked), apps: [] }
    }
    const named = isCallback ? asked?.client_id : given.client_id
    const isNobodys = typeof named !== 'string' || frontPages.of(named) === null
    if (directAnswer && isNobodys) {
      // Even where no app is known, the login may have started at one.
      const isBuiltIn = asked !== null && resolved !== null
      return { ...again(isBuiltIn ? searchOf(asked) : ''), back: null, apps: frontPages.only }
    }
    return toApps(named)
  }

  /** Links to the app of this id, else to all known apps. */
  function toApps(clientId: unknown): Ways {
    const back = typeof clientId === 'string' ? frontPages.of(clientId) : null
    const apps = frontPages.only.length > 0 ? frontPages.only : frontPages.all
    const isDeadEnd = back === null && apps.every(({ href }) => href === null)
    return {
      retry: null,
      signIn: isDeadEnd && directAnswer ? `${path}/login` : null,
      back,
      apps: back === null ? apps : [],
    }
  }

  function readRoute(request: FastifyRequest): LoginRoute | null {
    // The route's pattern, never the URL that was requested.
    const route = request.routeOptions?.url ?? ''
    const [login, named, callback] = /^\/login(\/:provider(\/callback)?)?$/.exec(route) ?? []
    if (login === undefined) return null
    // A form sends its parameters in the body; a form_post callback's are joined to its query.
    const body = (request.method === 'POST' ? request.body : null) ?? {}
    const given = { ...(request.query as object), ...(body as object) } as Given
    const { provider } = named === undefined ? given : (request.params as { provider?: unknown })
    const isOurs = typeof provider === 'string' && nameOf(provider) !== undefined
    return { provider: isOurs ? provider : null, isCallback: callback !== undefined, given }
  }

  /** The client's request that the state of a callback carries. */
  function readResumable({ state }: Given, provider: string | null) {
    return typeof state === 'string' && provider !== null ? resumable.read(state, provider) : null
  }

  function readStart(given: Given): AuthorizationRequest | null {
    try {
      return readParameters(AuthorizationRequest, given)
    } catch {
      return null
    }
  }

  /**
   * A link to the registered redirect URI that reports a cancelled login (`access_denied`, RFC
   * 6749, section 4.1.2.1).
   */
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
}

/**
 * The client's request as a query string with its question mark; empty where it had no parameters.
 */
export function searchOf(asked: AuthorizationRequest): string {
  const query = new URLSearchParams(defined(asked))
  return query.size === 0 ? '' : `?${query}`
}
