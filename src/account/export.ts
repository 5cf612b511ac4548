import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../core/identity/accounts.ts'
import type { UserLimit } from '../http/limits.ts'
import { attachment } from '../http/routes/documented.ts'
import { exportMe, FILE_NAME } from './docs/export.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** What an export needs. */
export interface ExportOptions {
  accounts: Pick<Accounts, 'exportBySession'>
  /** Counts exports of one user, and throws where it is one too many. */
  limits: { export: UserLimit }
}

/** `/me/export`: what a person may ask for of the data about them. */
export function exportRoute(room: FastifyInstance, { accounts, limits }: ExportOptions): void {
  signedInRoute(room, 'GET', '/me/export', exportMe, async ({ caller, request, reply }) => {
    await limits.export(request, caller.userId)
    const pieces = alive(await accounts.exportBySession(caller))
    reply.header('content-disposition', attachment(FILE_NAME))
    // The next piece is fetched when the one before has gone out.
    const stream = Readable.from(pieces, { objectMode: false })
    return reply.type('application/json; charset=utf-8').send(stream)
  })
}
