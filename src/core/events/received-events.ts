import type { ProviderEvent } from '../provider/provider-event.ts'
import type { Asker } from './audit.ts'

/** Events of one message of a provider, to be acted on together. */
export interface ReceivedEvents {
  provider: string
  /** Acted on once; null: every time. */
  id: string | null
  /** Ms since 1970: only what began before it ends. */
  at: number
  events: readonly ProviderEvent[]
  /** Whether a user whose last identity is gone goes too. */
  deletesUsers: boolean
  asker: Asker
}

/** What came of it. */
export type ActedOn =
  | { outcome: 'acted'; sessions: number; users: number }
  /** It was acted on before. */
  | { outcome: 'repeated' }

/** What providers told, acted on in one transaction each. */
export interface ReceivedEventStore {
  act(received: ReceivedEvents): Promise<ActedOn>
  /** When a message was received, null where none of this id is remembered. */
  receivedAt(provider: string, id: string): Promise<Date | null>
}
