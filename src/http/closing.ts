import { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** How long a request may be under way that was sent before its client could know of the stop. */
const ON_THE_WAY_MS = 25
/** The longest wait for such requests. */
const MOST_MS = 500

/**
 * Ends connections when the server stops. Each answer then closes its connection: one that the
 * client keeps alive would delay the stop until it has been idle for too long. Requests that still
 * come are answered as usual: a proxy that keeps connections open does not know of the stop yet,
 * and would pass a refusal on to a person. Idle connections are closed a moment later: a request
 * already on its way would be lost.
 */
export function endConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  let answeredAt = 0
  app.addHook('preClose', (done) => {
    isClosing = true
    // Accepts no new connections but keeps the present ones: http's own `close` would end the idle
    // ones, too.
    Server.prototype.close.call(app.server)
    const last = performance.now() + MOST_MS
    const rest = () => {
      const now = performance.now()
      if (now - answeredAt < ON_THE_WAY_MS && now < last) setTimeout(rest, ON_THE_WAY_MS)
      else done()
    }
    setTimeout(rest, ON_THE_WAY_MS)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) {
      answeredAt = performance.now()
      reply.header('connection', 'close')
    }
    done(null, payload)
  })
}
