import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { endOtherSessions, endSession, listSessions } from './docs/sessions.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** The id of no session. */
const NIL = '00000000-0000-0000-0000-000000000000'

/**
 * `/me/sessions`: the user's sessions. A session that is ended gets 401 from Latchkey's own routes
 * at once.
 */
export function sessionRoutes(room: FastifyInstance, sessions: Sessions): void {
  signedInRoute(room, 'GET', '/me/sessions', listSessions, async ({ caller }) => {
    const found = alive(await sessions.list(caller))
    return found.map((session) => ({ ...session, current: session.id === caller.sessionId }))
  })

  signedInRoute(room, 'DELETE', '/me/sessions/:id', endSession, async (call) => {
    const { params, request, reply, caller } = call
    // A text that is no UUID is looked up as the id of no session.
    const id = z.uuid().safeParse(params.id).data ?? NIL
    const count = alive(await sessions.endByUser(caller, { id }))
    if (count === 0) throw new LatchkeyError('not_found', said.noSuchSession)
    const { userId: user } = caller
    request.log.info({ event: 'session_ended', user, session: id }, 'ended a session')
    return reply.code(204).send()
  })

  signedInRoute(room, 'DELETE', '/me/sessions', endOtherSessions, async (call) => {
    const count = alive(await sessions.endByUser(call.caller, 'others'))
    const { userId: user } = call.caller
    call.request.log.info({ event: 'sessions_ended', user, count }, 'ended all other sessions')
    return call.reply.code(204).send()
  })
}
