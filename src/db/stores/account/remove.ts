import { and, eq, exists, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Accounts } from '../../../core/identity/accounts.ts'
import type { AdminUsers } from '../../../core/identity/admin-users.ts'
import type { Database, RunStatement } from '../../client.ts'
import { ANYTHING } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { identities, linkCodes, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { leaveRevocations } from '../events/outbox.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { isSameIdentity } from '../same-identity.ts'
import { HOLD_USER } from '../sign-in/join-statements.ts'
import { holdAsking } from './hold-asking.ts'

const i = alias(identities, 'i')
const s = alias(sessions, 's')

/**
 * Runs after the user is locked, so that it sees what a sign-in has just stored. Identities and
 * sessions are locked in the order that everybody keeps, before deleting the user removes them.
 */
const REMOVE = statement(
  (p: Placeholders<{ userId: string; revocable: readonly string[]; asked: string }>) => {
    const person = db.$with('person').as(
      db
        .select({ id: users.id })
        .from(users)
        .where(and(eq(users.id, p.userId), inTime, saysWho(p))),
    )
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
        .innerJoin(person, eq(person.id, i.userId))
        .orderBy(i.provider, i.issuer, i.subject)
        .for('update', { of: i }),
    )
    const outbox = db.$with('outbox', {}).as(leaveRevocations(leaving, p.revocable))
    // Codes also hold an identity's address and tokens until they are swept.
    const codes = db.$with('codes').as(
      db
        .delete(linkCodes)
        .where(
          or(
            eq(linkCodes.takenBy, p.userId),
            exists(db.select(ANYTHING).from(leaving).where(isSameIdentity(linkCodes, leaving))),
          ),
        )
        .returning({ hash: linkCodes.hash }),
    )
    const over = db
      .$with('over')
      .as(
        db
          .select({ id: s.id })
          .from(s)
          .innerJoin(person, eq(person.id, s.userId))
          .where(sql`(select count(*) from ${leaving}) >= 0`)
          .orderBy(s.id)
          .for('update', { of: s }),
      )
    const removed = db
      .$with('removed')
      .as(
        db
          .delete(users)
          .where(
            sql`${users.id} in (select ${person.id} from ${person}) and (select count(*) from ${over}) >= 0`,
          )
          .returning({ id: users.id }),
      )
    return db
      .with(person, leaving, outbox, codes, over, removed)
      .select({
        userId: sql<string>`${person.id}`.as('user_id'),
        isRemoved: sql<boolean>`exists (select from ${removed})`,
      })
      .from(person)
  },
)

const remove = async (
  database: Database,
  run: RunStatement,
  values: { userId: string; revocable: readonly string[]; asked: string },
): Promise<boolean> => {
  const row = await REMOVE.one(run, values)
  if (row === null) return false
  requireOwn(database, row.userId, values.userId)
  return row.isRemoved
}

/** Deletes the account of the user who asks. */
export function createRemove(database: Database): Accounts['remove'] {
  return ({ userId, sessionId, asker }, { revocable, reauthSeconds }) =>
    database.transaction(async (run) => {
      const refused = await holdAsking(database, run, { userId, sessionId }, reauthSeconds)
      if (refused !== null) return { outcome: refused }
      const isRemoved = await remove(database, run, { userId, revocable, asked: askedBy(asker) })
      return { outcome: isRemoved ? 'removed' : 'session_over' }
    })
}

/** Deletes a user for the operator. */
export const createRemoveAny =
  (database: Database): AdminUsers['remove'] =>
  (userId, revocable, asker) =>
    database.transaction(async (run) => {
      await HOLD_USER.one(run, { userId })
      return remove(database, run, { userId, revocable, asked: askedBy(asker) })
    })
