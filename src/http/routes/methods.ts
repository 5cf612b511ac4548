import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

/** The methods of each path that is registered from now on. */
export function methodsByUrl(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    known.set(url, methods)
  })
  return known
}

/**
 * Watches which routes are registered from now on. The function that it returns adds to each path a
 * 405 with `Allow` for every other method (RFC 9110, section 15.5.6).
 */
export function watchMethods(app: FastifyInstance): () => void {
  const known = methodsByUrl(app)
  return () => {
    for (const [url, methods] of [...known]) {
      const allow = [...methods].sort().join(', ')
      app.route({
        method: METHODS.filter((method) => !methods.has(method)),
        url,
        exposeHeadRoute: false,
        // Before the body is read: it does not matter where the method is not allowed.
        onRequest: (_request, reply, done) => {
          reply.header('allow', allow)
          done(new LatchkeyError('method_not_allowed', `Only ${allow} is allowed here.`))
        },
        handler: () => {},
      })
    }
  }
}
