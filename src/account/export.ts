import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../core/stores.ts'
import { exportMe } from './docs/export.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me/export`: what a person may ask for of the data about them. */
export function exportRoute(room: FastifyInstance, accounts: Accounts): void {
  signedInRoute(room, 'GET', '/me/export', exportMe, async ({ caller, reply }) => {
    const json = alive(await accounts.exportJsonBySession(caller))
    reply.header('content-disposition', 'attachment; filename="latchkey-export.json"')
    // Already text: it is sent as the database made it.
    return reply.type('application/json; charset=utf-8').send(json)
  })
}
