import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addressOf } from '../requests/address.ts'

/** What is known and proven about the sender of a request. */
export interface Known {
  provider?: string
  client?: string
  user?: string
  session?: string
  /** Without its query. */
  redirect_uri?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** For the log; null until something is known. */
    known: Known | null
  }
}

/** Lets the requests of a server collect what is known about them. */
export function rememberKnown(app: FastifyInstance): void {
  app.decorateRequest('known', null)
}

/** Adds to what is known: from here on, log lines about problems of this request include it. */
export function know(request: FastifyRequest, known: Known): void {
  request.known = request.known === null ? known : { ...request.known, ...known }
}

/** Route and sender of a request: the fields of every log line about a problem in it. */
export function placeOf(
  request: FastifyRequest,
): Known & { route: string | null; address: string } {
  const { url: route = null } = request.routeOptions
  return { route, address: addressOf(request), ...request.known }
}
