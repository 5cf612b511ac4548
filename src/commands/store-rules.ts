import type { StoreRules } from '../db/stores/index.ts'
import type { Settings } from '../settings/index.ts'

/** What of the settings the stores go by. */
export const storeRules = (settings: Settings): StoreRules => ({
  ...settings.people,
  sessionsPerUser: settings.sessionsPerUser,
  accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
  trustedProviders: settings.trustedProviders,
})
