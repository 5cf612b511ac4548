import { cookieName } from '../settings/public-url.ts'

/**
 * The cookie that shows that this browser keeps cookies: if a login comes back without it, the
 * browser does not keep them, or it is another browser.
 */
export const probeCookie = (publicUrl: string): string => cookieName(publicUrl, 'cookies')
