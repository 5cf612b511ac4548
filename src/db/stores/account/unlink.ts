import { and, eq, exists, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Freshness } from '../../../core/identity/accounts.ts'
import type { Identities } from '../../../core/identity/identities.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Database } from '../../client.ts'
import { inTime } from '../../in-time.ts'
import { identities, sessions, unlinkedIdentities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, statement } from '../../statement.ts'
import { asks, isFresh } from '../alive.ts'
import { askedBy, saysWho } from '../events/audit.ts'
import { leaveRevocations } from '../events/outbox.ts'
import { requireOwn } from '../require-own.ts'
import { isSameIdentity } from '../same-identity.ts'
import { heldSessions } from '../sessions/held-sessions.ts'

const now = sql`now()`
const one = { one: sql`1` }
const i = alias(identities, 'i')

/**
 * All identities of the user are locked, in one order: of two unlinks at once the second waits, and
 * does not see what the first took away. Identities come before the user and the sessions, as everywhere.
 */
const UNLINK = statement(
  (
    p: Placeholders<
      SessionRef & Freshness & { provider: string; revocable: readonly string[]; asked: string }
    >,
  ) => {
    const person = db.$with('person').as(
      db
        .select({ id: users.id, isFresh: isFresh(p).as('is_fresh') })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(asks(p), inTime, saysWho(p))),
    )
    const held = db.$with('held').as(
      db
        .select({
          provider: i.provider,
          issuer: i.issuer,
          subject: i.subject,
          email: i.email,
          linkedAt: i.linkedAt,
        })
        .from(i)
        .innerJoin(person, and(eq(person.id, i.userId), person.isFresh))
        .orderBy(i.provider, i.issuer, i.subject)
        .for('update', { of: i }),
    )
    const isHeld = isSameIdentity(held, identities)
    const left = db.select(one).from(held).where(ne(held.provider, p.provider))
    const removed = db.$with('removed').as(
      db
        .delete(identities)
        .where(
          and(
            eq(identities.provider, p.provider),
            exists(db.select(one).from(held).where(isHeld)),
            exists(left),
          ),
        )
        .returning({
          userId: identities.userId,
          provider: identities.provider,
          issuer: identities.issuer,
          subject: identities.subject,
          givesEmail: identities.givesEmail,
          sealedAccessToken: identities.sealedAccessToken,
          sealedRefreshToken: identities.sealedRefreshToken,
        }),
    )
    const outbox = db.$with('outbox', {}).as(leaveRevocations(removed, p.revocable))
    const marked = db.$with('marked', {}).as(
      insertFrom(
        unlinkedIdentities,
        {
          userId: removed.userId,
          provider: removed.provider,
          issuer: removed.issuer,
          subject: removed.subject,
        },
        sql`from ${removed} on conflict do nothing`,
      ),
    )
    // The user's address is now the one of the identity that was linked first and has one.
    const heir = db.$with('heir').as(
      db
        .select({ provider: held.provider, issuer: held.issuer, subject: held.subject })
        .from(held)
        .where(
          and(
            ne(held.provider, p.provider),
            sql`${held.email} is not null`,
            exists(db.select(one).from(removed).where(eq(removed.givesEmail, true))),
          ),
        )
        .orderBy(held.linkedAt, held.provider)
        .limit(1),
    )
    const inherited = db
      .$with('inherited')
      .as(
        db
          .update(identities)
          .set({ givesEmail: true })
          .from(heir)
          .where(isSameIdentity(identities, heir))
          .returning({ userId: identities.userId }),
      )
    const touched = db.$with('touched').as(
      db
        .update(users)
        .set({ updatedAt: now })
        .from(person)
        .where(and(eq(users.id, person.id), exists(db.select(one).from(removed))))
        .returning({ id: users.id }),
    )
    const opened = heldSessions(
      and(
        inArray(sessions.userId, db.select({ id: touched.id }).from(touched)),
        isNull(sessions.endedAt),
        eq(sessions.provider, p.provider),
        or(
          isNull(sessions.subject),
          exists(
            db
              .select(one)
              .from(removed)
              .where(
                and(eq(removed.issuer, sessions.issuer), eq(removed.subject, sessions.subject)),
              ),
          ),
        ),
      ),
    )
    const ended = db
      .$with('ended')
      .as(
        db
          .update(sessions)
          .set({ endedAt: now, endReason: sql`'identity_unlinked'` })
          .where(inArray(sessions.id, opened))
          .returning({ id: sessions.id }),
      )
    return db
      .with(person, held, removed, outbox, marked, heir, inherited, touched, ended)
      .select({
        userId: person.id,
        isFresh: person.isFresh,
        isFound: sql<boolean>`${exists(db.select(one).from(held).where(eq(held.provider, p.provider)))}`,
        isRemoved: sql<boolean>`${exists(db.select(one).from(removed))}`,
        endedSessions: sql<number>`(select count(*)::int from ${ended})`,
      })
      .from(person)
  },
)

/** How a user takes an identity away. */
export function createUnlink(database: Database): Identities['unlink'] {
  return async ({ userId, sessionId, asker }, provider, { revocable, reauthSeconds }) => {
    const asked = askedBy(asker)
    const asking = { userId, sessionId, provider, revocable, reauthSeconds, asked }
    const row = await UNLINK.one(database.query, asking)
    if (row === null) return { outcome: 'session_over' }
    requireOwn(database, row.userId, userId)
    if (!row.isFresh) return { outcome: 'sign_in_again' }
    if (!row.isFound) return { outcome: 'not_found' }
    if (!row.isRemoved) return { outcome: 'last_identity' }
    return { outcome: 'unlinked', endedSessions: row.endedSessions }
  }
}
