import { type Persona, stableHex } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import type { EventAnswer, EventOrder, EventRequest, PlayedEvents, Variant } from './event.ts'

/** An event as the control route is asked for it. */
export interface Wanted {
  kind: string
  persona: Persona
  variant: Variant | null
  /** How long ago it happened, in seconds. */
  ageSeconds: number
}

/** What was sent, and what the app answered. */
export interface Delivery {
  sent: EventRequest & { url: string }
  /** Null where there was no answer in time. */
  answer: EventAnswer | null
  /** Why there was none. */
  failure: string | null
  /** True where the provider takes the answer as received. */
  accepted: boolean
}

/** Sends one provider's events, and remembers the last of each kind and person to send it again. */
export function createCourier(played: PlayedProvider, events: PlayedEvents, stage: Stage) {
  const last = new Map<string, EventRequest>()

  async function requestOf({ kind, persona, variant, ageSeconds }: Wanted) {
    const order: EventOrder = {
      kind,
      persona,
      at: Math.floor(Date.now() / 1000) - ageSeconds,
      proof: variant === 'forged' || variant === 'unknown_key' ? variant : 'right',
      client: variant === 'other_app' ? otherApp(played) : played.client,
      isOtherApp: variant === 'other_app',
    }
    return events.request(stage, order)
  }

  return {
    /** Null if an event should be sent again that was never sent. */
    async deliver(wanted: Wanted): Promise<Delivery | null> {
      const key = `${wanted.kind} ${wanted.persona.id}`
      const again = wanted.variant === 'replayed' ? last.get(key) : await requestOf(wanted)
      if (again === undefined) return null
      const deed = events.kinds[wanted.kind]
      if (wanted.variant === null) {
        last.set(key, again)
        // An event reports what has already happened.
        if (deed !== undefined && ENDS_LINK.has(deed)) stage.ledger.unlink(wanted.persona)
      }
      return send(events, stage, again)
    },
  }
}

const ENDS_LINK: ReadonlySet<string> = new Set([
  'disconnects',
  'deletes_account',
  'wants_data_deleted',
])

/** Posts a request to the app as the provider does: no redirects, and no patience. */
export async function send(
  events: PlayedEvents,
  stage: Stage,
  request: EventRequest,
): Promise<Delivery> {
  const base = events.target?.(stage) ?? stage.eventsUri()
  const url = new URL(base + (request.path ?? ''))
  for (const [name, value] of Object.entries(request.query ?? {})) {
    url.searchParams.append(name, value)
  }
  const sent = { ...request, url: url.href }
  try {
    const response = await fetch(stage.reach(url.href), {
      method: request.method,
      headers: request.headers,
      ...(request.method === 'GET' ? {} : { body: request.body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(events.timeoutMs),
    })
    const answer = {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: (await response.text()).slice(0, 64 * 1024),
    }
    return { sent, answer, failure: null, accepted: events.accepts(answer, request) }
  } catch (error) {
    return { sent, answer: null, failure: reasonOf(error), accepted: false }
  }
}

/** `timeout`, or the system's own word such as `ECONNREFUSED`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'timeout'
  return (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message
}

function otherApp({ id, client }: PlayedProvider) {
  return { id: `${client.id.slice(0, -4)}0000`, secret: stableHex(32, id, 'other secret') }
}
