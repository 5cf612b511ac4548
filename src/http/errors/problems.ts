import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ErrorCode, LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { type PageReason, pageReasonOf } from '../../core/pages/page-reason.ts'
import { isLoopbackHost } from '../../core/settings/urls.ts'
import { varyingBy } from '../headers.ts'
import { placeOf } from '../log/known.ts'
import { evidenceOf } from '../log/logging.ts'
import type { SendPage } from '../send-page.ts'
import { ERRORS } from './error-table.ts'

/** The body of every error outside the OAuth endpoints (RFC 9457). */
export const Problem = z
  .object({
    type: z
      .string()
      .meta({ description: 'Where the code is explained: `/docs/errors#<code>` here.' }),
    title: z.string().meta({ description: 'What the code means; one title per code.' }),
    status: z.int().meta({ description: 'The status of the answer.' }),
    detail: z.string().meta({ description: 'What happened here; safe to show.' }),
    code: z.string().meta({ description: 'For programs; never changes its meaning.' }),
    request_id: z.string().meta({ description: 'Stands in the log lines of this request.' }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' })
export type Problem = z.infer<typeof Problem>

/**
 * The body for every refused access token: always the same, so that no cause can be told from
 * another; not even the request id is in it.
 */
export const InvalidToken = Problem.omit({ request_id: true }).meta({
  id: 'InvalidToken',
  description: 'One body, whatever is wrong with the token.',
})
export type InvalidToken = z.infer<typeof InvalidToken>

/**
 * Answers a browser with the problem as a page. `reason` selects the text where a code has several
 * pages.
 */
export type SendProblemPage = SendPage<(Problem | InvalidToken) & { reason: PageReason | null }>

/** How problems are answered. */
export interface ProblemOptions {
  publicUrl: string
  sendPage: SendProblemPage
}

/** A problem as it is sent; its `type` is the URL of the page that explains the code. */
export function problemOf(
  code: ErrorCode,
  detail: string,
  { requestId, publicUrl }: { requestId: string; publicUrl: string },
): Problem {
  const { status, title } = ERRORS[code]
  const type = `${publicUrl}/docs/errors#${code}`
  return { type, title, status, detail, code, request_id: requestId }
}

/** Answers every error of the routes below `app`, and requests that match no route. */
export function answerProblems(app: FastifyInstance, options: ProblemOptions): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, { request, reply, ...options }))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new LatchkeyError('not_found', 'There is nothing here.'), {
      request,
      reply,
      ...options,
    }),
  )
}

/** The codes of a refused credential (RFC 6750, section 3.1; RFC 9470, section 3). */
const OF_CREDENTIAL = ['invalid_token', 'insufficient_scope', 'insufficient_user_authentication']

/** Answers one error. Exported for errors that Fastify raises before a route is found. */
export function sendProblem(
  thrown: unknown,
  context: ProblemOptions & { request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { request, reply, publicUrl, sendPage } = context
  const error = logProblem(thrown, request)
  const problem = problemOf(error.code, detailOf(error, publicUrl), {
    requestId: request.id,
    publicUrl,
  })
  reply.code(problem.status)
  if (OF_CREDENTIAL.includes(error.code)) {
    reply.header('www-authenticate', challengeOf(error))
  }
  if (error.code === 'invalid_token') {
    // The same body for all causes: not even the request id may differ.
    const { request_id, ...same } = problem
    // A person who opens a page sends no Authorization header; whoever sends one is a program.
    if (isBrowserNavigation(request) && request.headers.authorization === undefined) {
      return sendPage({ ...same, reason: null }, request, reply)
    }
    return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(same))
  }
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  reply.header('vary', varyingBy(reply, 'Accept'))
  if (isBrowserNavigation(request)) {
    return sendPage({ ...problem, reason: pageReasonOf(error.evidence) }, request, reply)
  }
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problem))
}

function challengeOf({ code, challenge }: LatchkeyError): string {
  const parameters = Object.entries({ error: code, ...challenge })
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`
}

/**
 * What happened, in words that are safe to show. On loopback, where only the developer sees it,
 * also the value that was sent and what is registered.
 */
export function detailOf({ message, evidence }: LatchkeyError, publicUrl: string): string {
  const { sent, registered } = evidence
  if (typeof sent !== 'string' || !isLoopbackHost(new URL(publicUrl).hostname)) return message
  const known = typeof registered === 'string' ? `; registered: ${registered || 'none'}` : ''
  return `${message} (sent ${sent}${known})`
}

/** Logs an error that ends a request, and gives it as a LatchkeyError. */
export function logProblem(thrown: unknown, request: FastifyRequest): LatchkeyError {
  const error = toLatchkeyError(thrown)
  const { provider } = (request.params ?? {}) as { provider?: unknown }
  const isNamed = typeof provider === 'string' && error.code !== 'unknown_provider'
  const where = { ...(isNamed ? { provider } : {}), ...placeOf(request) }
  const log = { event: 'problem', code: error.code, ...where, ...evidenceOf(error) }
  // Refused prefetches are frequent and no fault of ours.
  const isOurs = ERRORS[error.code].status >= 500 && error.evidence.reason !== 'prefetch'
  if (isOurs) request.log.error(log, error.message)
  else request.log.info(log, error.message)
  return error
}

/** Whether a person looks at the answer: a browser that navigates. */
export function isBrowserNavigation(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html')
}

// Statuses of Fastify's and Node's errors, as our codes.
const BY_STATUS: Record<number, readonly [ErrorCode, string]> = {
  404: ['not_found', 'There is nothing here.'],
  405: ['method_not_allowed', 'This method is not allowed here.'],
  408: ['request_timeout', 'The request did not arrive in time.'],
  413: ['payload_too_large', said.bodyTooLarge],
  415: ['unsupported_media_type', said.otherContentType],
}

// Fastify's codes for requests that cannot be read.
const UNREADABLE: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body cannot be read as JSON.',
  FST_ERR_BAD_URL: 'The path has a % that encodes nothing.',
}

/** Turns anything that was thrown into an error with one of our codes. */
export function toLatchkeyError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error
  const { statusCode, code } = error as Partial<FastifyError>
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600) {
    const known = BY_STATUS[statusCode]
    if (known !== undefined) return new LatchkeyError(...known)
    if (statusCode < 500) {
      const what = UNREADABLE[code ?? ''] ?? 'The request cannot be read.'
      return new LatchkeyError('invalid_request', what, {
        evidence: { fastify: String(code ?? statusCode) },
      })
    }
  }
  return new LatchkeyError(
    'server_error',
    'Something unexpected happened; the log has the request id.',
    {
      cause: error,
    },
  )
}
