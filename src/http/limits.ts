import type { FastifyRequest } from 'fastify'

/** Counts a request; throws `rate_limited` where it is one too many. Fit for an `onRequest` hook. */
export type RateLimit = (request: FastifyRequest) => Promise<void>

/** Counts a request of one user, from wherever; throws `rate_limited` where it is one too many. */
export type UserLimit = (request: FastifyRequest, userId: string) => Promise<void>

/** Counts failures of one subject beside the address, and refuses both once there were too many. */
export interface FailureLimit {
  /** Throws `rate_limited` where there were too many. */
  check(request: FastifyRequest, subject: string): void
  /** Counts one more; throws `rate_limited` where it is one too many. */
  failed(request: FastifyRequest, subject: string): Promise<void>
}
