import { z } from 'zod'
import { LatchkeyError } from '../errors.ts'
import { shownValue } from '../text.ts'

/**
 * `resource` (RFC 8707, section 2), as a field of a schema: it may be given twice, so that
 * `readResource` can refuse that by its own code.
 */
export const resourceParameter = z
  .union([z.string().max(2048), z.array(z.string().max(2048))])
  .optional()
  .meta({ description: 'The one API that the tokens are for (RFC 8707): one of the client’s.' })

/** The one resource that is asked for, which must be one of `allowed`. Throws `invalid_target`. */
export function readResource(
  asked: string | readonly string[] | undefined,
  allowed: readonly string[],
): string | undefined {
  const [resource, ...others] = asked === undefined ? [] : [asked].flat()
  if (others.length > 0) {
    throw new LatchkeyError('invalid_target', 'Ask for one resource at a time.', {
      evidence: { reason: 'several_resources' },
    })
  }
  if (resource === undefined || allowed.includes(resource)) return resource
  throw unlistedResource({ sent: shownValue(resource), registered: shownValue(allowed.join(', ')) })
}

/**
 * The error for a resource that was asked for, or that a session began with, and is not one of its
 * client's.
 */
export const unlistedResource = (values: { sent?: string; registered?: string } = {}) =>
  new LatchkeyError('invalid_target', 'This resource is not one of the client.', {
    evidence: { reason: 'resource_unregistered', ...values },
  })
