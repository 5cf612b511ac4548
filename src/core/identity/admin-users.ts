import type { Asker } from '../events/audit.ts'
import type { Account } from './account.ts'

/** A user as the operator sees it. */
export interface AdminUser extends Account {
  roles: string[]
  /** When the operator locked the user out, ISO 8601; null for who may sign in. */
  disabled_at: string | null
  /** Sessions that are alive. */
  sessions: number
}

/** What a role may be called. */
export const ROLE = /^[a-z0-9:_-]{1,64}$/

/** Why roles are too many. */
export const ROLES_SHAPE = 'the roles of a user take at most 2,000 characters together'

/**
 * Whether an access token with all these roles still goes into a cookie, of which a browser drops one of more than
 * 4,096 bytes without a word, and with that the person's session.
 */
export const areRolesFew = (roles: readonly string[]): boolean =>
  JSON.stringify(roles).length <= 2_000

/** What the operator does to users: the command line and the admin API share it. */
export interface AdminUsers {
  /**
   * Finds users by an id, a provider's subject, or the beginning of an e-mail address in any ASCII case;
   * where the text is none of these, by a part of the name. An empty text finds all. In the order of their
   * ids, behind the last one of the page before.
   */
  find(text: string, page: { after: string | null; limit: number }): Promise<AdminUser[]>
  /** Null where there is no such user; so everywhere below. */
  show(userId: string): Promise<AdminUser | null>
  /**
   * All of it or nothing. Disabling takes effect at once on all replicas; who was disabled already keeps the time
   * of it. `roles` replaces those that there are.
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
  /** Deletes the user; what is kept of grants at the `revocable` providers goes to the outbox. */
  remove(userId: string, revocable: readonly string[], by: Asker): Promise<boolean>
  /** Everything that is stored about the user, as JSON text in pieces. */
  export(userId: string): Promise<AsyncIterable<string> | null>
}
