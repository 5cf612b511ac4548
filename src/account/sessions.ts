import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import type { Sessions } from '../core/stores.ts'
import { Problem } from '../http/problems.ts'
import { callerOf, invalidToken } from './protected.ts'

/** One signed-in client instance, as its user sees it. */
const Session = z
  .object({
    id: z.uuid(),
    client_id: z.string(),
    provider: z.string().meta({ description: 'The provider that signed the person in.' }),
    user_agent: z.string().nullable(),
    address: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    current: z.boolean().meta({ description: 'Whether it is the one that asks.' }),
  })
  .meta({ id: 'Session' })

/** `/me/sessions`: this user's sessions; what is ended answers 401 on Latchkey's own routes at once. */
export function sessionRoutes(room: FastifyInstance, sessions: Sessions): void {
  const typed = room.withTypeProvider<ZodTypeProvider>()
  const shared = { tags: ['account'], security: [{ accessToken: [] }] }
  const problems = { 401: Problem.omit({ request_id: true }), 503: Problem }

  typed.get(
    '/me/sessions',
    {
      schema: {
        ...shared,
        summary: 'The user’s sessions',
        response: { 200: z.array(Session), ...problems },
      },
    },
    async (request) => {
      const { userId, sessionId } = callerOf(request)
      const found = await sessions.list(userId, sessionId)
      if (found === null) throw invalidToken()
      return found.map((session) => ({ ...session, current: session.id === sessionId }))
    },
  )

  typed.delete(
    '/me/sessions/:id',
    {
      schema: {
        ...shared,
        summary: 'End one session',
        params: z.object({ id: z.string().max(64) }),
        response: { 204: z.undefined(), 404: Problem, ...problems },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request)
      if (!(await sessions.isAlive(userId, sessionId))) throw invalidToken()
      const id = z.uuid().safeParse(request.params.id).data
      if (id === undefined || !(await sessions.end(userId, id))) {
        throw new LatchkeyError('not_found', 'There is no such session.')
      }
      request.log.info({ event: 'session_ended', user: userId, session: id }, 'ended a session')
      return reply.code(204).send()
    },
  )

  typed.delete(
    '/me/sessions',
    {
      schema: {
        ...shared,
        summary: 'End all other sessions',
        response: { 204: z.undefined(), ...problems },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request)
      if (!(await sessions.isAlive(userId, sessionId))) throw invalidToken()
      const count = await sessions.endOthers(userId, sessionId)
      request.log.info({ event: 'sessions_ended', user: userId, count }, 'ended all other sessions')
      return reply.code(204).send()
    },
  )
}
