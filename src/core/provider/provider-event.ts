import type { OperatorText } from '../settings/operator-texts.ts'
import type { RowValues } from './row-inputs.ts'

/** What providers tell, in one vocabulary. */
export type ProviderEventKind =
  | 'consent_withdrawn'
  | 'account_gone'
  | 'sessions_revoked'
  | 'account_disabled'
  | 'account_enabled'

/** One thing that happened to a person's account at its provider. */
export interface ProviderEvent {
  kind: ProviderEventKind
  /** Whose, or the beginning that the subjects of all concerned have. */
  subject: string | { prefix: string }
  /** The provider's own word for it, for the log. */
  told: string
  /** Whether the person also wants to be forgotten: then what the provider said of them is, too. */
  forget?: boolean
}

/** How old an event may be that changes anything: so long its id is kept. */
export const OLDEST_EVENT_MS = 30 * 86_400_000

/** What a provider sent: nothing in it is believed before its proof is checked. */
export interface EventRequest {
  method: 'GET' | 'POST'
  /** Below the address for events: empty, or such as `/data-deletion`. */
  path: string
  /** Without parameters, in lower case. */
  contentType: string
  header(name: string): string
  query: Readonly<Record<string, string>>
  /** As it came, byte for byte. */
  body: Buffer
}

/** An answer in the provider's form. */
export interface EventAnswer {
  status: number
  type?: string
  body?: string
}

/** A request whose proof holds. */
export interface ProvenEvents {
  /** Empty for what changes nothing: a check of the address, an unknown kind. */
  events: readonly ProviderEvent[]
  /** What else it tells of, in the provider's own words, for the log. */
  ignored?: string
  /** What tells it from others, as far as the proof covers it; null: it is acted on every time. */
  id: string | null
  /** When it happened in ms since 1970, null where it does not say: then its arrival counts. */
  at: number | null
  answer: EventAnswer
}

/** What a receiver checks proofs with. */
export interface EventTools {
  /** Our registration there. */
  client: { id: string; secret: string }
  /** All ids of apps of ours. */
  audiences: readonly string[]
  issuer: string
  values: RowValues
  /** The address that people see, without a slash at the end: `<PUBLIC_URL>/providers/<id>/events`. */
  address: string
  /**
   * The claims of a token that is signed by the provider's keys, and the issuer that goes with them.
   * Throws where it is not.
   */
  verify(token: string): Promise<{ claims: Record<string, unknown>; issuer: string }>
}

/** Where in the console an address goes. */
export interface EventAddress {
  /** Below the address for events. */
  path: string
  where: OperatorText
  /** The row's setting that proves it; null where that is there anyway. */
  setting: string | null
  /** What brings the provider to send there, where the console does not: a command of ours. */
  command?: string
}

/** What registering needs. */
export interface RegistrationTools {
  client: { id: string; secret: string }
  values: RowValues
  /** What `keyFile` names, as text. */
  keyFile: string
  /** The provider's endpoint of this metadata name. */
  endpoint(name: string): string
  /** Where the events are to be sent. */
  address: string
  /** One call; rejects where there is no JSON object for an answer. */
  call(request: {
    method: 'GET' | 'POST'
    url: string
    headers: Readonly<Record<string, string>>
    form?: Readonly<Record<string, string>>
    json?: unknown
  }): Promise<{ status: number; document: Record<string, unknown> }>
}

/** Where a provider sends its events. */
export interface RegisteredEvents {
  address: string
  /** In the provider's word. */
  state: string
  /** Whether it sends nothing in this state. */
  isOff: boolean
}

/** Of a provider that wants its events asked for by a call. */
export interface EventRegistration {
  /** As the operator's command calls it. */
  command: string
  /** The row's settings that it needs. */
  needs: readonly string[]
  /** The row's setting with the path of a key file. */
  keyFile?: string
  register(tools: RegistrationTools): Promise<void>
  /** Where the provider sends its events now, and in which state; null: nowhere. */
  status(tools: RegistrationTools): Promise<RegisteredEvents | null>
  /** Has the provider send one by which the way is tried. */
  verify?(tools: RegistrationTools): Promise<void>
}

/** How a provider's events are received; nothing outside the row asks which provider it is. */
export interface EventReceiver {
  addresses: readonly EventAddress[]
  /** Whether it also comes by GET. */
  get?: true
  /** The metadata name of the endpoint where the keys of events are, or the document that names it. */
  keys?: { jwks: string } | { configuration: string }
  registration?: EventRegistration
  /** Whether what proves this request is set. */
  isOn(request: EventRequest, values: RowValues): boolean
  /** Reads what is proven. Throws UnprovenEvent, or a ZodError for what is proven and makes no sense. */
  read(request: EventRequest, tools: EventTools): ProvenEvents | Promise<ProvenEvents>
  /** The answer to what is not proven; default: 401 without a body. */
  refuse?(refusal: UnprovenEvent, request: EventRequest): EventAnswer
}

/** An event whose proof fails, or that is about another app. */
export class UnprovenEvent extends Error {
  override readonly name = 'UnprovenEvent'
  /** As RFC 8935, section 2.3, calls it. */
  readonly reason: 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience'
  constructor(reason: UnprovenEvent['reason'], message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.reason = reason
  }
}
