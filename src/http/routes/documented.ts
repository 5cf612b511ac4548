import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { ERRORS } from '../errors/error-table.ts'
import { problemOf } from '../errors/problems.ts'

/**
 * One request and the answer that it gets, shown in `/openapi.json`; a test performs each of them.
 * A value such as `$CODE` stands for what an earlier answer gave (`exampleValues` says which).
 */
export interface Example {
  summary: string
  /** Values of path and query parameters. */
  parameters?: Readonly<Record<string, string>>
  body?: Readonly<Record<string, unknown>>
  status: number
  /** The answer's body, where it has one. */
  answer?: unknown
  /** Where a redirect leads to. */
  location?: string
}

/** What `/openapi.json` says about a route beside its schemas. */
export interface Notes {
  /** Examples by name. */
  examples?: Readonly<Record<string, Example>>
  /** Descriptions of statuses whose usual meaning is not enough for this route. */
  answers?: Readonly<Record<number, string>>
  /** Which cookies a status sets, and when. */
  cookies?: Readonly<Record<number, string>>
  /** The file name under which the answer is saved. */
  fileName?: string
  /** Whether the route answers without the database. If not, its 503 is described, too. */
  withoutDatabase?: boolean
  /** For how many seconds anybody may cache the answer; absent where nobody may. */
  cacheSeconds?: number
}

/** The body of an error at the OAuth endpoints (RFC 6749, section 5.2). */
export const OAuthProblem = z
  .object({
    error: z.string().meta({ description: 'For programs.' }),
    error_description: z.string().meta({ description: 'For developers.' }),
  })
  .meta({ id: 'OAuthProblem', description: 'An error in the words of RFC 6749, section 5.2.' })

/** `Content-Disposition` of an answer that is saved by this name. */
export const attachment = (fileName: string) => `attachment; filename="${fileName}"`

/** An answer without a body. */
export const NoBody = z.undefined()

/** The request of an example. */
type Sent = Pick<Example, 'summary' | 'parameters' | 'body'>

/** Stands for PUBLIC_URL until the document is made. */
export const PUBLIC_URL = '$PUBLIC_URL'

/** An example of a request that is answered with a problem. */
export function refused(code: ErrorCode, detail: string, sent: Sent): Example {
  const requestId = '0199f3a2-6f1c-7cc1-b8a4-2d1f0e9c7b11'
  const problem = problemOf(code, detail, { requestId, publicUrl: PUBLIC_URL })
  return { ...sent, status: problem.status, answer: problem }
}

/** An example that an OAuth endpoint refuses. */
export function oauthRefused(code: ErrorCode, error_description: string, sent: Sent): Example {
  const [status, error] = ERRORS[code].oauth
  return { ...sent, status, answer: { error, error_description } }
}
