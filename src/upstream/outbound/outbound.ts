import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { DIRECT, type ForwardProxies, proxyFor } from '../../core/settings/forward-proxy.ts'
import type { SpanEnd, SpanStart, Tracer } from '../../core/tracer.ts'
import { withOutcome } from '../../http/outcome.ts'
import { type Deadline, OUTBOUND_MS, tooSlow, withDeadline } from './deadline.ts'
import { Agent, type Dispatcher, type IncomingAnswer, ProxyAgent, send } from './http-client.ts'
import { type AskForAddresses, createLookup } from './lookup.ts'
import { type Answer, invalidAnswer } from './read-answer.ts'
import { readRetryAfter } from './retry-after.ts'

/** How many bytes of a decoded answer are read. */
const OUTBOUND_BYTES = 1024 * 1024

/** Calls to providers: https, no redirects, limited in time and size, connections kept alive. */
export interface Outbound {
  /** `step` names the call in the log: `userinfo`, `jwks`, `discovery`. */
  get(url: string, step: string, options?: CallOptions): Promise<Answer>
  /** POSTs a form, or a document as JSON, or nothing. */
  post(url: string, step: string, options?: BodyOptions): Promise<Answer>
  delete(url: string, step: string, options?: BodyOptions): Promise<Answer>
  close(): Promise<void>
}

interface CallOptions {
  /** The deadline that calls share; without one a call has its own. */
  deadline?: Deadline
  headers?: Record<string, string>
}

/** A call with at most one body. */
type BodyOptions = CallOptions & { form?: Readonly<Record<string, string>>; json?: unknown }

const DECODERS: Record<string, ((body: Buffer, options: object) => Promise<Buffer>) | undefined> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: inflateEither,
  br: promisify(brotliDecompress),
}

/** `deflate` means zlib's format (RFC 9110, section 8.4.1.2); some servers leave out its header. */
function inflateEither(body: Buffer, options: object): Promise<Buffer> {
  const hasHead = ((body[0] ?? 0) & 0x0f) === 8
  return promisify(hasHead ? inflate : inflateRaw)(body, options)
}

/**
 * Called after each call to a provider: with the class of its status (`2xx`), or the code of its
 * error.
 */
export type CallEnded = (endpoint: string, outcome: string, seconds: number) => void

/** Makes one call, and reports how it ended and how long it took. */
function withDuration<T extends { status: number }>(
  endpoint: string,
  ended: CallEnded,
  call: () => Promise<T>,
): Promise<T> {
  const before = performance.now()
  return withOutcome(
    call(),
    (outcome) => ended(endpoint, outcome, (performance.now() - before) / 1000),
    { ofResult: ({ status }) => `${Math.floor(status / 100)}xx` },
  )
}

/** How a call over HTTP ended, for its trace span. */
export const endOfCall = ({ status }: { status: number }): SpanEnd => ({
  attributes: { 'http.response.status_code': status },
  error: status >= 400 ? String(status) : undefined,
})

/**
 * The outbound client with its calls to one provider measured and traced. The trace is not passed
 * on to the provider.
 */
export function observedOutbound(
  outbound: Outbound,
  { provider, ended, tracer }: { provider: string; ended: CallEnded; tracer: Tracer },
): Outbound {
  const observed = (method: string, step: string, call: () => Promise<Answer>) => {
    const span: SpanStart = {
      name: `${method} ${provider} ${step}`,
      kind: 'client',
      attributes: {
        'http.request.method': method,
        'latchkey.provider': provider,
        'latchkey.endpoint': step,
      },
    }
    return tracer.trace(span, () => withDuration(step, ended, call), endOfCall)
  }
  return {
    get: (url, step, options) => observed('GET', step, () => outbound.get(url, step, options)),
    post: (url, step, options) => observed('POST', step, () => outbound.post(url, step, options)),
    delete: (url, step, options) =>
      observed('DELETE', step, () => outbound.delete(url, step, options)),
    close: () => outbound.close(),
  }
}

const CONNECT_MS = 3_000

const LIMITS = {
  connections: 128,
  pipelining: 1,
  maxResponseSize: OUTBOUND_BYTES,
  maxHeaderSize: 32 * 1024,
  // The login's deadline counts; these only keep undici's own limits out of the way.
  headersTimeout: OUTBOUND_MS + 1_000,
  bodyTimeout: OUTBOUND_MS + 1_000,
  keepAliveTimeout: 4_000,
}

