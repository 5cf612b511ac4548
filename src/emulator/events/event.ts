import type { Proof } from '../login/keys.ts'
import type { Persona } from '../personas.ts'
import type { Stage } from '../stage.ts'

/**
 * What is wrong with an event, on purpose. `replayed`: the last one of its kind and person again,
 * byte for byte. `late`: it happened long ago. `other_app`: it is about another app.
 */
export const variants = ['forged', 'unknown_key', 'other_app', 'replayed', 'late'] as const
/** One of `variants`. */
export type Variant = (typeof variants)[number]

/** What a person or the provider does, which decides the text of the page's button. */
export type Deed =
  | 'disconnects'
  | 'deletes_account'
  | 'wants_data_deleted'
  | 'signed_out'
  | 'disabled'
  | 'enabled'
  | 'checks_address'
  | 'other'

/** One event that a provider is asked to send. */
export interface EventOrder {
  kind: string
  persona: Persona
  /** When it happened, in seconds. */
  at: number
  proof: Proof
  /** Our registration, or another one's. */
  client: { id: string; secret: string }
  isOtherApp: boolean
}

/** The request that carries the event. */
export interface EventRequest {
  method: 'GET' | 'POST'
  /** Below the app's address for events, such as `/data-deletion`. */
  path?: string
  query?: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
  body: string
}

/** What the app answered. */
export interface EventAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}

/** The events that a provider sends, with its own proof and form. */
export interface PlayedEvents {
  /** By the name that the control route takes. Those of the deed `other` change nothing. */
  kinds: Readonly<Record<string, Deed>>
  /** How long the provider waits for an answer. */
  timeoutMs: number
  /** Where events go, if an API call has set another address. */
  target?(stage: Stage): string | null
  request(stage: Stage, order: EventOrder): EventRequest | Promise<EventRequest>
  /** True for an answer that the provider takes as received. */
  accepts(answer: EventAnswer, request: EventRequest): boolean
}

/** True for exactly the name of a variant. */
export function isVariant(text: string): text is Variant {
  return variants.some((one) => one === text)
}
