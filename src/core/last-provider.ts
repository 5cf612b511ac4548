/** The cookie that holds the id of the provider this browser signed in with last; no secret, no person. */
export const lastProviderCookie = (https: boolean): string =>
  `${https ? '__Host-' : ''}latchkey-provider`

/** Browsers keep a cookie no longer. */
export const LAST_PROVIDER_SECONDS = 400 * 86_400
