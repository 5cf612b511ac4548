import type { FastifyRequest } from 'fastify'
import type { Asker } from '../../core/events/audit.ts'
import { addressOf } from './address.ts'

/** Who asks for what a request does, for the audit. */
export const askerOf = (request: FastifyRequest): Asker => ({
  requestId: request.id,
  address: addressOf(request),
  userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
})
