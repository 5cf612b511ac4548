/** Facts of a span, under the names of OpenTelemetry's conventions: ours, and never of a person. */
export type SpanAttributes = Readonly<Record<string, string | number>>

/** What a span begins with. */
export interface SpanStart {
  /** One of few: of a route, an endpoint, a statement. */
  name: string
  /** Whether somebody else is called. */
  kind: 'client' | 'internal'
  attributes: SpanAttributes
  /** `new`: the first of a trace of its own. `required`: only below another span, else there is none. */
  parent?: 'new' | 'required'
}

/** What came of it. */
export interface SpanEnd {
  attributes?: SpanAttributes
  /** What failed, as one of few words; left out where nothing did. */
  error?: string | undefined
}

/** Headers that carry a trace on to whom one calls (W3C Trace Context). */
export type TraceHeaders = Readonly<Record<string, string>>

/** What the rooms tell of the things that take time. */
export interface Tracer {
  /** Runs work as a span below the one in which it begins; a rejection ends it as failed. */
  trace<T>(
    span: SpanStart,
    work: (headers: TraceHeaders) => Promise<T>,
    ended?: (result: T) => SpanEnd,
  ): Promise<T>
}

/** Where no traces are asked for. */
export const noTracer: Tracer = { trace: (_span, work) => work({}) }

/** OTEL_ settings ask for traces, and what sends them is not installed. */
export class TracesError extends Error {
  override name = 'TracesError'
}
