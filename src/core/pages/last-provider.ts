import { cookieName } from '../settings/public-url.ts'

/**
 * The cookie with the id of the provider that this browser signed in with last; it holds no secret
 * and nothing about a person.
 */
export const lastProviderCookie = (publicUrl: string): string => cookieName(publicUrl, 'provider')

/** Browsers keep no cookie for longer. */
export const LAST_PROVIDER_SECONDS = 400 * 86_400
