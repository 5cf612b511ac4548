import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type Columns, epochSeconds } from '../../expressions.ts'
import type { sessions } from '../../schema.ts'
import type { Placeholders } from '../../statement.ts'
import { isAlive } from '../alive.ts'

/** The columns that tokens are made from (`GrantedSession`), from sessions or an alias of them. */
export const grantedSession = (table: Columns<keyof typeof sessions._.columns>) => {
  const s = table as typeof sessions
  return {
    id: s.id,
    userId: s.userId,
    clientId: s.clientId,
    scope: s.scope,
    resource: s.resource,
    authTime: epochSeconds<number | null>(s.authTime).as('auth_time'),
  }
}

/**
 * Whether a session, joined with its user, is alive and may be continued by this client; with a
 * token from a cookie only if its tokens live in cookies.
 */
export const goesOnFor = (
  table: Columns<'clientId' | 'cookieMode' | 'endedAt' | 'expiresAt'>,
  p: Placeholders<{ clientId: string; fromCookie: boolean }>,
  user: Columns<'disabledAt'>,
): SQL | undefined =>
  and(
    eq(table.clientId, p.clientId),
    isAlive(table, user),
    sql`(${table.cookieMode} or not ${p.fromCookie}::boolean)`,
  )

/** Whether the request asks for more scope than the session was granted. */
export const isWider = (
  table: Columns<'scope'>,
  p: Placeholders<{ scopes: readonly string[] }>,
): SQL<boolean> => sql<boolean>`not ${p.scopes}::text[] <@ string_to_array(${table.scope}, ' ')`

/** Whether the session's own resource is not among the allowed ones. */
export const isUnlisted = (
  table: Columns<'resource'>,
  p: Placeholders<{ resources: readonly string[] | null }>,
): SQL<boolean> => sql<boolean>`(${table.resource} is not null
  and ${table.resource} <> all(${p.resources}::text[])) is true`