/** The dispatchers for connections, by URL; each is made when it is first needed. */
function createDispatchers(proxies: ForwardProxies, ask: AskForAddresses | undefined) {
  const made = new Map<string | null, Dispatcher>()
  const connect = { timeout: CONNECT_MS, lookup: createLookup(ask) as never }
  const make = (proxy: string | null): Dispatcher =>
    proxy === null
      ? new Agent({ ...LIMITS, connect })
      : new ProxyAgent({ ...LIMITS, uri: proxy, proxyTls: connect })
  return {
    for(url: URL): Dispatcher {
      const proxy = proxyFor(url, proxies)
      const dispatcher = made.get(proxy) ?? make(proxy)
      made.set(proxy, dispatcher)
      return dispatcher
    },
    close: () => Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy())),
  }
}

/** The client that all of Latchkey shares. `ask` replaces the machine's own look-up in tests. */
export function createOutbound(
  proxies: ForwardProxies = DIRECT,
  ask?: AskForAddresses | undefined,
): Outbound {
  const dispatchers = createDispatchers(proxies, ask)
  const call =
    (method: 'GET' | 'POST' | 'DELETE') =>
    async (url: string, step: string, options: BodyOptions = {}): Promise<Answer> => {
      const { deadline, headers = {} } = options
      if (deadline === undefined) {
        return withDeadline((own) => call(method)(url, step, { ...options, deadline: own }))
      }
      const body = encodeBody(options)
      try {
        const target = new URL(url)
        const answer = await send(target, {
          dispatcher: dispatchers.for(target),
          deadline,
          method,
          body: body?.text ?? null,
          headers: Object.assign(
            {
              accept: 'application/json',
              'accept-encoding': 'gzip',
              'user-agent': 'latchkey',
            },
            body === null ? null : { 'content-type': body.type },
            headers,
          ),
        })
        return await readAnswer(answer, step)
      } catch (error) {
        throw toOutboundError(error, step, deadline)
      }
    }
  return {
    get: call('GET'),
    post: call('POST'),
    delete: call('DELETE'),
    async close() {
      await dispatchers.close()
    },
  }
}

function encodeBody({ form, json }: BodyOptions): { text: string; type: string } | null {
  if (form !== undefined) {
    const text = new URLSearchParams(form).toString()
    return { text, type: 'application/x-www-form-urlencoded' }
  }
  return json === undefined ? null : { text: JSON.stringify(json), type: 'application/json' }
}

/** The content encodings of an answer, without `identity`. */
const codingsOf = ({ headers }: Pick<IncomingAnswer, 'headers'>): string[] =>
  String(headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')

async function readAnswer(incoming: IncomingAnswer, step: string): Promise<Answer> {
  const { status, headers, body: encoded } = incoming
  const codings = codingsOf(incoming)
  // We offer one encoding; several layers of them are how a decompression bomb is packed.
  if (codings.length > 1) throw invalidAnswer(step, 'content_encoding', { status })
  let body = encoded
  // An unknown name such as `utf-8` or `none` is as a rule no encoding at all.
  const decode = DECODERS[codings[0] ?? '']
  if (decode !== undefined) {
    body = await decode(encoded, { maxOutputLength: OUTBOUND_BYTES }).catch((cause) => {
      throw invalidAnswer(step, 'content_encoding', { status }, cause)
    })
  }
  const contentType = String(headers['content-type'] ?? '')
  const header = (name: string) => {
    const value = headers[name]
    return typeof value === 'string' ? value : null
  }
  return {
    status,
    contentType: (contentType.split(';')[0] ?? '').trim().toLowerCase(),
    text: body.toString('utf8'),
    date: header('date'),
    location: header('location'),
    // Each scheme may have a line of its own.
    challenge: [headers['www-authenticate'] ?? []].flat().join(', ') || null,
    retryAfterSeconds: readRetryAfter(headers),
  }
}

/** The error of a call without a complete answer: too slow, too large, or unreachable. */
function toOutboundError(error: unknown, step: string, deadline: Deadline): LatchkeyError {
  if (error instanceof LatchkeyError) return error
  if (deadline.isOver) return tooSlow(step)
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return invalidAnswer(step, 'too_large')
  if (typeof code === 'string' && /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code)) {
    return tooSlow(step)
  }
  return new LatchkeyError('provider_error', said.providerAway, {
    evidence: { step },
    cause: error,
  })
}
