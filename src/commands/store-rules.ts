import type { StoreRules } from '../db/stores/index.ts'
import type { Settings } from '../settings/index.ts'

/** The settings that the stores depend on. */
export const storeRules = (settings: Settings): StoreRules => ({
  ...settings.people,
  sessionsPerUser: settings.sessionsPerUser,
  accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
  trustedProviders: settings.trustedProviders,
})
