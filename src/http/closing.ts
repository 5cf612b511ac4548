import type { FastifyInstance } from 'fastify'

/**
 * Once the server stops, each answer ends its connection: one that the client would keep alive would
 * hold the stop up until it is idle for too long. What still comes on one is answered as ever: a proxy
 * that keeps connections does not know of the stop yet, and would pass a refusal on to a person.
 */
export function endConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}
