import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Lets pages of these origins read the answers of a room's routes, cookies included; any other origin
 * gets no CORS header at all. Call it before the routes are registered, and what it returns after:
 * that adds the answers to preflights.
 */
export function allowOrigins(room: FastifyInstance, origins: ReadonlySet<string>): () => void {
  const methods = new Map<string, Set<string>>()
  room.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })
  const isAllowed = (request: FastifyRequest) => origins.has(request.headers.origin ?? '')
  room.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', 'Origin')
    if (isAllowed(request)) {
      reply.headers({
        'access-control-allow-origin': request.headers.origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
      })
    }
    done()
  })
  return () => {
    for (const [url, known] of [...methods]) {
      const allowed = [...known].filter((method) => method !== 'HEAD').join(', ')
      room.options(url, { schema: { hide: true } }, (request, reply) => {
        if (isAllowed(request)) {
          reply.headers({
            'access-control-allow-methods': allowed,
            'access-control-allow-headers': 'Authorization, Content-Type',
            'access-control-max-age': '600',
          })
        }
        return reply.code(204).send()
      })
    }
  }
}
