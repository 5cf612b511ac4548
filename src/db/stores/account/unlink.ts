import { and, eq, exists, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Identities } from '../../../core/identity/identities.ts'
import type { Database } from '../../client.ts'
import { ANYTHING, now, ONE_ROW } from '../../expressions.ts'
import { identities, linkCodes, sessions, unlinkedIdentities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, statement } from '../../statement.ts'
import { sayWho } from '../events/audit.ts'
import { leaveRevocations } from '../events/outbox.ts'
import { requireOwn } from '../require-own.ts'
import { isSameIdentity } from '../same-identity.ts'
import { heldSessions } from '../sessions/held-sessions.ts'
import { HOLD_IDENTITIES, holdAsking } from './hold-asking.ts'

const i = alias(identities, 'i')

/**
 * Runs after the user's identities are locked, so that it sees what others did before: of two
 * unlinks at once the second leaves one identity, and a session that a sign-in has just opened
 * ends, too.
 */
const UNLINK = statement(
  (p: Placeholders<{ userId: string; provider: string; revocable: readonly string[] }>) => {
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
        .where(eq(i.userId, p.userId)),
    )
    const isHeld = isSameIdentity(held, identities)
    const left = db.select(ANYTHING).from(held).where(ne(held.provider, p.provider))
    const removed = db.$with('removed').as(
      db
        .delete(identities)
        .where(
          and(
            eq(identities.provider, p.provider),
            exists(db.select(ANYTHING).from(held).where(isHeld)),
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
    // The code that linked it could be repeated within its minute, which would undo the unlinking.
    const forgotten = db.$with('forgotten').as(
      db
        .delete(linkCodes)
        .where(
          and(
            eq(linkCodes.takenBy, p.userId),
            exists(db.select(ANYTHING).from(removed).where(isSameIdentity(removed, linkCodes))),
          ),
        )
        .returning({ hash: linkCodes.hash }),
    )
    // The user's e-mail address is now that of the earliest linked identity that has one.
    const heir = db.$with('heir').as(
      db
        .select({ provider: held.provider, issuer: held.issuer, subject: held.subject })
        .from(held)
        .where(
          and(
            ne(held.provider, p.provider),
            sql`${held.email} is not null`,
            exists(db.select(ANYTHING).from(removed).where(eq(removed.givesEmail, true))),
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
        .where(and(eq(users.id, p.userId), exists(db.select(ANYTHING).from(removed))))
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
              .select(ANYTHING)
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
      .with(held, removed, outbox, marked, forgotten, heir, inherited, touched, ended)
      .select({
        userId: sql<string>`${p.userId}::uuid`.as('user_id'),
        isFound: sql<boolean>`${exists(db.select(ANYTHING).from(held).where(eq(held.provider, p.provider)))}`,
        isRemoved: sql<boolean>`${exists(db.select(ANYTHING).from(removed))}`,
        endedSessions: sql<number>`(select count(*)::int from ${ended})`,
      })
      .from(ONE_ROW)
  },
)

/** Unlinks an identity. */
export function createUnlink(database: Database): Identities['unlink'] {
  return ({ userId, sessionId, asker }, provider, { revocable, reauthSeconds }) =>
    database.transaction(async (run) => {
      await sayWho(run, asker)
      const refused = await holdAsking(database, run, { userId, sessionId }, reauthSeconds)
      if (refused !== null) return { outcome: refused }
      await HOLD_IDENTITIES.all(run, { userId })
      const row = await UNLINK.one(run, { userId, provider, revocable })
      if (row === null) return { outcome: 'session_over' }
      requireOwn(database, row.userId, userId)
      if (!row.isFound) return { outcome: 'not_found' }
      if (!row.isRemoved) return { outcome: 'last_identity' }
      return { outcome: 'unlinked', endedSessions: row.endedSessions }
    })
}
