import { and, eq, gt, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type { Account } from '../../../core/identity/account.ts'
import type { AdminUser, AdminUsers } from '../../../core/identity/admin-users.ts'
import { asciiLowerCase } from '../../../core/text.ts'
import type { Database, RunStatement } from '../../client.ts'
import { isoTime, lowerCase, now } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { identities, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { isAlive, isInUse } from '../alive.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { heldSessions } from '../sessions/held-sessions.ts'
import { createExport, FIRST } from './account-export.ts'
import { accountJson } from './account-json.ts'
import { createRemoveAny } from './remove.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Sorts behind every text with the same beginning, in byte order. */
const LAST_CHARACTER = '\u{10ffff}'

const living = (accessTokenTtlSeconds: number) => sql`(select count(*)::int from ${sessions}
  where ${sessions.userId} = ${users.id} and ${sessions.redeemedAt} is not null
    and ${isAlive()} and ${isInUse(accessTokenTtlSeconds)})`

/**
 * Users with this text in their name, here or at a provider, in any case. There is no index for it.
 */
const named = (p: Placeholders<{ name: string }>): SQL => {
  const has = (name: AnyPgColumn) => sql`position(lower(${p.name}) in lower(${name})) > 0`
  const found = db.select({ id: identities.userId }).from(identities).where(has(identities.name))
  return sql`(${has(users.name)} or ${inArray(users.id, found)})`
}

type Searched = { id: string | null; subject: string; email: string; emailEnd: string }

/** Users with an identity of this subject, or with an e-mail address that begins like this. */
const matching = (p: Placeholders<Searched>): SQL => {
  const email = lowerCase(identities.email)
  const found = db
    .select({ userId: identities.userId })
    .from(identities)
    .where(
      or(
        eq(identities.subject, p.subject),
        // Compared byte by byte, so that all addresses with one beginning are together in the
        // index.
        and(sql`${email} >= ${p.email} collate "C"`, sql`${email} < ${p.emailEnd} collate "C"`),
      ),
    )
  return sql`${users.id} = any(array(${found}) || ${p.id}::uuid)`
}

interface AdminUserRules {
  trustedProviders: readonly string[]
  accessTokenTtlSeconds: number
}

/** The operator's changes to users, in PostgreSQL. */
export function createAdminUsers(
  database: Database,
  { trustedProviders, accessTokenTtlSeconds }: AdminUserRules,
): AdminUsers {
  const { query } = database
  const shown = {
    account: accountJson(trustedProviders),
    roles: users.roles,
    disabledAt: sql<string | null>`${isoTime(users.disabledAt)}`,
    sessions: sql<number>`${living(accessTokenTtlSeconds)}`,
  }
  type Row = { account: string; roles: string[]; disabledAt: string | null; sessions: number }
  const read = (row: Row): AdminUser => ({
    ...(JSON.parse(row.account) as Account),
    roles: row.roles,
    disabled_at: row.disabledAt,
    sessions: row.sessions,
  })

  const SHOW = statement((p: Placeholders<{ id: string }>) =>
    db.select(shown).from(users).where(eq(users.id, p.id)),
  )
  const LIST = statement((p: Placeholders<{ after: string; limit: number }>) =>
    db.select(shown).from(users).where(gt(users.id, p.after)).orderBy(users.id).limit(p.limit),
  )
  const SEARCH = statement((p: Placeholders<Searched & { after: string; limit: number }>) =>
    db
      .select(shown)
      .from(users)
      .where(and(matching(p), gt(users.id, p.after)))
      .orderBy(users.id)
      .limit(p.limit),
  )
  const NAMED = statement((p: Placeholders<{ name: string; after: string; limit: number }>) =>
    db
      .select(shown)
      .from(users)
      .where(and(named(p), gt(users.id, p.after)))
      .orderBy(users.id)
      .limit(p.limit),
  )
  const DISABLE = statement((p: Placeholders<{ id: string; isDisabled: boolean; asked: string }>) =>
    db
      .update(users)
      .set({
        disabledAt: sql`case when ${p.isDisabled}::boolean
          then coalesce(${users.disabledAt}, now()) end`,
        updatedAt: now,
      })
      .where(and(eq(users.id, p.id), inTime, saysWho(p)))
      .returning(shown),
  )
  const changeRoles = (roles: (p: Placeholders<{ roles: readonly string[] }>) => SQL) =>
    statement((p: Placeholders<{ id: string; roles: readonly string[]; asked: string }>) =>
      db
        .update(users)
        .set({ roles: roles(p), updatedAt: now })
        .where(and(eq(users.id, p.id), inTime, saysWho(p)))
        .returning(shown),
    )
  const sorted = (roles: SQL) =>
    sql`array(select distinct role from unnest(${roles}) role order by role)`
  const SET_ROLES = changeRoles((p) => sorted(sql`${p.roles}::text[]`))
  const GRANT = changeRoles((p) => sorted(sql`${users.roles} || ${p.roles}::text[]`))
  const REVOKE = changeRoles(
    (p) => sql`array(select role from unnest(${users.roles}) role
      where role <> all(${p.roles}::text[]) order by role)`,
  )
  const END_SESSIONS = statement((p: Placeholders<{ id: string; asked: string }>) => {
    const ended = db.$with('ended').as(
      db
        .update(sessions)
        .set({ endedAt: now, endReason: sql`'operator'` })
        .where(
          inArray(
            sessions.id,
            heldSessions(
              and(
                eq(sessions.userId, p.id),
                isNull(sessions.endedAt),
                sql`${sessions.expiresAt} > now()`,
                inTime,
                saysWho(p),
              ),
            ),
          ),
        )
        .returning({ id: sessions.id }),
    )
    return db
      .with(ended)
      .select({ id: users.id, count: sql<number>`(select count(*)::int from ${ended})` })
      .from(users)
      .where(eq(users.id, p.id))
  })

  /** Checks that a row belongs to the user that was asked for. */
  const own = async (id: string, find: () => Promise<Row | null>) => {
    const row = UUID.test(id) ? await find() : null
    const user = row && read(row)
    if (user !== null) requireOwn(database, user.sub, id)
    return user
  }
  const show = (id: string) => own(id, () => SHOW.one(query, { id }))
  return {
    async find(text, { after, limit }) {
      const page = { after: after ?? FIRST, limit }
      if (text === '') return (await LIST.all(query, page)).map(read)
      const email = asciiLowerCase(text)
      const id = UUID.test(text) ? text : null
      const searched = { id, subject: text, email, emailEnd: email + LAST_CHARACTER }
      const rows = await SEARCH.all(query, { ...page, ...searched })
      // Names are searched only if no address or subject begins like this.
      const isKnown =
        rows.length > 0 ||
        (after !== null &&
          (await SEARCH.all(query, { ...searched, after: FIRST, limit: 1 })).length > 0)
      return (isKnown ? rows : await NAMED.all(query, { ...page, name: text })).map(read)
    },
    show,
    // The statement that makes the change also returns the user: a second read could fail although
    // the change is done.
    change(id, { isDisabled, roles }, by) {
      const asked = askedBy(by)
      const disable =
        isDisabled === undefined
          ? null
          : (run: RunStatement) => DISABLE.one(run, { id, isDisabled, asked })
      const set =
        roles === undefined ? null : (run: RunStatement) => SET_ROLES.one(run, { id, roles, asked })
      if (set === null) return disable === null ? show(id) : own(id, () => disable(query))
      if (disable === null) return own(id, () => set(query))
      return own(id, () =>
        database.transaction(async (run) => {
          await set(run)
          return disable(run)
        }),
      )
    },
    grantRole: (id, role, by) =>
      own(id, () => GRANT.one(query, { id, roles: [role], asked: askedBy(by) })),
    revokeRole: (id, role, by) =>
      own(id, () => REVOKE.one(query, { id, roles: [role], asked: askedBy(by) })),
    async endSessions(id, by) {
      const row = UUID.test(id) ? await END_SESSIONS.one(query, { id, asked: askedBy(by) }) : null
      if (row === null) return null
      requireOwn(database, row.id, id)
      return row.count
    },
    remove: async (id, revocable, by) =>
      UUID.test(id) && createRemoveAny(database)(id, revocable, by),
    export: async (id) => (UUID.test(id) ? createExport(database).any(id) : null),
  }
}
