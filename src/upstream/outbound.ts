import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { Agent, type Dispatcher, request } from 'undici'
import { LatchkeyError } from '../core/errors.ts'
import { observed } from '../http/outcome.ts'
import { parseJson } from './json.ts'

/** All calls of one login to its provider must be answered within this time. */
export const OUTBOUND_MS = 10_000

/** Bytes of a decoded answer that are read. */
export const OUTBOUND_BYTES = 1024 * 1024

/** What a provider answered. */
export interface Answer {
  status: number
  /** Without parameters, in lower case. */
  contentType: string
  text: string
  /** The headers Date and Location as they came. */
  date: string | null
  location: string | null
}

/** Calls to providers: https, no redirects, bounded in time and size, connections kept alive. */
export interface Outbound {
  /** `step` names the call in the log: `userinfo`, `jwks`, `discovery`. */
  get(url: string, step: string, options: CallOptions): Promise<Answer>
  /** POSTs a form, or a document as JSON, or nothing. */
  post(url: string, step: string, options: BodyOptions): Promise<Answer>
  delete(url: string, step: string, options: BodyOptions): Promise<Answer>
  close(): Promise<void>
}

interface CallOptions {
  signal: AbortSignal
  headers?: Record<string, string>
}

/** A call with at most one body. */
type BodyOptions = CallOptions & { form?: Readonly<Record<string, string>>; json?: unknown }

const DECODERS: Record<string, ((body: Buffer, options: object) => Promise<Buffer>) | undefined> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/** Told of each call to a provider: the class of its status (`2xx`) or the code of its error. */
export type CallEnded = (endpoint: string, outcome: string, seconds: number) => void

/** Makes one call, and tells how it ended and how long it took. */
export function timed<T extends { status: number }>(
  endpoint: string,
  ended: CallEnded,
  call: () => Promise<T>,
): Promise<T> {
  const before = performance.now()
  return observed(
    call(),
    (outcome) => ended(endpoint, outcome, (performance.now() - before) / 1000),
    { ofResult: ({ status }) => `${Math.floor(status / 100)}xx` },
  )
}

/** The same client, whose calls are told of. */
export const timedOutbound = (outbound: Outbound, ended: CallEnded): Outbound => ({
  get: (url, step, options) => timed(step, ended, () => outbound.get(url, step, options)),
  post: (url, step, options) => timed(step, ended, () => outbound.post(url, step, options)),
  delete: (url, step, options) => timed(step, ended, () => outbound.delete(url, step, options)),
  close: () => outbound.close(),
})

/** The client that all of Latchkey shares. */
export function createOutbound(): Outbound {
  const agent = new Agent({
    connect: { timeout: 3_000 },
    connections: 128,
    pipelining: 1,
    maxResponseSize: OUTBOUND_BYTES,
    maxHeaderSize: 32 * 1024,
    // The deadline of the whole login rules; these only keep undici's own out of its way.
    headersTimeout: OUTBOUND_MS + 1_000,
    bodyTimeout: OUTBOUND_MS + 1_000,
    keepAliveTimeout: 4_000,
  })
  const send =
    (method: 'GET' | 'POST' | 'DELETE') =>
    async (url: string, step: string, options: BodyOptions) => {
      const { signal, headers = {} } = options
      const body = encodeBody(options)
      try {
        const response = await request(url, {
          dispatcher: agent,
          signal,
          method,
          body: body?.text ?? null,
          headers: {
            accept: 'application/json',
            'accept-encoding': 'gzip',
            'user-agent': 'latchkey',
            ...(body === null ? {} : { 'content-type': body.type }),
            ...headers,
          },
        })
        return await readAnswer(response, step)
      } catch (error) {
        throw toOutboundError(error, step, signal)
      }
    }
  return {
    get: send('GET'),
    post: send('POST'),
    delete: send('DELETE'),
    close: () => agent.destroy(),
  }
}

function encodeBody({ form, json }: BodyOptions): { text: string; type: string } | null {
  if (form !== undefined) {
    const text = new URLSearchParams({ ...form }).toString()
    return { text, type: 'application/x-www-form-urlencoded' }
  }
  return json === undefined ? null : { text: JSON.stringify(json), type: 'application/json' }
}

async function readAnswer(response: Dispatcher.ResponseData, step: string): Promise<Answer> {
  const status = response.statusCode
  const encoded = Buffer.from(await response.body.arrayBuffer())
  const encoding = String(response.headers['content-encoding'] ?? 'identity').toLowerCase()
  let body: Buffer = encoded
  if (encoding !== 'identity') {
    const decode = DECODERS[encoding]
    if (decode === undefined) throw invalidAnswer(step, 'content_encoding', { status })
    body = await decode(encoded, { maxOutputLength: OUTBOUND_BYTES }).catch((cause) => {
      throw invalidAnswer(step, 'content_encoding', { status }, cause)
    })
  }
  const contentType = String(response.headers['content-type'] ?? '')
  const header = (name: string) => {
    const value = response.headers[name]
    return typeof value === 'string' ? value : null
  }
  return {
    status,
    contentType: (contentType.split(';')[0] ?? '').trim().toLowerCase(),
    text: body.toString('utf8'),
    date: header('date'),
    location: header('location'),
  }
}

/** The JSON of a successful answer; any other answer is an error of the provider. */
export function readJson(answer: Answer, step: string): unknown {
  const { status } = answer
  if (status >= 300 && status < 400) throw invalidAnswer(step, 'redirect', { status })
  if (status !== 200) {
    throw new LatchkeyError('provider_error', 'The provider refused a request or failed.', {
      evidence: { step, status },
    })
  }
  if (!/^application\/(json|[\w.+-]+\+json)$/.test(answer.contentType)) {
    throw invalidAnswer(step, 'content_type', { status })
  }
  try {
    return parseJson(answer.text)
  } catch (cause) {
    throw invalidAnswer(step, 'not_json', { status }, cause)
  }
}

/**
 * The JSON of an answer whose status says nothing yet (an error may be HTTP 200, a success 204); null
 * for an error that is no JSON.
 */
export function readBody(answer: Answer, step: string): unknown {
  const { status, text } = answer
  if (status >= 300 && status < 400) throw invalidAnswer(step, 'redirect', { status })
  try {
    return parseJson(text)
  } catch (cause) {
    if (status >= 400) return null
    throw invalidAnswer(step, 'not_json', { status }, cause)
  }
}

/** An answer that was given but cannot be used. `reason` is for the log. */
export function invalidAnswer(
  step: string,
  reason: string,
  evidence: Record<string, string | number> = {},
  cause?: unknown,
): LatchkeyError {
  return new LatchkeyError(
    'invalid_provider_response',
    'The provider’s answer cannot be trusted.',
    {
      evidence: { step, reason, ...evidence },
      cause,
    },
  )
}

/** A call that ended without a whole answer, told apart: too slow, too large, or not to be reached. */
export function toOutboundError(error: unknown, step: string, signal: AbortSignal): LatchkeyError {
  if (error instanceof LatchkeyError) return error
  if (signal.aborted) {
    return new LatchkeyError('provider_timeout', 'The provider did not answer in time.', {
      evidence: { step },
    })
  }
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return invalidAnswer(step, 'too_large')
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new LatchkeyError('provider_timeout', 'The provider did not answer in time.', {
      evidence: { step },
    })
  }
  return new LatchkeyError('provider_error', 'The provider cannot be reached.', {
    evidence: { step },
    cause: error,
  })
}
