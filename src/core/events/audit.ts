import type { ProviderEventKind } from '../provider/provider-event.ts'

/** What can happen, in dotted past tense. */
export const EVENT_TYPES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'user.disabled',
  'user.enabled',
  'identity.linked',
  'identity.unlinked',
  'session.created',
  'session.ended',
  'sign_in.failed',
  'refresh_token.reused',
  'refresh_token.repeated',
  'provider_event.received',
  'grant.revoked',
  'grant.revocation_failed',
  'signing_key.rotated',
] as const

/** The type of an event; `admin.…` is what an operator's command did. */
export type EventType = (typeof EVENT_TYPES)[number] | `admin.${string}`

/** Who asked for what happened, as far as it is known. */
export interface Asker {
  requestId: string | null
  address: string | null
  userAgent: string | null
  /** The client that does it to somebody's account, where an operator's program does. */
  clientId?: string
  /** Why, where what happens has no reason of its own. */
  reason?: string
}

/** Reasons of what an operator or a provider did to somebody's account: whoever asked is not that person. */
export const REASONS_OF_OTHERS = [
  'admin_api',
  'admin_cli',
  'operator',
  ...([
    'consent_withdrawn',
    'account_gone',
    'sessions_revoked',
    'account_disabled',
    'account_enabled',
  ] satisfies ProviderEventKind[]),
] as const

/** What is done, with who asks for it. */
export interface Asking {
  asker?: Asker | null
}

/** Who does what the operator's command line does. */
export const ADMIN_CLI: Asker = {
  requestId: null,
  address: null,
  userAgent: 'latchkey admin',
  reason: 'admin_cli',
}

/** One thing that happened; what is not known, or not there, is left out. */
export interface AuditEvent {
  type: EventType
  userId?: string | null
  sessionId?: string | null
  clientId?: string | null
  provider?: string | null
  /** A word such as `logout`, never what a person wrote. */
  reason?: string | null
}

/** An event as it is kept; `at` is ISO 8601. */
export interface AuditRow
  extends Required<AuditEvent>,
    Pick<Asker, 'requestId' | 'address' | 'userAgent'> {
  id: string
  at: string
}

/** Which rows are asked for. */
export interface AuditFilter {
  userId?: string
  /** A type, or its beginning: `user`. */
  type?: string
  since?: Date
  /** Rows behind this one, in the order that is asked for: oldest first, or newest first. */
  after?: Pick<AuditRow, 'id' | 'at'>
  newestFirst?: boolean
  limit: number
}

/** How many sessions ended, by why, up to a moment from which the next count goes on. */
export interface EndedSessions {
  until: string | null
  byReason: Readonly<Record<string, number>>
}

/**
 * The audit. Users, identities, sessions and signing keys record what happens to them themselves, in the
 * same transaction and whatever statement did it; `record` is for the rest.
 */
export interface Audit {
  record(event: AuditEvent, asker?: Asker | null): Promise<void>
  /** Oldest first. */
  list(filter: AuditFilter): Promise<AuditRow[]>
  /** The database's time, which rows bear, in ms since 1970. */
  now(): Promise<number>
  /** Sessions that ended behind a moment, null for none yet: all that is known ten seconds later. */
  endedSessions(since: string | null): Promise<EndedSessions>
  /** Makes the months that are missing, this one and three ahead. */
  makePartitions(): Promise<void>
  /** Drops whole months that ended longer ago; gives how many. */
  dropPartitions(olderThanSeconds: number): Promise<number>
}
