import { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** A request that was sent before its client could know of the stop has come after that long. */
const ON_THE_WAY_MS = 25
/** Where they keep coming, the stop waits no longer. */
const MOST_MS = 500

/**
 * Once the server stops, each answer ends its connection: one that the client would keep alive would
 * hold the stop up until it is idle for too long. What still comes on one is answered as ever: a proxy
 * that keeps connections does not know of the stop yet, and would pass a refusal on to a person. Those
 * that are idle are closed a moment later: a request on its way would be lost with the connection.
 */
export function endConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  let answeredAt = 0
  app.addHook('preClose', (done) => {
    isClosing = true
    // Nobody new comes, and those who are here stay: HTTP's own would end the idle ones with it.
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
