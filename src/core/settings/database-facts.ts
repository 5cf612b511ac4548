/** The oldest PostgreSQL that Latchkey is made for, as `server_version_num`. */
export const OLDEST_POSTGRES = 140_000

/** What the doctor says of a database. */
export interface DatabaseFacts {
  /** As `server_version_num`: 180004 is 18.4. */
  version: number
  /** As PostgreSQL names it: `UTF8`. */
  encoding: string
  /** Whether a transaction begins as one that writes: neither at a standby, nor where read-only is the default. */
  takesWrites: boolean
  /** Migrations that were applied, and that this version of Latchkey brings. */
  applied: number
  brought: number
  /** Whether this user may make the schemas that migrations need, or what goes into them where they are there. */
  mayMigrate: boolean
  /** Whether WEBHOOK_URL has answered 410, so that nothing is sent there. */
  areWebhooksStopped: boolean
  /** The role that tables of Latchkey belong to, where this user may not act as it; else null. */
  otherOwner: string | null
  /** A schema whose functions may be called here in place of PostgreSQL's own, and in which everybody may make some; else null. */
  openSchema: string | null
  /** Whether there are tables in Latchkey's schema; where no migration was applied, no start can make its own. */
  hasTables: boolean
}
