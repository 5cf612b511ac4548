import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ErrorCode, LatchkeyError } from '../core/errors.ts'
import { evidenceOf } from './logging.ts'

/** The only table of statuses: what each error code answers, and its title. */
const PROBLEMS: Record<ErrorCode, readonly [status: number, title: string]> = {
  unknown_provider: [404, 'No such provider is enabled'],
  invalid_request: [400, 'The request is malformed'],
  invalid_state: [400, 'This login is unknown, over or of another browser'],
  access_denied: [403, 'Access denied'],
  invalid_code: [400, 'The code or token is not valid'],
  invalid_provider_response: [502, 'The provider’s answer failed a check'],
  provider_error: [502, 'The provider failed'],
  provider_timeout: [504, 'The provider did not answer in time'],
  temporarily_unavailable: [503, 'Temporarily unavailable'],
  rate_limited: [429, 'Too many requests'],
  invalid_token: [401, 'The access token is missing or not valid'],
  reauthentication_required: [409, 'The person has to sign in with the provider again'],
  csrf: [403, 'The request may be forged'],
  not_found: [404, 'Not found'],
  last_identity: [409, 'It is the last way to sign in'],
  identity_in_use: [409, 'The identity belongs to another user'],
  provider_in_use: [409, 'Another identity at this provider is linked'],
  method_not_allowed: [405, 'Method not allowed'],
  payload_too_large: [413, 'The request body is too large'],
  unsupported_media_type: [415, 'Unsupported content type'],
  request_timeout: [408, 'The request took too long to arrive'],
  server_error: [500, 'Something went wrong here'],
}

/** The body of every error outside the OAuth endpoints (RFC 9457). */
export const Problem = z
  .object({
    type: z.string().meta({ description: '`about:blank#<code>`: the code names the problem.' }),
    title: z.string().meta({ description: 'The same for every problem of this code.' }),
    status: z.int().meta({ description: 'The status of the answer.' }),
    detail: z.string().meta({ description: 'What happened here; safe to show.' }),
    code: z.string().meta({ description: 'For programs; never changes its meaning.' }),
    request_id: z.string().meta({ description: 'Stands in the log lines of this request.' }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' })
export type Problem = z.infer<typeof Problem>

/** The one body of a refused access token: it does not even name its request. */
export const InvalidToken = Problem.omit({ request_id: true }).meta({
  id: 'InvalidToken',
  description: 'The same for whatever is wrong with the token.',
})
export type InvalidToken = z.infer<typeof InvalidToken>

/** Answers a browser with a problem as a page. */
export type SendProblemPage = (
  problem: Problem | InvalidToken,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply

/** The status of an error code. */
export const statusOf = (code: ErrorCode): number => PROBLEMS[code][0]

/** A problem as it is answered. */
export function problemOf(code: ErrorCode, detail: string, requestId: string): Problem {
  const [status, title] = PROBLEMS[code]
  return { type: `about:blank#${code}`, title, status, detail, code, request_id: requestId }
}

/** Answers every error of every route below `app`, and what matches no route. */
export function answerProblems(app: FastifyInstance, sendPage: SendProblemPage): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, sendPage))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new LatchkeyError('not_found', 'There is nothing here.'), request, reply, sendPage),
  )
}

/** Answers one error. Exported for errors that Fastify raises before there is a route. */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  sendPage?: SendProblemPage,
): FastifyReply {
  const error = logProblem(thrown, request)
  const problem = problemOf(error.code, error.message, request.id)
  const { status } = problem
  reply.code(status)
  const asPage = sendPage !== undefined && isBrowserNavigation(request) ? sendPage : null
  if (error.code === 'invalid_token') {
    // One body for all causes: not even the request id tells two of them apart.
    const { request_id, ...same } = problem
    reply.header('www-authenticate', 'Bearer error="invalid_token"')
    // A person who goes to a page brings no token; what does is a program, whatever it accepts.
    if (asPage !== null && request.headers.authorization === undefined) {
      return asPage(same, request, reply)
    }
    return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(same))
  }
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  // CORS may have named the Origin already.
  reply.header('vary', [reply.getHeader('vary'), 'Accept'].filter(Boolean).join(', '))
  if (asPage !== null) return asPage(problem, request, reply)
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problem))
}

/** Logs an error that ends a request, and gives it as one of ours. */
export function logProblem(thrown: unknown, request: FastifyRequest): LatchkeyError {
  const error = toLatchkeyError(thrown)
  const log = { event: 'problem', code: error.code, ...evidenceOf(error) }
  if (statusOf(error.code) >= 500) request.log.error(log, error.message)
  else request.log.info(log, error.message)
  return error
}

/** Whether a person looks at the answer. */
export function isBrowserNavigation(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html')
}

// What Fastify and Node say by status, in our codes.
const BY_STATUS: Record<number, readonly [ErrorCode, string]> = {
  404: ['not_found', 'There is nothing here.'],
  405: ['method_not_allowed', 'This method is not allowed here.'],
  408: ['request_timeout', 'The request did not arrive in time.'],
  413: ['payload_too_large', 'The body may have at most 64 KiB.'],
  415: ['unsupported_media_type', 'This content type is not accepted here.'],
}

/** Any thrown thing as an error with one of our codes. */
export function toLatchkeyError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error
  const { statusCode, code, validation, validationContext } = error as Partial<FastifyError>
  if (validation) {
    const [first] = validation
    const field = first?.instancePath?.split('/')[1]
    const where = field
      ? `${validationContext ?? 'request'} "${field}"`
      : `${validationContext ?? 'request'}`
    const why = first?.message ?? 'is not valid'
    return new LatchkeyError('invalid_request', `The ${where}: ${why}.`.slice(0, 300))
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600) {
    const known = BY_STATUS[statusCode]
    if (known !== undefined) return new LatchkeyError(...known)
    if (statusCode < 500) {
      return new LatchkeyError('invalid_request', 'The request cannot be read.', {
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
