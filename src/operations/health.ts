import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { Problem } from '../http/problems.ts'

const Status = z.object({ status: z.literal('ok') })

/** `/healthz`: the process answers. `/readyz`: the database is reached and its schema is ours. */
export function healthRoutes(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/healthz',
    { schema: { summary: 'Liveness', tags: ['operations'], response: { 200: Status } } },
    async () => ({ status: 'ok' as const }),
  )
  typed.get(
    '/readyz',
    {
      schema: {
        summary: 'Readiness: database reached, migrations applied',
        tags: ['operations'],
        response: { 200: Status, 503: Problem },
      },
    },
    async () => {
      if (!(await isReady())) {
        throw new LatchkeyError('temporarily_unavailable', 'The database is not migrated.', {
          retryAfterSeconds: 5,
        })
      }
      return { status: 'ok' as const }
    },
  )
}
