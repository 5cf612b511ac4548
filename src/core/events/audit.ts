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

/** The type of an event; `admin.…` is for what an operator's command did. */
export type EventType = (typeof EVENT_TYPES)[number] | `admin.${string}`

/** Who asked for what happened, as far as is known. */
export interface Asker {
  requestId: string | null
  address: string | null
  userAgent: string | null
  /** The client, where an operator's program does it to somebody's account. */
  clientId?: string
  /** The reason, for events that have none of their own. */
  reason?: string
}

/**
 * Reasons of what an operator or a provider did to somebody's account: the asker is not that
 * person.
 */
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

/** A field for who asks for what is done. */
export interface Asking {
  asker?: Asker | null
}

/** The asker of what the operator's command line does. */
export const ADMIN_CLI: Asker = {
  requestId: null,
  address: null,
  userAgent: 'latchkey admin',
  reason: 'admin_cli',
}

/** One thing that happened; what is unknown or absent is left out. */
export interface AuditEvent {
  type: EventType
  userId?: string | null
  sessionId?: string | null
  clientId?: string | null
  provider?: string | null
  /** A word such as `logout`, never text that a person wrote. */
  reason?: string | null
}

/** An event as it is stored; `at` is ISO 8601. */
export interface AuditRow
  extends Required<AuditEvent>,
    Pick<Asker, 'requestId' | 'address' | 'userAgent'> {
  id: string
  at: string
}

/** Which rows are asked for. */
export interface AuditFilter {
  userId?: string
  /** A type, or its beginning, like `user`. */
  type?: string
  since?: Date
  /** Rows after this one, in the order that is asked for: oldest first, or newest first. */
  after?: Pick<AuditRow, 'id' | 'at'>
  newestFirst?: boolean
  limit: number
}

/** How many sessions ended, by reason, up to a time from which the next count goes on. */
export interface EndedSessions {
  until: string | null
  byReason: Readonly<Record<string, number>>
}

/**
 * The audit log. What happens to users, identities, sessions and signing keys is recorded in the
 * same transaction, whichever statement did it; `record` is for the rest.
 */
export interface Audit {
  record(event: AuditEvent, asker?: Asker | null): Promise<void>
  /** Oldest first. */
  list(filter: AuditFilter): Promise<AuditRow[]>
  /** The database's time, which rows are stamped with, in ms since 1970. */
  now(): Promise<number>
  /**
   * Sessions that ended after a time, except in the last ten seconds, of which some may not be
   * committed yet. Null for a first call, which counts none.
   */
  endedSessions(since: string | null): Promise<EndedSessions>
  /** Makes the partitions that are missing for this month and the next three. */
  makePartitions(): Promise<void>
  /** Drops the partitions of whole months that ended longer ago; gives how many. */
  dropPartitions(olderThanSeconds: number): Promise<number>
}
