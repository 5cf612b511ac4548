import type { OperatorText } from '../settings/operator-texts.ts'
import type { RowValues } from './row-inputs.ts'

/** What providers' events report, in one vocabulary. */
export type ProviderEventKind =
  | 'consent_withdrawn'
  | 'account_gone'
  | 'sessions_revoked'
  | 'account_disabled'
  | 'account_enabled'

/** One thing that happened to a person's account at its provider. */
export interface ProviderEvent {
  kind: ProviderEventKind
  /** Whose account it is, or the common beginning of the subjects of all whom it concerns. */
  subject: string | { prefix: string }
  /** The provider's own word for it, for the log. */
  told: string
  /**
   * Whether the person also wants to be forgotten: then what the provider said about them is
   * forgotten, too.
   */
  forget?: boolean
}

/** Events older than this change nothing; the ids of events are kept for this time. */
export const OLDEST_EVENT_MS = 30 * 86_400_000

/** What a provider sent: nothing in it is believed before its proof is checked. */
export interface EventRequest {
  method: 'GET' | 'POST'
  /** The path below the address for events: empty, or for example `/data-deletion`. */
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
  /**
   * Empty for requests that change nothing: a check of the address, or an unknown kind of event.
   */
  events: readonly ProviderEvent[]
  /** What else it reports, in the provider's own words, for the log. */
  ignored?: string
  /** An id that only this message has, if the proof covers it; null: it is acted on every time. */
  id: string | null
  /**
   * When it happened, in ms since 1970; null where it does not say: then the time of its arrival
   * counts.
   */
  at: number | null
  answer: EventAnswer
}

/** What a receiver checks proofs with. */
export interface EventTools {
  /** Our registration there. */
  client: { id: string; secret: string }
  /** The ids of all our apps there. */
  audiences: readonly string[]
  issuer: string
  values: RowValues
  /** The public address, without a slash at the end: `<PUBLIC_URL>/providers/<id>/events`. */
  address: string
  /**
   * The claims of a token that is signed with the provider's keys, and the issuer that they must
   * have. Throws if it is not signed with them.
   */
  verify(token: string): Promise<{ claims: Record<string, unknown>; issuer: string }>
}

/** Where in the console an address has to be entered. */
export interface EventAddress {
  /** The path below the address for events. */
  path: string
  where: OperatorText
  /**
   * The row's setting by which its events are proven; null where no setting of its own is needed.
   */
  setting: string | null
  /** Our command that has the provider send events there, where its console cannot do that. */
  command?: string
}

/** What registering needs. */
export interface RegistrationTools {
  client: { id: string; secret: string }
  values: RowValues
  /** The content of the file that `keyFile` names. */
  keyFile: string
  /** The provider's endpoint with this metadata name. */
  endpoint(name: string): string
  /** Where events should be sent. */
  address: string
  /** Makes one call; rejects if the answer is not a JSON object. */
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
  /** In the provider's own word. */
  state: string
  /** Whether no events are sent in this state. */
  isOff: boolean
}

/** For a provider whose events have to be requested by a call. */
export interface EventRegistration {
  /** Its name in the operator's command. */
  command: string
  /** The row's settings that are needed. */
  needs: readonly string[]
  /** The row's setting with the path of a key file. */
  keyFile?: string
  register(tools: RegistrationTools): Promise<void>
  /** Where the provider sends its events now, and in which state; null: nowhere. */
  status(tools: RegistrationTools): Promise<RegisteredEvents | null>
  /** Asks the provider to send a test event. */
  verify?(tools: RegistrationTools): Promise<void>
}

/** How a provider's events are received; no code outside the row asks which provider it is. */
export interface EventReceiver {
  addresses: readonly EventAddress[]
  /** Whether GET requests are also taken. */
  get?: true
  /**
   * The metadata name of the endpoint with the keys of events, or of the document that names that
   * endpoint.
   */
  keys?: { jwks: string } | { configuration: string }
  registration?: EventRegistration
  /** Whether a request of this kind can be proven with these settings. */
  isOn(request: EventRequest, values: RowValues): boolean
  /**
   * Checks the proof and reads the events. Throws UnprovenEvent, or a ZodError if the proof is
   * valid and the content is not.
   */
  read(request: EventRequest, tools: EventTools): ProvenEvents | Promise<ProvenEvents>
  /** The answer to a request without a valid proof; default: 401 without a body. */
  refuse?(refusal: UnprovenEvent, request: EventRequest): EventAnswer
}

/** The proof of an event is not valid, or it is about another app. */
export class UnprovenEvent extends Error {
  override readonly name = 'UnprovenEvent'
  /** The error code of RFC 8935, section 2.3. */
  readonly reason: 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience'
  constructor(reason: UnprovenEvent['reason'], message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.reason = reason
  }
}
