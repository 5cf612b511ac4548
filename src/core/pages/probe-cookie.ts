import { cookieName } from '../settings/public-url.ts'

/**
 * The cookie that says that this browser keeps cookies: a login that comes back without it came to a
 * browser that does not, or to another one.
 */
export const probeCookie = (publicUrl: string): string => cookieName(publicUrl, 'cookies')
