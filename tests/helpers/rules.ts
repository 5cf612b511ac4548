import type { StoreRules } from '../../src/db/stores/index.ts'

/** Rules under which everybody may come in. */
export const RULES = {
  mode: 'verified',
  trustedProviders: ['google', 'kakao', 'github', 'apple'],
  signUp: 'open',
  defaultRoles: [],
  sessionsPerUser: 100,
  accessTokenTtlSeconds: 600,
} satisfies StoreRules
