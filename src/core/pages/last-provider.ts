import { cookieName } from '../settings/public-url.ts'

/** The cookie that holds the id of the provider this browser signed in with last; no secret, no person. */
export const lastProviderCookie = (publicUrl: string): string => cookieName(publicUrl, 'provider')

/** Browsers keep a cookie no longer. */
export const LAST_PROVIDER_SECONDS = 400 * 86_400
