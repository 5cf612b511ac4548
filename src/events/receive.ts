import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import type { Asker } from '../core/events/audit.ts'
import type { ReceivedEventStore } from '../core/events/received-events.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import {
  type EventAnswer,
  type EventRequest,
  OLDEST_EVENT_MS,
  type ProvenEvents,
  UnprovenEvent,
} from '../core/provider/provider-event.ts'
import { unknownProvider } from '../core/provider/unknown-provider.ts'
import { eventsAddress } from '../core/settings/public-url.ts'
import { placeOf } from '../http/log/known.ts'

/** What is needed of a provider that sends events. */
export interface TellingProvider {
  row: ProviderRow
  readEvents(request: EventRequest, address: string): Promise<ProvenEvents | null>
}

/** What receiving events needs. */
export interface ReceiveOptions {
  publicUrl: string
  /** Undefined where the provider is not enabled. */
  providerOf(id: string): TellingProvider | undefined
  store: ReceivedEventStore
  /**
   * Whether a user whose last identity was at this provider is deleted with it (ON_ACCOUNT_GONE).
   */
  deletesUsers(provider: string): boolean
  /** Counts a failed proof. Throws where there were too many from this address. */
  failed(request: FastifyRequest): Promise<void>
  /** Counts the events of a provider by their outcome. */
  received(provider: string, outcome: string): void
}

/**
 * Receives a provider's event, acts on it if its proof is valid, and answers in the form that the
 * provider expects.
 */
export async function receive(
  options: ReceiveOptions,
  { provider: id, path }: { provider: string; path: string },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const provider = options.providerOf(id)
  const receiver = provider?.row.events ?? null
  const asked = requestOf(request, path)
  if (provider === undefined || receiver === null) throw unknownProvider()
  if (asked.method === 'GET' && receiver.get !== true) {
    reply.header('allow', 'POST')
    throw new LatchkeyError('method_not_allowed', 'Only POST is allowed here.')
  }
  try {
    const proven = await provider.readEvents(asked, eventsAddress(options.publicUrl, id))
    if (proven === null) {
      throw new LatchkeyError(
        'unknown_provider',
        'The setting that proves this provider’s events is not set.',
      )
    }
    await act(options, id, proven, request)
    return send(reply, proven.answer)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    options.received(id, refusal.reason)
    const { reason } = refusal
    const fields = { event: 'provider_event_refused', ...placeOf(request), provider: id, reason }
    const why = { why: refusal.message, err: refusal }
    request.log.warn(
      { ...fields, ...why },
      'an event of a provider has no valid proof: it is ignored',
    )
    await options.failed(request)
    return send(reply, receiver.refuse?.(refusal, asked) ?? { status: 401 })
  }
}

async function act(
  { store, deletesUsers, received }: ReceiveOptions,
  provider: string,
  { events, ignored, id, at }: ProvenEvents,
  request: FastifyRequest,
): Promise<void> {
  const now = Date.now()
  const words = events.length > 0 ? events.map((event) => event.told).join() : ignored
  // The sender's words may have any length.
  const told = words?.slice(0, 200)
  const log = (outcome: string, more = {}) => {
    received(provider, outcome)
    const place = placeOf(request)
    const fields = { event: 'provider_event', ...place, provider, told, outcome, ...more }
    request.log.info(fields, 'a provider sent an event')
  }
  if (events.length === 0) return log('nothing')
  if (at !== null && at < now - OLDEST_EVENT_MS) return log('old')
  const { outcome, ...counts } = await store.act({
    provider,
    id,
    // The time is not taken from the future: such an event would end sessions that begin until
    // then.
    at: Math.min(at ?? now, now),
    events,
    deletesUsers: deletesUsers(provider),
    asker: tellerOf(request),
  })
  log(outcome, counts)
}

/** Records no address or user agent: they are the provider's, and say nothing about the person. */
const tellerOf = (request: FastifyRequest): Asker => ({
  requestId: request.id,
  address: null,
  userAgent: null,
})

/**
 * The error for an event without a valid proof, or one that makes no sense; null for faults on our
 * side.
 */
function refusalOf(error: unknown): UnprovenEvent | null {
  if (error instanceof UnprovenEvent) return error
  if (!(error instanceof z.ZodError)) return null
  return new UnprovenEvent('invalid_request', 'It cannot be read.', { cause: error })
}

function requestOf(request: FastifyRequest, path: string): EventRequest {
  const { method, headers, query, body } = request
  const one = (value: unknown) => String(Array.isArray(value) ? (value[0] ?? '') : (value ?? ''))
  return {
    method: method === 'POST' ? 'POST' : 'GET',
    path,
    contentType: one(headers['content-type']).split(';')[0]?.trim().toLowerCase() ?? '',
    header: (name) => one(headers[name]),
    query: Object.fromEntries(
      Object.entries(query as object).map(([name, value]) => [name, one(value)]),
    ),
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  }
}

function send(reply: FastifyReply, { status, type, body }: EventAnswer): FastifyReply {
  reply.code(status)
  if (type !== undefined) reply.header('content-type', type)
  // Sent as it is, without a serializer; an answer without a body keeps its content type.
  return body === undefined ? reply.send() : reply.serializer((given) => given as string).send(body)
}
