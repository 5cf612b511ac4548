import type { FastifyRequest } from 'fastify'

/** Counts a request and throws `rate_limited` above the limit. Fits an `onRequest` hook. */
export type RateLimit = (request: FastifyRequest) => Promise<void>

/**
 * Counts a request of one user, whatever its address, and throws `rate_limited` above the limit.
 */
export type UserLimit = (request: FastifyRequest, userId: string) => Promise<void>

/** Counts failures for a subject and for the client's address, and refuses both above the limit. */
export interface FailureLimit {
  /** Throws `rate_limited` where there have been too many. */
  check(request: FastifyRequest, subject: string): void
  /** Counts one failure and throws `rate_limited` above the limit. */
  failed(request: FastifyRequest, subject: string): Promise<void>
}
