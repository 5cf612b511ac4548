import { sql } from 'drizzle-orm'
import { bigint, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { OutboxKind } from '../../core/events/outbox.ts'
import { latchkey, moment } from './columns.ts'

/**
 * What happened, a row each, written in the transaction of the thing itself by triggers on users, identities,
 * sessions and signing keys, so that no statement can forget to (`record_event`; of a login `record_begun`). Only who
 * makes or links an identity outside of a first login records that itself (`stores/events/audit.ts`): a trigger on
 * each new identity costs each first login. Partitioned by month (`db/partitions.ts`). No secret and no address of
 * mail is in it.
 */
export const auditEvents = latchkey.table(
  'audit_events',
  {
    /** Random, but of what a login makes: it is derived from the session's or the user's, which begin once. */
    id: uuid('id').notNull().defaultRandom(),
    at: moment('at').notNull().defaultNow(),
    /** In dotted past tense: `session.ended`. */
    type: text('type').notNull(),
    userId: uuid('user_id'),
    sessionId: uuid('session_id'),
    clientId: text('client_id'),
    provider: text('provider'),
    /** Of who asked for it; emptied, as the user agent, once the user is deleted. */
    address: text('address'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    reason: text('reason'),
  },
  (table) => [
    primaryKey({ columns: [table.at, table.id] }),
    // In the order in which they are read, page by page.
    index('audit_events_of_user').on(table.userId, table.at, table.id),
  ],
)

/**
 * What is to be told or asked elsewhere: grants to revoke at their providers, events for the webhook,
 * logout tokens for clients. What is of another kind is null.
 */
export const outbox = latchkey.table(
  'outbox',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').$type<OutboxKind>().notNull(),
    /** Who it is for: a provider, `webhook`, a client. */
    target: text('target').notNull(),
    issuer: text('issuer'),
    subject: text('subject'),
    sealedAccessToken: text('sealed_access_token'),
    sealedRefreshToken: text('sealed_refresh_token'),
    eventId: uuid('event_id'),
    eventAt: moment('event_at'),
    userId: uuid('user_id'),
    sessionId: uuid('session_id'),
    attempts: integer('attempts').notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** Also the end of the lease of the replica that is at it. */
    nextAttemptAt: moment('next_attempt_at').notNull().defaultNow(),
    /** When it was given up: then only the operator has it tried again. */
    failedAt: moment('failed_at'),
    /** Why the last attempt failed. */
    failure: text('failure'),
    /** When the operator had it tried again: its time begins anew. */
    retriedAt: moment('retried_at'),
  },
  (table) => [
    index('outbox_due')
      .on(table.kind, table.target, table.nextAttemptAt)
      .where(sql`${table.failedAt} is null`),
    index('outbox_target').on(table.kind, table.target, table.id),
  ],
)

/** Where the settings have events and logout tokens sent, as the latest start of a replica knew it. */
export const outboxTargets = latchkey.table(
  'outbox_targets',
  {
    kind: text('kind').$type<OutboxKind>().notNull(),
    target: text('target').notNull(),
    url: text('url').notNull(),
    /** Types of events as patterns of LIKE. */
    types: text('types').array().notNull(),
    /** Since when nothing is sent there any more, by the target's own wish (410). */
    stoppedAt: moment('stopped_at'),
  },
  (table) => [primaryKey({ columns: [table.kind, table.target] })],
)

/** Events of providers that were acted on, so that each is acted on once. */
export const receivedEvents = latchkey.table(
  'received_events',
  {
    provider: text('provider').notNull(),
    /** A hash of its id, or of what was signed. */
    id: text('id').notNull(),
    receivedAt: moment('received_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.id] }),
    index('received_events_expires_at').on(table.expiresAt),
  ],
)
