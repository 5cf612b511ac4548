import type { Asker } from '../events/audit.ts'
import type { Account } from './account.ts'

/** A user as the operator sees it. */
export interface AdminUser extends Account {
  roles: string[]
  /** When the operator disabled the user, ISO 8601; null for users who may sign in. */
  disabled_at: string | null
  /** How many sessions are alive. */
  sessions: number
}

/** The form of a role's name. */
export const ROLE = /^[a-z0-9:_-]{1,64}$/

/** The rule that too many roles break. */
export const ROLES_SHAPE = 'the roles of a user take at most 2,000 characters together'

/**
 * Whether an access token with all these roles still fits into a cookie: a browser silently drops
 * one of more than 4,096 bytes, and with it the person's session.
 */
export const areRolesFew = (roles: readonly string[]): boolean =>
  JSON.stringify(roles).length <= 2_000

/** What the operator does to users, by the command line or the admin API. */
export interface AdminUsers {
  /**
   * Finds users by an id, a provider's subject, or the beginning of an e-mail address in any ASCII
   * case; where the text is none of these, by a part of the name. An empty text finds all. In the
   * order of their ids, from after the last one of the page before.
   */
  find(text: string, page: { after: string | null; limit: number }): Promise<AdminUser[]>
  /** Null where there is no such user; the same everywhere below. */
  show(userId: string): Promise<AdminUser | null>
  /**
   * Changes all of it or nothing. Disabling takes effect at once on all replicas; a user who was
   * disabled already keeps the time of that. `roles` replaces the roles.
   */
  change(
    userId: string,
    changes: { isDisabled?: boolean | undefined; roles?: readonly string[] | undefined },
    by: Asker,
  ): Promise<AdminUser | null>
  grantRole(userId: string, role: string, by: Asker): Promise<AdminUser | null>
  revokeRole(userId: string, role: string, by: Asker): Promise<AdminUser | null>
  /** Ends all sessions; gives how many. */
  endSessions(userId: string, by: Asker): Promise<number | null>
  /** Deletes the user; stored tokens of the `revocable` providers go to the outbox. */
  remove(userId: string, revocable: readonly string[], by: Asker): Promise<boolean>
  /** Everything that is stored about the user, as JSON text in pieces. */
  export(userId: string): Promise<AsyncIterable<string> | null>
}
