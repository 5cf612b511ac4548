import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { endOtherSessions, endSession, listSessions } from './docs/sessions.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me/sessions`: this user's sessions; what is ended answers 401 on Latchkey's own routes at once. */
export function sessionRoutes(room: FastifyInstance, sessions: Sessions): void {
  signedInRoute(room, 'GET', '/me/sessions', listSessions, async ({ caller }) => {
    const found = alive(await sessions.list(caller))
    return found.map((session) => ({ ...session, current: session.id === caller.sessionId }))
  })

  signedInRoute(room, 'DELETE', '/me/sessions/:id', endSession, async (call) => {
    const { params, request, reply, caller } = call
    const { userId } = caller
    alive(await sessions.isAlive(caller))
    const id = z.uuid().safeParse(params.id).data
    if (id === undefined || !(await sessions.end({ ...caller, sessionId: id }, 'ended_by_user'))) {
      throw new LatchkeyError('not_found', said.noSuchSession)
    }
    request.log.info({ event: 'session_ended', user: userId, session: id }, 'ended a session')
    return reply.code(204).send()
  })

  signedInRoute(room, 'DELETE', '/me/sessions', endOtherSessions, async (call) => {
    const { userId } = call.caller
    alive(await sessions.isAlive(call.caller))
    const count = await sessions.endOthers(call.caller, 'ended_by_user')
    call.request.log.info(
      { event: 'sessions_ended', user: userId, count },
      'ended all other sessions',
    )
    return call.reply.code(204).send()
  })
}
