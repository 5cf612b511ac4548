import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { route } from '../http/routes/route.ts'
import { addDatabaseMetrics, type Describe, type MetricSources } from './database-metrics.ts'
import { version } from './version.ts'

/** What the rooms report while they work. Outcomes are `success` or an error's code. */
export interface Meter {
  /** A login ended, in a browser or with the token of an app's SDK. */
  loginEnded(provider: string, way: 'browser' | 'native', outcome: string): void
  /** A provider was called. The outcome is the class of its status (`2xx`), or a code. */
  callEnded(provider: string, endpoint: string, outcome: string, seconds: number): void
  /** Tokens were asked for. */
  grantEnded(grantType: string, outcome: string): void
  /** A request was over a rate limit. */
  limited(limit: string): void
  /** A provider sent an event: `acted`, `nothing`, `repeated`, `old`, or why it was refused. */
  eventReceived(provider: string, outcome: string): void
  /**
   * An entry of the outbox was tried: `done`, `over`, `failed`, `given_up`, `stopped`, `dropped`.
   */
  delivered(kind: string, outcome: string, count?: number): void
  /** A database operation waited for a connection. */
  databaseWaited(seconds: number): void
}

/** A meter that counts nothing, for METRICS=off. */
export const noMeter: Meter = {
  loginEnded: () => {},
  callEnded: () => {},
  grantEnded: () => {},
  limited: () => {},
  eventReceived: () => {},
  delivered: () => {},
  databaseWaited: () => {},
}

/**
 * The path as written: a proxy that blocks `/metrics` may not know that `/%6detrics` is the same.
 */
const BY_NAME = /^[^?]*\/metrics(\?|$)/
const notHere = () => new LatchkeyError('not_found', 'There is nothing here.')

/** Seconds, up to the time that a request may take. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]
/** Seconds, from almost none up to the limit of an operation. */
const WAIT_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5]

/**
 * Measures every answer of the app by its route, never by its URL, and serves it all at `/metrics`
 * in Prometheus' text format. Every label has few values: our routes, providers, endpoints and
 * codes, and nothing about a person. The library is loaded here, so only if metrics are on.
 */
export async function openMetrics(app: FastifyInstance, sources: MetricSources): Promise<Meter> {
  const prometheus = await import('prom-client')
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = prometheus
  const register = new Registry()
  collectDefaultMetrics({ register })
  // These are gauges with names like counters; other metrics have the same values.
  for (const of of ['handles', 'requests', 'resources']) {
    register.removeSingleMetric(`nodejs_active_${of}_total`)
  }
  const metric: Describe = (name, help, labelNames) => ({
    name: `latchkey_${name}`,
    help,
    labelNames,
    registers: [register],
  })
  const requests = new Histogram({
    ...metric(
      'http_request_duration_seconds',
      'Time from a request to the end of its answer, by route.',
      ['method', 'route', 'status'],
    ),
    buckets: BUCKETS,
  })
  const calls = new Histogram({
    ...metric('provider_call_duration_seconds', 'Time that a call to a provider took.', [
      'provider',
      'endpoint',
      'outcome',
    ]),
    buckets: BUCKETS,
  })
  const logins = new Counter(
    metric('logins_total', 'Logins that came back from a provider.', [
      'provider',
      'way',
      'outcome',
    ]),
  )
  const grants = new Counter(
    metric('token_grants_total', 'Requests for tokens.', ['grant_type', 'outcome']),
  )
  const limited = new Counter(
    metric('rate_limited_total', 'Requests that were one too many.', ['limit']),
  )
  const received = new Counter(
    metric('provider_events_total', 'What providers told, by what came of it.', [
      'provider',
      'outcome',
    ]),
  )
  const deliveries = new Counter(
    metric('outbox_attempts_total', 'Attempts for what is in the outbox.', ['kind', 'outcome']),
  )
  const databaseWaits = new Histogram({
    ...metric('database_wait_seconds', 'Time that an operation waited for a connection.', []),
    buckets: WAIT_BUCKETS,
  })
  new Gauge(metric('build_info', 'Always 1: what runs here.', ['version', 'node'])).set(
    { version, node: process.versions.node },
    1,
  )
  addDatabaseMetrics(prometheus, metric, sources, app.log)

  app.addHook('onResponse', (request, reply, done) => {
    // Requests that match no route are one series.
    const route = request.routeOptions.url ?? 'none'
    requests.observe(
      { method: request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1000,
    )
    done()
  })
  route(app, 'GET', '/metrics', {
    docs: {
      operationId: 'getMetrics',
      summary: 'Metrics',
      description:
        'Prometheus’ text format, with `METRICS=on`. For the inside: a proxy should not pass it on.',
      tags: ['operations'],
      security: [],
      produces: ['text/plain'],
      answers: { 200: 'The metrics.' },
      examples: {
        metrics: {
          summary: 'One line of many',
          status: 200,
          answer: 'latchkey_logins_total{provider="kakao",way="browser",outcome="success"} 42\n',
        },
      },
    },
    responses: { 200: z.string() },
    onRequest: ({ originalUrl }, _reply, done) =>
      done(BY_NAME.test(originalUrl) ? undefined : notHere()),
    handle: async ({ reply }) => reply.type(register.contentType).send(await register.metrics()),
  })

  return {
    loginEnded: (provider, way, outcome) => logins.inc({ provider, way, outcome }),
    callEnded: (provider, endpoint, outcome, seconds) =>
      calls.observe({ provider, endpoint, outcome }, seconds),
    grantEnded: (grantType, outcome) => grants.inc({ grant_type: grantType, outcome }),
    limited: (limit) => limited.inc({ limit }),
    eventReceived: (provider, outcome) => received.inc({ provider, outcome }),
    delivered: (kind, outcome, count = 1) => deliveries.inc({ kind, outcome }, count),
    databaseWaited: (seconds) => databaseWaits.observe(seconds),
  }
}
