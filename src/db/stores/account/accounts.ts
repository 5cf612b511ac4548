import { and, eq, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Account } from '../../../core/identity/account.ts'
import type { Accounts } from '../../../core/identity/accounts.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import { batched } from '../../batch.ts'
import type { Database } from '../../client.ts'
import { now } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { sessions, users } from '../../schema.ts'
import { db, nameOf, type Placeholders, statement } from '../../statement.ts'
import { asks, isAlive } from '../alive.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { createExport } from './account-export.ts'
import { accountJson } from './account-json.ts'
import { createRemove } from './remove.ts'

/** Look-ups in one statement: enough for one turn of the event loop, and still quick. */
const LARGEST_BATCH = 50

const u = alias(users, 'u')
const s = alias(sessions, 's')

const EDITED = ['name', 'picture', 'locale'] as const

type Edits = Record<(typeof EDITED)[number], string | null> &
  Record<`has${'Name' | 'Picture' | 'Locale'}`, boolean>

/** Users in PostgreSQL; each look-up is one round trip by primary keys. */
export function createAccounts(database: Database, trustedProviders: readonly string[]): Accounts {
  const { query } = database
  const selection = {
    sessionId: sessions.id,
    userId: users.id,
    account: accountJson(trustedProviders),
  }
  const FIND = statement((p: Placeholders<SessionRef>) =>
    db
      .select(selection)
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(asks(p)),
  )
  /**
   * One row for each session that is alive. Each list of ids is one text, which is cheapest for the
   * driver.
   */
  const FIND_SOME = statement((p: Placeholders<{ sessionIds: string; userIds: string }>) => {
    const asked = db.$with('asked', { id: sessions.id, userId: sessions.userId }).as(
      sql`select * from unnest(string_to_array(${p.sessionIds}, ',')::uuid[],
          string_to_array(${p.userIds}, ',')::uuid[]) as asked(${nameOf(sessions.id)}, ${nameOf(sessions.userId)})`,
    )
    return db
      .with(asked)
      .select(selection)
      .from(asked)
      .innerJoin(sessions, and(eq(sessions.id, asked.id), eq(sessions.userId, asked.userId)))
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(isAlive())
  })
  /** User and session are locked first: a session that ended while this waited edits nothing. */
  const EDIT = statement((p: Placeholders<SessionRef & Edits & { asked: string }>) => {
    const asking = db.$with('asking').as(
      db
        .select({ userId: u.id })
        .from(s)
        .innerJoin(u, eq(u.id, s.userId))
        .where(
          and(eq(s.id, p.sessionId), eq(s.userId, p.userId), isAlive(s, u), inTime, saysWho(p)),
        )
        .for('no key update', { of: [u, s] }),
    )
    return db
      .with(asking)
      .update(users)
      .set({
        name: sql`case when ${p.hasName}::boolean then ${p.name} else ${users.name} end`,
        picture: sql`case when ${p.hasPicture}::boolean then ${p.picture} else ${users.picture} end`,
        locale: sql`case when ${p.hasLocale}::boolean then ${p.locale} else ${users.locale} end`,
        updatedAt: now,
      })
      .from(asking)
      .where(eq(users.id, asking.userId))
      .returning({ account: accountJson(trustedProviders) })
  })

  const find = batched<SessionRef, string | null>(async (asked) => {
    const [first] = asked
    const rows =
      first !== undefined && asked.length === 1
        ? await FIND.all(query, first)
        : await FIND_SOME.all(query, {
            sessionIds: asked.map(({ sessionId }) => sessionId).join(),
            userIds: asked.map(({ userId }) => userId).join(),
          })
    const found = new Map(rows.map((row) => [row.sessionId, row]))
    const others = new Set(found.keys())
    for (const { sessionId } of asked) others.delete(sessionId.toLowerCase())
    for (const other of others) requireOwn(database, other, first?.sessionId ?? '')
    return ({ sessionId, userId }) => {
      const row = found.get(sessionId.toLowerCase())
      return row?.userId === userId.toLowerCase() ? row.account : null
    }
  }, LARGEST_BATCH)

  /**
   * A last check that an account belongs to the user who is answered, whatever went wrong before.
   */
  const own = (json: string, userId: string): string => {
    // The id behind `{"sub":"`: parsing all of it would cost more than the rest.
    requireOwn(database, json.slice(8, 44), userId)
    return json
  }
  const findJson = async (session: SessionRef) => {
    const json = await find(session)
    return json === null ? null : own(json, session.userId)
  }
  return {
    findJsonBySession: findJson,
    async findBySession(session) {
      const json = await findJson(session)
      return json === null ? null : (JSON.parse(json) as Account)
    },
    exportBySession: createExport(database).own,
    async edit({ asker, ...asking }, edits) {
      const { name = null, picture = null, locale = null } = edits
      const row = await EDIT.one(query, {
        ...asking,
        name,
        picture,
        locale,
        asked: askedBy(asker),
        hasName: edits.name !== undefined,
        hasPicture: edits.picture !== undefined,
        hasLocale: edits.locale !== undefined,
      })
      return row === null ? null : (JSON.parse(own(row.account, asking.userId)) as Account)
    },
    remove: createRemove(database),
  }
}
