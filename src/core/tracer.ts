/**
 * Attributes of a span, named by OpenTelemetry's conventions: values of our own, never of a person.
 */
export type SpanAttributes = Readonly<Record<string, string | number>>

/** What a span is started with. */
export interface SpanStart {
  /** One of a limited set: of routes, endpoints or statements. */
  name: string
  /** `client` if another service is called. */
  kind: 'client' | 'internal'
  attributes: SpanAttributes
  /**
   * `new`: begins a trace of its own. `required`: only below another span, else there is no span.
   */
  parent?: 'new' | 'required'
}

/** What a span ends with. */
export interface SpanEnd {
  attributes?: SpanAttributes
  /** What failed, as one of a limited set of words; absent if nothing did. */
  error?: string | undefined
}

/** Headers that pass a trace on to a called service (W3C Trace Context). */
export type TraceHeaders = Readonly<Record<string, string>>

/** By which the rooms report the things that take time. */
export interface Tracer {
  /** Runs work as a span below the one that it is started in; a rejection ends it as failed. */
  trace<T>(
    span: SpanStart,
    work: (headers: TraceHeaders) => Promise<T>,
    ended?: (result: T) => SpanEnd,
  ): Promise<T>
}

/** The tracer if no traces are asked for. */
export const noTracer: Tracer = { trace: (_span, work) => work({}) }

/** OTEL_ settings ask for traces, but the packages that send them are not installed. */
export class TracesError extends Error {
  override name = 'TracesError'
}
