import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../core/stores.ts'
import { exportMe } from './docs/export.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me/export`: what a person may ask for of the data about them. */
export function exportRoute(room: FastifyInstance, accounts: Accounts): void {
  signedInRoute(room, 'GET', '/me/export', exportMe, async ({ caller, reply }) => {
    const pieces = alive(await accounts.exportBySession(caller))
    reply.header('content-disposition', 'attachment; filename="latchkey-export.json"')
    // The next piece is fetched when the one before has gone out.
    const stream = Readable.from(pieces, { objectMode: false })
    return reply.type('application/json; charset=utf-8').send(stream)
  })
}
