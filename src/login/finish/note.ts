import type { FastifyRequest } from 'fastify'
import { NOTES, type Note } from '../../core/note.ts'
import { placeOf } from '../../http/log/known.ts'

/** What an operator should know of a provider though the login goes on, in the log of its request. */
export const noteOf =
  (request: FastifyRequest): Note =>
  (event, facts) =>
    request.log.warn({ event, ...placeOf(request), ...facts }, NOTES[event])
