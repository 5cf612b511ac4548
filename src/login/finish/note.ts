import type { FastifyRequest } from 'fastify'
import { NOTES, type Note } from '../../core/note.ts'
import { placeOf } from '../../http/log/known.ts'

/**
 * Logs, with the request, what an operator should know about a provider although the login
 * succeeds.
 */
export const noteOf =
  (request: FastifyRequest): Note =>
  (event, facts) =>
    request.log.warn({ event, ...placeOf(request), ...facts }, NOTES[event])
