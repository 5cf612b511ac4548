import type { FastifyInstance, FastifyRequest } from 'fastify'
import { shownValue } from '../../core/text.ts'
import { placeOf } from '../log/known.ts'
import { methodsByUrl } from './methods.ts'

/**
 * Opens a room whose answers pages of these origins may read, cookies included. Other origins get
 * no CORS headers. Preflights are answered for every route of the room.
 */
export async function withPreflights(
  app: FastifyInstance,
  origins: ReadonlySet<string>,
  addRoutes: (room: FastifyInstance) => Promise<void>,
): Promise<void> {
  const isAllowed = (request: FastifyRequest) => origins.has(request.headers.origin ?? '')
  await app.register(async (room) => {
    const methods = methodsByUrl(room)
    room.addHook('onRequest', (request, reply, done) => {
      reply.header('vary', 'Origin')
      if (isAllowed(request)) {
        reply.headers({
          'access-control-allow-origin': request.headers.origin,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
        })
      } else noteUnregistered(request)
      done()
    })
    await addRoutes(room)
    for (const [url, known] of [...methods]) {
      const allowed = [...known].filter((method) => method !== 'HEAD').join(', ')
      room.options(url, (request, reply) => {
        if (isAllowed(request)) {
          reply.headers({
            'access-control-allow-methods': allowed,
            'access-control-allow-headers': headersFor(request),
            'access-control-max-age': '600',
          })
        }
        return reply.code(204).send()
      })
    }
  })
}

/**
 * Logs that a page of an unregistered origin called, since the page itself only sees a CORS error.
 * Programs send no `Sec-Fetch-Site`.
 */
function noteUnregistered(request: FastifyRequest): void {
  const { origin = '', 'sec-fetch-mode': mode, 'sec-fetch-site': site } = request.headers
  if (mode !== 'cors' || (site !== 'cross-site' && site !== 'same-site')) return
  request.log.info(
    { event: 'origin_unregistered', ...placeOf(request), origin: shownValue(origin) },
    'a page of an origin that no client registers called: its browser hides the answer (CORS)',
  )
}

/**
 * The allowed headers: those that we read, and whatever else the page asks for. Tracing libraries,
 * for example, add headers to every request.
 */
function headersFor({ headers }: FastifyRequest): string {
  const asked = (headers['access-control-request-headers'] ?? '').toLowerCase().split(',')
  const names = asked.map((name) => name.trim())
  const others = names.filter((name) => /^[\w-]+$/.test(name) && !READ.includes(name))
  return ['Authorization', 'Content-Type', ...new Set(others)].join(', ')
}
const READ = ['authorization', 'content-type']

/** Answers the preflight of a public document, which a page may request with any headers. */
export function preflightOfPublic(room: FastifyInstance, path: string): void {
  room.options(path, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET',
        // Apps often add their token to every request, and `*` does not cover that header (Fetch).
        'access-control-allow-headers': '*, Authorization',
        'access-control-max-age': '600',
      })
      .send(),
  )
}
