import type { FastifyInstance } from 'fastify'

/**
 * Once the server stops, each answer ends its connection: one that the client would keep alive would
 * hold the stop up until it is idle for too long.
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
