import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../core/identity/accounts.ts'
import type { UserLimit } from '../http/limits.ts'
import { attachment } from '../http/routes/documented.ts'
import { exportMe, FILE_NAME } from './docs/export.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** What the export route needs. */
export interface ExportOptions {
  accounts: Pick<Accounts, 'exportBySession'>
  /** Counts the exports of one user. Throws `rate_limited`. */
  limits: { export: UserLimit }
}

/** `/me/export`: everything that is stored about the user. */
export function exportRoute(room: FastifyInstance, { accounts, limits }: ExportOptions): void {
  signedInRoute(room, 'GET', '/me/export', exportMe, async ({ caller, request, reply }) => {
    await limits.export(request, caller.userId)
    const pieces = alive(await accounts.exportBySession(caller))
    reply.header('content-disposition', attachment(FILE_NAME))
    // Reads the next piece from the database only once the one before has been sent.
    const stream = Readable.from(pieces, { objectMode: false })
    return reply.type('application/json; charset=utf-8').send(stream)
  })
}
