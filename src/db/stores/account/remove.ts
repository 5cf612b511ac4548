import { and, eq, type SQL, sql } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { TypedQueryBuilder } from 'drizzle-orm/query-builders/query-builder'
import type { Accounts, Freshness } from '../../../core/identity/accounts.ts'
import type { AdminUsers } from '../../../core/identity/admin-users.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Database } from '../../client.ts'
import { inTime } from '../../in-time.ts'
import { identities, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { asks, isFresh } from '../alive.ts'
import { askedBy, saysWho } from '../events/audit.ts'
import { leaveRevocations } from '../events/outbox.ts'
import { requireOwn } from '../require-own.ts'

interface Found extends Record<string, unknown> {
  id: PgColumn
  isFresh: SQL.Aliased<boolean>
}

const i = alias(identities, 'i')
const s = alias(sessions, 's')
const u = alias(users, 'u')

type Revocable = { revocable: readonly string[]; asked: string }

const OWN = statement((p: Placeholders<SessionRef & Freshness & Revocable>) =>
  removal(
    p,
    db
      .select({ id: users.id, isFresh: isFresh(p).as('is_fresh') })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(and(asks(p), inTime, saysWho(p))),
  ),
)

const ANY = statement((p: Placeholders<{ userId: string } & Revocable>) =>
  removal(
    p,
    db
      .select({ id: users.id, isFresh: sql<boolean>`true`.as('is_fresh') })
      .from(users)
      .where(and(eq(users.id, p.userId), inTime, saysWho(p))),
  ),
)

/**
 * Identities, user and sessions are locked in the order in which everybody locks them, before the user
 * takes them along; what a sign-in has just stored is seen.
 */
function removal(p: Placeholders<Revocable>, found: TypedQueryBuilder<Found>) {
  const person = db.$with('person').as(found)
  const leaving = db.$with('leaving').as(
    db
      .select({
        provider: i.provider,
        issuer: i.issuer,
        subject: i.subject,
        sealedAccessToken: i.sealedAccessToken,
        sealedRefreshToken: i.sealedRefreshToken,
      })
      .from(i)
      .innerJoin(person, and(eq(person.id, i.userId), person.isFresh))
      .orderBy(i.provider, i.issuer, i.subject)
      .for('update', { of: i }),
  )
  const outbox = db.$with('outbox', {}).as(leaveRevocations(leaving, p.revocable))
  const held = db.$with('held').as(
    db
      .select({ id: u.id })
      .from(u)
      .innerJoin(person, and(eq(person.id, u.id), person.isFresh))
      .where(sql`(select count(*) from ${leaving}) >= 0`)
      .for('update', { of: u }),
  )
  const over = db
    .$with('over')
    .as(
      db
        .select({ id: s.id })
        .from(s)
        .innerJoin(held, eq(held.id, s.userId))
        .orderBy(s.id)
        .for('update', { of: s }),
    )
  const removed = db
    .$with('removed')
    .as(
      db
        .delete(users)
        .where(
          sql`${users.id} in (select ${held.id} from ${held}) and (select count(*) from ${over}) >= 0`,
        )
        .returning({ id: users.id }),
    )
  return db
    .with(person, leaving, outbox, held, over, removed)
    .select({
      userId: sql<string>`${person.id}`.as('user_id'),
      isFresh: person.isFresh,
      isRemoved: sql<boolean>`exists (select from ${removed})`,
    })
    .from(person)
}

/** How a user leaves. */
export function createRemove(database: Database): Accounts['remove'] {
  return async ({ userId, sessionId, asker }, { revocable, reauthSeconds }) => {
    const asking = { userId, sessionId, revocable, reauthSeconds, asked: askedBy(asker) }
    const row = await OWN.one(database.query, asking)
    if (row === null) return { outcome: 'session_over' }
    requireOwn(database, row.userId, userId)
    if (!row.isFresh) return { outcome: 'sign_in_again' }
    return { outcome: row.isRemoved ? 'removed' : 'session_over' }
  }
}

/** How the operator takes a user away. */
export const createRemoveAny =
  (database: Database): AdminUsers['remove'] =>
  async (userId, revocable, asker) => {
    const row = await ANY.one(database.query, { userId, revocable, asked: askedBy(asker) })
    if (row === null) return false
    requireOwn(database, row.userId, userId)
    return row.isRemoved
  }
