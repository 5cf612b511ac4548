import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { OutboxKind } from '../../core/events/outbox.ts'
import { latchkey, moment } from './columns.ts'

const audited = () => ({
  /** Random, except for the events of a login: these derive it from the session's id. */
  id: uuid('id').notNull().defaultRandom(),
  at: moment('at').notNull().defaultNow(),
  /** In dotted past tense: `session.ended`. */
  type: text('type').notNull(),
  userId: uuid('user_id'),
  sessionId: uuid('session_id'),
  clientId: text('client_id'),
  provider: text('provider'),
  /** Of whoever asked for it; emptied, like the user agent, once the user is deleted. */
  address: text('address'),
  userAgent: text('user_agent'),
  requestId: text('request_id'),
  reason: text('reason'),
})

/**
 * Where the audit log is written. To read it, ask the view `audit`, which has one row per event: here
 * the three events of a first login are one row, a `user.created` with a session, because two more
 * rows would cost the login more than everything else that is recorded of it.
 *
 * Triggers on users, sessions and signing keys write it in the same transaction, so that no statement
 * can forget to (function `record_event`; for the start of a session `record_begun`). Only statements
 * that create or link an identity outside of a first login record that themselves
 * (`stores/events/audit.ts`): a trigger on each new identity would cost each first login. Partitioned
 * by month (`db/partitions.ts`). It holds no secret and no e-mail address.
 */
export const auditEvents = latchkey.table('audit_events', audited(), (table) => [
  primaryKey({ columns: [table.at, table.id] }),
  // In the order in which they are read, page by page.
  index('audit_events_of_user').on(table.userId, table.at, table.id),
])

/** A row of `audit_events` that stands for all three events of a first login. */
const isFirstLogin = sql`(${auditEvents.type} = 'user.created' and ${auditEvents.sessionId} is not null)`

/** Its three events. Their ids differ in one digit, so that in the order of ids they come as they happened. */
const ofFirstLogin = sql`(values ('user.created', '5'), ('identity.linked', '6'), ('session.created', '7'), (null, null))
    as e (type, digit)`

const inSession = (column: AnyPgColumn) =>
  sql`case when e.type = 'session.created' or e.type is null then ${column} end as ${sql.identifier(column.name)}`

/** The audit log as it is read: one row per event. */
export const audit = latchkey.view('audit', audited()).as(sql`
  select
    case when e.type is null then ${auditEvents.id}
      else overlay(${auditEvents.id}::text placing e.digit from 15)::uuid end as id,
    ${auditEvents.at},
    coalesce(e.type, ${auditEvents.type}) as type,
    ${auditEvents.userId},
    ${inSession(auditEvents.sessionId)},
    ${inSession(auditEvents.clientId)},
    case when e.type is distinct from 'user.created' then ${auditEvents.provider} end as provider,
    ${auditEvents.address},
    ${auditEvents.userAgent},
    ${auditEvents.requestId},
    case when e.type = 'identity.linked' or e.type is null then ${auditEvents.reason} end as reason
  from ${auditEvents} join ${ofFirstLogin} on ${isFirstLogin} = (e.type is not null)`)

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
