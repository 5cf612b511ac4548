import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import type { Sessions } from '../core/stores.ts'
import { endOtherSessions, endSession, listSessions } from './docs/sessions.ts'
import { invalidToken } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me/sessions`: this user's sessions; what is ended answers 401 on Latchkey's own routes at once. */
export function sessionRoutes(room: FastifyInstance, sessions: Sessions): void {
  signedInRoute(room, 'GET', '/me/sessions', listSessions, async ({ caller }) => {
    const found = await sessions.list(caller.userId, caller.sessionId)
    if (found === null) throw invalidToken()
    return found.map((session) => ({ ...session, current: session.id === caller.sessionId }))
  })

  signedInRoute(room, 'DELETE', '/me/sessions/:id', endSession, async (call) => {
    const { params, request, reply } = call
    const { userId, sessionId } = call.caller
    if (!(await sessions.isAlive(userId, sessionId))) throw invalidToken()
    const id = z.uuid().safeParse(params.id).data
    if (id === undefined || !(await sessions.end(userId, id))) {
      throw new LatchkeyError('not_found', 'There is no such session.')
    }
    request.log.info({ event: 'session_ended', user: userId, session: id }, 'ended a session')
    return reply.code(204).send()
  })

  signedInRoute(room, 'DELETE', '/me/sessions', endOtherSessions, async (call) => {
    const { userId, sessionId } = call.caller
    if (!(await sessions.isAlive(userId, sessionId))) throw invalidToken()
    const count = await sessions.endOthers(userId, sessionId)
    call.request.log.info(
      { event: 'sessions_ended', user: userId, count },
      'ended all other sessions',
    )
    return call.reply.code(204).send()
  })
}
