import type { Identities } from '../../../core/identity/identities.ts'
import type { Database } from '../../client.ts'
import { createLink } from './link.ts'
import { createUnlink } from './unlink.ts'

/** The identities of users in PostgreSQL. */
export const createIdentities = (
  database: Database,
  trustedProviders: readonly string[],
): Identities => ({
  link: createLink(database, trustedProviders),
  unlink: createUnlink(database),
})
