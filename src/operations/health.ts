import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { Problem } from '../http/problems.ts'

const Status = z
  .object({ status: z.literal('ok').meta({ description: 'Always the same.' }) })
  .meta({ id: 'Status', description: 'All is well.' })

/** `/healthz`: the process answers. `/readyz`: the database is reached and its schema is ours. */
export function healthRoutes(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/healthz',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Liveness',
        description: 'The process answers; the database is not asked.',
        tags: ['operations'],
        security: [],
        response: { 200: Status },
        answers: { 200: 'It lives.' },
        examples: { alive: { summary: 'Alive', status: 200, answer: { status: 'ok' } } },
      },
    },
    async () => ({ status: 'ok' as const }),
  )
  typed.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Readiness',
        description: 'The database is reached and its migrations are applied.',
        tags: ['operations'],
        security: [],
        response: { 200: Status, 503: Problem },
        answers: { 200: 'It is ready.', 503: 'It is not ready: send requests elsewhere.' },
        examples: { ready: { summary: 'Ready', status: 200, answer: { status: 'ok' } } },
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
