import { builtInProviders } from '../../providers/index.ts'
import type { Settings } from '../../settings/index.ts'

/**
 * Providers at which what is kept of a grant may be revoked. The server's outbox decides in the end; what
 * it cannot revoke it says.
 */
export const providersThatRevoke = (settings: Settings): string[] => [
  ...new Set([
    ...settings.providers.map(({ row }) => row.id),
    ...builtInProviders.map(({ id }) => id),
  ]),
]
