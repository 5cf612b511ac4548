import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import type { Sessions } from '../core/stores.ts'
import { NoBody, refused } from '../http/documented.ts'
import { forgedCookie, withoutToken } from '../http/examples.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import { callerOf, invalidToken } from './protected.ts'

/** One signed-in client instance, as its user sees it. */
const Session = z
  .object({
    id: z
      .uuid()
      .meta({ description: 'Ends it at `DELETE /me/sessions/{id}`; `sid` of its tokens.' }),
    client_id: z.string().meta({ description: 'The app that the person signed in to.' }),
    provider: z.string().meta({ description: 'The provider that signed the person in.' }),
    user_agent: z.string().nullable().meta({ description: 'Of the browser at the sign-in.' }),
    address: z.string().nullable().meta({ description: 'Of the same.' }),
    created_at: z.iso.datetime().meta({ description: 'When the person signed in.' }),
    last_used_at: z.iso.datetime().meta({ description: 'When tokens were last renewed.' }),
    expires_at: z.iso.datetime().meta({ description: 'When it ends at the latest.' }),
    current: z.boolean().meta({ description: 'Whether it is the one that asks.' }),
  })
  .meta({ id: 'Session', description: 'One app or browser that is signed in.' })

const exampleSession: z.infer<typeof Session> = {
  id: '0199f3a2-6b44-7d18-a5c0-93e7f1b2d604',
  client_id: 'app',
  provider: 'kakao',
  user_agent: 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36',
  address: '203.0.113.7',
  created_at: '2026-11-24T02:20:00.000Z',
  last_used_at: '2026-11-24T02:20:00.000Z',
  expires_at: '2026-12-24T02:20:00.000Z',
  current: true,
}

/** `/me/sessions`: this user's sessions; what is ended answers 401 on Latchkey's own routes at once. */
export function sessionRoutes(room: FastifyInstance, sessions: Sessions): void {
  const typed = room.withTypeProvider<ZodTypeProvider>()
  const shared = { tags: ['account'], security: [{ accessToken: [] }, { sessionCookie: [] }] }
  const problems = { 401: InvalidToken, 503: Problem }

  typed.get(
    '/me/sessions',
    {
      schema: {
        ...shared,
        operationId: 'listSessions',
        summary: 'The user’s sessions',
        description: 'One per signed-in app and browser, with the one that asks marked.',
        response: { 200: z.array(Session), ...problems },
        answers: { 200: 'The sessions, the one used last first.' },
        examples: {
          two_devices: { summary: 'Signed in', status: 200, answer: [exampleSession] },
          no_token: withoutToken,
        },
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
        operationId: 'endSession',
        summary: 'End one session',
        description: 'It bites at once on Latchkey’s own routes.',
        params: z.object({
          id: z.string().max(64).meta({ description: 'The `id` of one of the user’s sessions.' }),
        }),
        response: { 204: NoBody, 403: Problem, 404: Problem, ...problems },
        answers: { 204: 'It is over.', 403: 'The request may be forged.' },
        examples: {
          another: { summary: 'Another device', parameters: { id: '$SESSION_ID' }, status: 204 },
          unknown: refused('not_found', 'There is no such session.', {
            summary: 'Of nobody, or of somebody else',
            parameters: { id: exampleSession.id },
          }),
          forged: forgedCookie({ parameters: { id: exampleSession.id } }),
          no_token: { ...withoutToken, parameters: { id: exampleSession.id } },
        },
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
        operationId: 'endOtherSessions',
        summary: 'End all other sessions',
        description: 'All of this user but the one that asks.',
        response: { 204: NoBody, 403: Problem, ...problems },
        answers: { 204: 'They are over.', 403: 'The request may be forged.' },
        examples: {
          others: { summary: 'All but this one', status: 204 },
          forged: forgedCookie({}),
          no_token: withoutToken,
        },
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
