import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

/** The methods of each address that is registered from here on. */
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
 * Watches which routes are registered from here on; the function it returns adds to each of them a
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
        // Before the body is looked at: what it holds does not matter to a method that is not allowed.
        onRequest: (_request, reply, done) => {
          reply.header('allow', allow)
          done(new LatchkeyError('method_not_allowed', `Only ${allow} is allowed here.`))
        },
        handler: () => {},
      })
    }
  }
}
