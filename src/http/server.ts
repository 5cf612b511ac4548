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

/** Each route checks what it is sent by schemas of its own; Fastify's compilers are not even loaded. */
export const NO_COMPILERS = {
  buildValidator: () => () => {
    throw new Error('a route has no validator')
  },
  buildSerializer: () => () => {
    throw new Error('a route has no serializer')
  },
}

/** Bytes of a request's body. */
const BODY_LIMIT = 64 * 1024
/** For how long a request may arrive, its body too. */
const REQUEST_MS = 15_000

/** A server without routes that has what all of them share: limits, log, headers, answers to errors. */
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
    // A path may be as long as the header limit of Node lets it: a long name is an unknown one.
    routerOptions: { maxParamLength: 16_384 },
    requestTimeout: REQUEST_MS,
    // Above the time that a provider may take, during which the socket is silent.
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

/** Names and values of the headers of which Node reads the first so many, and leaves the others out. */
const MOST_HEADER_PARTS = 2_000

/** What is wrong with a request that Node takes; undefined for nothing. */
function unreadable({ originalUrl, raw }: FastifyRequest): LatchkeyError | undefined {
  // The router takes it for the root (RFC 9112, section 3.2.4: it is for the server as a whole).
  if (originalUrl === '*') return new LatchkeyError('invalid_request', 'There is nothing at "*".')
  // Those that a proxy adds behind them would not be seen, the address of who asks among them.
  if (raw.rawHeaders.length < MOST_HEADER_PARTS) return undefined
  return new LatchkeyError('invalid_request', 'There are too many headers.')
}
