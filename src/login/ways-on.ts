import type { FastifyRequest } from 'fastify'
import { AuthorizationRequest, type Client, resolveClient } from '../core/client.ts'
import type { ErrorCode } from '../core/errors.ts'
import { readParameters } from '../http/query.ts'
import { withParameters } from './answers.ts'
import type { KeptRequest, Memos } from './memo.ts'

/** Where a person can go from a problem. */
export interface WaysOn {
  /** The same login once more, with the client's parameters. */
  retry: string
  /** The sign-in page with them. */
  signIn: string
  /** The app that sent the person here. */
  back: { client: string; href: string } | null
  uiLocales: string | undefined
}

/** Finds the ways on from a problem at one of the login routes. */
export function createWaysOn(options: {
  clients: readonly Client[]
  issuer: string
  memos: Memos
}): (request: FastifyRequest, code: ErrorCode) => WaysOn {
  const { clients, issuer, memos } = options

  /** The client's request as far as it can be trusted: nothing of one that is not registered. */
  const askedBy = (request: FastifyRequest, provider: string | undefined, isCallback: boolean) => {
    const query = request.query as Record<string, unknown>
    if (isCallback) {
      const { state } = query
      return typeof state === 'string' && provider !== undefined
        ? memos.read(state, provider)
        : null
    }
    try {
      return readParameters(AuthorizationRequest, query)
    } catch {
      return null
    }
  }

  return (request, code) => {
    // The route's own path, never the URL that was asked for.
    const route = request.routeOptions?.url ?? ''
    const [login, provider, callback] =
      /^\/login\/([a-z0-9-]+)(\/callback)?$/.exec(route)?.slice(0, 3) ?? []
    const isStart = route === '/login' || (login !== undefined && callback === undefined)
    const asked =
      isStart || callback !== undefined ? askedBy(request, provider, callback !== undefined) : null
    const resolved = asked === null ? null : resolveClient(clients, asked)
    const isGood = asked !== null && resolved !== null && resolved.problem === undefined
    const search = isGood ? searchOf(asked) : ''
    const start = provider === undefined ? '/login' : `/login/${provider}`
    const back = isGood && resolved.redirectUri !== null ? backTo(resolved, asked) : null
    return {
      retry: `${start}${search}`,
      signIn: `/login${search}`,
      back: back ?? (code === 'invalid_state' ? onlyApp() : null),
      uiLocales: asked?.ui_locales,
    }
  }

  /** To the redirect URI, which is registered, as a login that was given up (RFC 6749, 4.1.2.1). */
  function backTo(
    { client, redirectUri }: { client: Client; redirectUri: string | null },
    { state }: KeptRequest,
  ) {
    const href = withParameters(redirectUri ?? '', {
      error: 'access_denied',
      error_description: 'The sign-in was not finished.',
      ...(state === undefined ? {} : { state }),
      iss: issuer,
    })
    return { client: client.name, href }
  }

  /** Where nothing is known of a login that is over, and one web app is all there is: its front page. */
  function onlyApp() {
    const [client, ...others] = clients
    const web = client?.redirectUris.find((uri) => /^https?:/.test(uri))
    if (client === undefined || others.length > 0 || web === undefined) return null
    return { client: client.name, href: new URL('/', web).href }
  }
}

function searchOf(asked: KeptRequest): string {
  const entries = Object.entries(asked).filter((entry) => entry[1] !== undefined)
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries as [string, string][])}`
}
