import type { SignInRules } from '../../src/db/stores/sign-in/sign-ins.ts'

/** Rules under which everybody may come in. */
export const RULES = {
  mode: 'verified',
  trustedProviders: ['google', 'kakao', 'github', 'apple'],
  signUp: 'open',
  defaultRoles: [],
  sessionsPerUser: 100,
} satisfies SignInRules
