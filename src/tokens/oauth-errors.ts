import type { FastifyInstance } from 'fastify'
import { asciiText } from '../core/text.ts'
import { ERRORS } from '../http/errors/error-table.ts'
import { isBrowserNavigation, toLatchkeyError } from '../http/errors/problems.ts'
import { placeOf } from '../http/log/known.ts'
import { evidenceOf } from '../http/log/logging.ts'

/** Answers the errors of a room's routes in the form of RFC 6749, section 5.2. */
export function answerOAuthErrors(room: FastifyInstance): void {
  room.setErrorHandler((thrown, request, reply) => {
    // A browser that navigates here is a person and gets the error page; programs send no such
    // header.
    if (request.headers['sec-fetch-mode'] === 'navigate' && isBrowserNavigation(request)) {
      throw thrown
    }
    const problem = toLatchkeyError(thrown)
    const { code, message } = problem
    const [status, error] = ERRORS[code].oauth
    const log = { event: 'oauth_error', code, error, ...placeOf(request), ...evidenceOf(problem) }
    if (status >= 500) request.log.error(log, message)
    else request.log.info(log, message)
    // A client that tried a scheme is told the one that there is (RFC 6749, section 5.2). Without
    // that header in the request, `WWW-Authenticate` would have a browser ask the person for a name
    // and a password.
    if (status === 401 && request.headers.authorization !== undefined) {
      reply.header('www-authenticate', 'Basic realm="latchkey"')
    }
    const retryAfter = problem.retryAfterSeconds ?? (status === 503 ? 5 : undefined)
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    reply.header('pragma', 'no-cache')
    return reply.code(status).send({ error, error_description: asciiText(message) })
  })
}
