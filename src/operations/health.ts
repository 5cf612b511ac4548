import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { Problem } from '../http/errors/problems.ts'
import { route } from '../http/routes/route.ts'

const Status = z
  .object({ status: z.literal('ok').meta({ description: 'Always `ok`.' }) })
  .meta({ id: 'Status', description: 'All is well.' })

/** `/healthz`: the process answers. `/readyz`: the database can be reached and has our schema. */
export function healthRoutes(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  route(app, 'GET', '/healthz', {
    docs: {
      operationId: 'getHealth',
      summary: 'Liveness',
      description: 'The process is alive; the database is not asked.',
      tags: ['operations'],
      security: [],
      answers: { 200: 'It lives.' },
      examples: { alive: { summary: 'Alive', status: 200, answer: { status: 'ok' } } },
    },
    responses: { 200: Status },
    handle: () => ({ status: 'ok' as const }),
  })
  route(app, 'GET', '/readyz', {
    docs: {
      operationId: 'getReadiness',
      summary: 'Readiness',
      description: 'The database is reachable and its migrations are applied.',
      tags: ['operations'],
      security: [],
      answers: { 200: 'It is ready.', 503: 'It is not ready: send requests elsewhere.' },
      examples: { ready: { summary: 'Ready', status: 200, answer: { status: 'ok' } } },
    },
    responses: { 200: Status, 503: Problem },
    handle: async () => {
      if (!(await isReady())) {
        throw new LatchkeyError('temporarily_unavailable', 'The database is not migrated.', {
          retryAfterSeconds: 5,
        })
      }
      return { status: 'ok' as const }
    },
  })
}
