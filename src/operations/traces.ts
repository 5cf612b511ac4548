import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Span } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { type SpanAttributes, type SpanStart, type Tracer, TracesError } from '../core/tracer.ts'
import { evidenceOf } from '../http/log/logging.ts'

/** How long the end of the process waits for a collector. */
const FLUSH_MS = 3_000
/** The time between two log lines that say that the collector cannot be reached. */
const QUIET_MS = 60_000

/** Loads OpenTelemetry, so that it is only loaded if it is asked for. */
const load = async (protocol: 'http/protobuf' | 'http/json') => {
  try {
    const [
      api,
      core,
      { BasicTracerProvider, BatchSpanProcessor },
      resources,
      { OTLPTraceExporter },
    ] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/core'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/resources'),
      protocol === 'http/json'
        ? import('@opentelemetry/exporter-trace-otlp-http')
        : import('@opentelemetry/exporter-trace-otlp-proto'),
    ])
    return { api, core, resources, BasicTracerProvider, BatchSpanProcessor, OTLPTraceExporter }
  } catch (cause) {
    throw new TracesError(
      'The OTEL_ settings ask for traces, and the packages that send them are not installed: run ' +
        '`npm ci` without --omit=optional, or set OTEL_SDK_DISABLED=true.',
      { cause },
    )
  }
}

/** Whether the packages that send traces are installed. */
export const canSendTraces = (): Promise<boolean> =>
  load('http/protobuf').then(
    () => true,
    () => false,
  )

/**
 * OpenTelemetry spans without automatic instrumentation: one per request, and below it those that
 * the rooms report. No attribute has a URL, a query, an address or anything else that a stranger
 * can choose: `url.path` is the route's pattern. All other OTEL_ settings are read by the SDK.
 *
 * @throws TracesError where the SDK is not installed.
 */
export async function openTracer(
  app: FastifyInstance,
  {
    protocol,
    version,
    scheme,
  }: { protocol: 'http/protobuf' | 'http/json'; version: string; scheme: string },
): Promise<Tracer> {
  const { api, core, resources, ...sdk } = await load(protocol)
  const { SpanKind, SpanStatusCode, ROOT_CONTEXT } = api
  let toldAt = Number.NEGATIVE_INFINITY
  core.setGlobalErrorHandler((error) => {
    if (performance.now() < toldAt + QUIET_MS) return
    toldAt = performance.now()
    app.log.warn({ event: 'traces_failed', ...evidenceOf(error) }, 'traces cannot be sent')
  })
  const named = resources.resourceFromAttributes({
    'service.name': 'latchkey',
    'service.version': version,
  })
  const provider = new sdk.BasicTracerProvider({
    resource: resources
      .defaultResource()
      .merge(named)
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new sdk.OTLPTraceExporter())],
  })
  const spans = provider.getTracer('latchkey', version)
  const propagator = new core.W3CTraceContextPropagator()
  const active = new AsyncLocalStorage<Context>()

  // Hooks that are added first run last, so spans that end with the app are still sent.
  app.addHook('onClose', async () => {
    const flushed = provider.shutdown().catch(() => {})
    await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref())])
  })

  const contexts = new WeakMap<FastifyRequest, Context>()
  app.addHook('onRequest', (request, reply, done) => {
    const { url: route } = request.routeOptions
    const { method } = request
    const attributes: SpanAttributes = {
      'http.request.method': method,
      'url.scheme': scheme,
      ...(route === undefined ? {} : { 'http.route': route, 'url.path': route }),
      'latchkey.request_id': request.id,
    }
    // The caller's trace; not `tracestate`, where a stranger can write anything.
    const { traceparent } = request.headers
    const parent = propagator.extract(ROOT_CONTEXT, { traceparent }, api.defaultTextMapGetter)
    const name = route === undefined ? method : `${method} ${route}`
    const span = spans.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
    // The only event that always comes, even if the browser has gone.
    reply.raw.once('close', () => {
      const { statusCode, raw } = reply
      span.setAttribute('http.response.status_code', statusCode)
      const error = raw.writableFinished
        ? statusCode >= 500
          ? String(statusCode)
          : null
        : 'aborted'
      end(span, error)
    })
    const context = api.trace.setSpan(parent, span)
    contexts.set(request, context)
    const { traceId: trace_id } = span.spanContext()
    request.log = reply.log = request.log.child({ trace_id })
    active.run(context, done)
  })
  // Reading the body continues in the socket's context.
  app.addHook('preValidation', (request, _reply, done) => {
    active.run(contexts.get(request) ?? ROOT_CONTEXT, done)
  })

  function end(span: Span, error: string | null | undefined) {
    if (error) {
      span.setAttribute('error.type', error)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end()
  }

  function begin({ name, kind, attributes, parent }: SpanStart) {
    const above = parent === 'new' ? undefined : active.getStore()
    if (above === undefined && parent === 'required') return null
    const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL
    const context = above ?? ROOT_CONTEXT
    const span = spans.startSpan(name, { kind: spanKind, attributes: { ...attributes } }, context)
    return { span, context: api.trace.setSpan(context, span) }
  }

  return {
    async trace(start, work, ended = () => ({})) {
      const begun = begin(start)
      if (begun === null) return work({})
      const { span, context } = begun
      const headers: Record<string, string> = {}
      propagator.inject(context, headers, api.defaultTextMapSetter)
      try {
        const result = await active.run(context, () => work(headers))
        const { attributes = {}, error } = ended(result)
        span.setAttributes({ ...attributes })
        end(span, error)
        return result
      } catch (error) {
        end(span, wordFor(error))
        throw error
      }
    },
  }
}

/**
 * A failure as one of a limited set of words: never a message, which may contain what somebody
 * sent.
 */
function wordFor(error: unknown): string {
  if (error instanceof LatchkeyError) return error.code
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return String(typeof code === 'string' ? code : (name ?? 'unknown'))
}
