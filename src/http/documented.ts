import type { FastifySchema } from 'fastify'
import { z } from 'zod'

/**
 * A schema that is shown in `/openapi.json` but does not validate: for routes that read their
 * parameters themselves, or stand beside the route that answers.
 */
export function documented(schema: FastifySchema) {
  return { schema, validatorCompiler: () => () => true }
}

/** The body of an error at the OAuth endpoints (RFC 6749, section 5.2). */
export const OAuthProblem = z
  .object({ error: z.string(), error_description: z.string() })
  .meta({ id: 'OAuthProblem' })

/** An answer without a body. */
export const NoBody = z.undefined()
