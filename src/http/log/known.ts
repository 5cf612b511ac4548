import type { FastifyInstance, FastifyRequest } from 'fastify'
import { addressOf } from '../requests/address.ts'

/** Whose request it is, as far as that is known and proven. */
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

/** Furnishes a server whose requests are known more of, the further they come. */
export function rememberKnown(app: FastifyInstance): void {
  app.decorateRequest('known', null)
}

/** From here on the lines that tell of a problem of this request name it. */
export function know(request: FastifyRequest, known: Known): void {
  request.known = request.known === null ? known : { ...request.known, ...known }
}

/** Where something happened and to whom: what every line has that tells of a problem within a request. */
export function placeOf(
  request: FastifyRequest,
): Known & { route: string | null; address: string } {
  const { url: route = null } = request.routeOptions
  return { route, address: addressOf(request), ...request.known }
}
