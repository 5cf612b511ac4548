/** The oldest PostgreSQL that Latchkey is made for, as `server_version_num`. */
export const OLDEST_POSTGRES = 140_000

/** What the doctor looks up about a database. */
export interface DatabaseFacts {
  /** As `server_version_num`: 180004 is 18.4. */
  version: number
  /** As PostgreSQL names it: `UTF8`. */
  encoding: string
  /**
   * Whether transactions can write by default: not on a standby, nor where read-only is the
   * default.
   */
  takesWrites: boolean
  /** How many migrations were applied, and how many this version of Latchkey has. */
  applied: number
  brought: number
  /**
   * Whether this user may create the schemas that migrations need, or, if they exist, create
   * objects in them.
   */
  mayMigrate: boolean
  /** Whether WEBHOOK_URL has answered 410, so that nothing is sent there any more. */
  areWebhooksStopped: boolean
  /** The role that owns tables of Latchkey, if this user may not act as it; else null. */
  otherOwner: string | null
  /**
   * A schema whose functions may be called instead of PostgreSQL's own, and in which everybody may
   * create some; else null.
   */
  openSchema: string | null
  /**
   * Whether there are tables in Latchkey's schema; if no migration was applied, no start can create
   * its own.
   */
  hasTables: boolean
}
