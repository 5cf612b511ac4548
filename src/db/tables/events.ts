import { sql } from 'drizzle-orm'
import { bigint, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { OutboxKind } from '../../core/events/outbox.ts'
import { latchkey, moment } from './columns.ts'

/**
 * The audit log: one row per event. Triggers on users, identities, sessions and signing keys write
 * it in the same transaction, so that no statement can forget to (function `record_event`; for the
 * start of a session `record_begun`). Only statements that create or link an identity outside of a
 * first login record that themselves (`stores/events/audit.ts`): a trigger on each new identity
 * would cost each first login. Partitioned by month (`db/partitions.ts`). It holds no secret and no
 * e-mail address.
 */
export const auditEvents = latchkey.table(
  'audit_events',
  {
    /**
     * Random, except for events of a login: these derive it from the session's or user's id, which
     * begin only once.
     */
    id: uuid('id').notNull().defaultRandom(),
    at: moment('at').notNull().defaultNow(),
    /** Past tense with a dot: `session.ended`. */
    type: text('type').notNull(),
    userId: uuid('user_id'),
    sessionId: uuid('session_id'),
    clientId: text('client_id'),
    provider: text('provider'),
    /**
     * The address of who caused it. It is emptied, like the user agent, once the user is deleted.
     */
    address: text('address'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    reason: text('reason'),
  },
  (table) => [
    primaryKey({ columns: [table.at, table.id] }),
    // In the order in which pages of events are read.
    index('audit_events_of_user').on(table.userId, table.at, table.id),
  ],
)

/**
 * What is still to be sent: provider tokens to revoke, events for the webhook, logout tokens for
 * clients. Columns of another kind are null.
 */
export const outbox = latchkey.table(
  'outbox',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').$type<OutboxKind>().notNull(),
    /** The receiver: a provider, `webhook`, or a client. */
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
    /** Also the end of the lease of the replica that is sending it. */
    nextAttemptAt: moment('next_attempt_at').notNull().defaultNow(),
    /** When it was given up; then only the operator can have it tried again. */
    failedAt: moment('failed_at'),
    /** Why the last attempt failed. */
    failure: text('failure'),
    /** When the operator had it tried again; its time starts anew. */
    retriedAt: moment('retried_at'),
  },
  (table) => [
    index('outbox_due')
      .on(table.kind, table.target, table.nextAttemptAt)
      .where(sql`${table.failedAt} is null`),
    index('outbox_target').on(table.kind, table.target, table.id),
  ],
)

/** Where events and logout tokens are sent, by the settings of the replica that started last. */
export const outboxTargets = latchkey.table(
  'outbox_targets',
  {
    kind: text('kind').$type<OutboxKind>().notNull(),
    target: text('target').notNull(),
    url: text('url').notNull(),
    /** Types of events as LIKE patterns. */
    types: text('types').array().notNull(),
    /** Since when nothing is sent because the target answered 410. */
    stoppedAt: moment('stopped_at'),
  },
  (table) => [primaryKey({ columns: [table.kind, table.target] })],
)

/** Providers' events that were acted on, so that each is acted on once. */
export const receivedEvents = latchkey.table(
  'received_events',
  {
    provider: text('provider').notNull(),
    /** A hash of the event's id, or of the signed message. */
    id: text('id').notNull(),
    receivedAt: moment('received_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.id] }),
    index('received_events_expires_at').on(table.expiresAt),
  ],
)
