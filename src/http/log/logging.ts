import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { defined } from '../../core/defined.ts'
import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import type { LogStream } from './standard-output.ts'

/**
 * What a log line may say about an error: names, codes and stack frames, never a message of others.
 */
export function evidenceOf(error: unknown): Evidence & { stack?: string } {
  const evidence: Evidence & { stack?: string } = {}
  if (error instanceof LatchkeyError) Object.assign(evidence, error.evidence)
  const causes: string[] = []
  let cause = error instanceof LatchkeyError ? error.cause : error
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    causes.push(describe(cause))
    // Only the frames: the first lines repeat the message, which may hold what a stranger sent.
    const frames = cause.stack?.split('\n').filter((line) => /^\s+at /.test(line))
    if (depth === 0 && error instanceof LatchkeyError && error.code === 'server_error' && frames) {
      evidence.stack = frames.slice(0, 8).join('\n')
    }
    cause = cause.cause
  }
  if (causes.length > 0) evidence.cause = causes.join(' < ')
  return evidence
}

function describe(error: Error): string {
  const { code } = error as { code?: unknown }
  const detail =
    error instanceof LatchkeyError
      ? `${error.code}: ${error.message}`
      : typeof code === 'string' || typeof code === 'number'
        ? String(code)
        : ''
  return [error.name, detail].filter(Boolean).join(' ').slice(0, 200)
}

/**
 * Logs JSON lines. Requests and errors are logged by route, never by URL. Query strings, headers
 * and bodies hold codes, states and tokens, and are never given to the logger.
 */
export function loggerOptions(
  level: string,
  stream?: LogStream,
): NonNullable<FastifyServerOptions['logger']> {
  const nothing = () => ({}) as never
  return {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      req: nothing,
      res: nothing,
      err: (error: unknown) => evidenceOf(error) as never,
    },
    redact: {
      paths: SECRET_FIELDS,
      censor: '[redacted]',
    },
    ...defined({ stream }),
  }
}

/**
 * Logs each answer at level debug, by route and never by URL, which may hold codes and states. At
 * level info the log has events (sign-ins, sessions, problems), not every request.
 */
export function logAnswers(app: FastifyInstance): void {
  if (!['debug', 'trace'].includes(app.log.level)) return
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    const route = routeOptions.url ?? null
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.debug({ method, route, status: reply.statusCode, ms }, 'answered')
    done()
  })
}

// A second protection, should one of these names ever be logged.
const SECRET_FIELDS = [
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'id_token',
  'idToken',
  'client_secret',
  'clientSecret',
  'code_verifier',
  'verifier',
  'nonce',
  'authorization',
  'cookie',
  'cookies',
  'secret',
  'password',
  'query',
  'url',
]
