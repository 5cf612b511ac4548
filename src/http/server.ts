import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import { defined } from '../core/defined.ts'
import { LatchkeyError } from '../core/errors.ts'
import { endConnectionsWhenClosing } from './closing.ts'
import { answerClientErrors, type BarePage } from './errors/client-errors.ts'
import { answerProblems, type SendProblemPage, sendProblem } from './errors/problems.ts'
import { securityHeaders } from './headers.ts'
import { rememberKnown } from './log/known.ts'
import { logAnswers, loggerOptions } from './log/logging.ts'
import { createRequestLog } from './log/request-log.ts'
import type { LogStream } from './log/standard-output.ts'
import { trustedBy } from './requests/address.ts'
import { belowPath } from './requests/base-path.ts'
import { acceptJson } from './routes/forms.ts'

/** Each route validates with its own schemas, so Fastify's compilers are not even loaded. */
export const NO_COMPILERS = {
  buildValidator: () => () => {
    throw new Error('a route has no validator')
  },
  buildSerializer: () => () => {
    throw new Error('a route has no serializer')
  },
}

/** The largest request body in bytes. */
const BODY_LIMIT = 64 * 1024
/** How long a request may take to arrive with its body, in milliseconds. */
const REQUEST_MS = 15_000

/** A server without routes, with what all of them share: limits, log, headers, error answers. */
export function createServer(options: {
  publicUrl: string
  logLevel: string
  /** Where log lines go; standard output by default. */
  logStream: LogStream | undefined
  /** Addresses and CIDRs of proxies whose X-Forwarded-For is believed. */
  trustProxy: string[]
  sendProblemPage: SendProblemPage
  bareProblemPage: BarePage
}): FastifyInstance {
  const { publicUrl, trustProxy, sendProblemPage: sendPage } = options
  const security = securityHeaders(publicUrl)
  const rewriteUrl = belowPath(publicUrl)
  const app = Fastify({
    ...defined({ rewriteUrl }),
    logger: loggerOptions(options.logLevel, options.logStream),
    childLoggerFactory: createRequestLog,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'request_id',
    }),
    genReqId: () => crypto.randomUUID(),
    trustProxy: trustProxy.length > 0 ? trustedBy(trustProxy) : false,
    bodyLimit: BODY_LIMIT,
    schemaController: { compilersFactory: NO_COMPILERS },
    // Any path that Node's header limit admits reaches its route: a long provider name is an
    // unknown one.
    routerOptions: { maxParamLength: 16_384 },
    requestTimeout: REQUEST_MS,
    // Longer than a provider may take, during which the connection is silent.
    connectionTimeout: 30_000,
    // Node takes the larger of two limits for the whole request, and 60 seconds for headers by default.
    http: { headersTimeout: REQUEST_MS, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: answerClientErrors(publicUrl, security, options.bareProblemPage),
    // Errors before there is a route, so before any hook.
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, { request, reply: reply.headers(security), publicUrl, sendPage })
    },
  })
  rememberKnown(app)
  answerProblems(app, { publicUrl, sendPage })
  acceptJson(app)
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(security)
    done(unreadable(request))
  })
  logAnswers(app)
  endConnectionsWhenClosing(app)
  return app
}

/** How many header names and values Node reads; it ignores the rest. */
const MOST_HEADER_PARTS = 2_000

/** The error for a request that Node accepts and we do not; undefined for others. */
function unreadable({ originalUrl, raw }: FastifyRequest): LatchkeyError | undefined {
  // The router takes it for the root (RFC 9112, section 3.2.4: it is for the server as a whole).
  if (originalUrl === '*') return new LatchkeyError('invalid_request', 'There is nothing at "*".')
  // Headers that a proxy appends would be ignored, the client's address among them.
  if (raw.rawHeaders.length < MOST_HEADER_PARTS) return undefined
  return new LatchkeyError('invalid_request', 'There are too many headers.')
}
