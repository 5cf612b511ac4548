import type { ProviderEvent } from '../provider/provider-event.ts'
import type { Asker } from './audit.ts'

/** The events in one message of a provider, to be acted on together. */
export interface ReceivedEvents {
  provider: string
  /** The message's id, by which it is acted on once; null: every time. */
  id: string | null
  /** Ms since 1970: only what began before that time is ended. */
  at: number
  events: readonly ProviderEvent[]
  /** Whether a user whose last identity is gone goes too. */
  deletesUsers: boolean
  asker: Asker
}

/** The outcome of a message. */
export type ActedOn =
  | { outcome: 'acted'; sessions: number; users: number }
  /** It was acted on before. */
  | { outcome: 'repeated' }

/** Acts on what providers report, each message in one transaction. */
export interface ReceivedEventStore {
  act(received: ReceivedEvents): Promise<ActedOn>
  /** When a message was received, null where none of this id is remembered. */
  receivedAt(provider: string, id: string): Promise<Date | null>
}
