import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'

/**
 * Once the server stops, each answer ends its connection: one that the client would keep alive would
 * hold the stop up until it is idle for too long. What comes on one after that is refused.
 */
export function endConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  // On a connection that was kept alive (`return503OnClosing` would answer in a form of its own).
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!isClosing) return done()
    const message = 'The server is shutting down.'
    done(new LatchkeyError('temporarily_unavailable', message, { retryAfterSeconds: 5 }))
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}
