import { CLOCK_TOLERANCE_SECONDS } from './id-token.ts'

/**
 * When the person authenticated, as the ID token says (OpenID Connect Core, section 2); else null.
 * A time in the future counts as absent: it would pass as recent for ever.
 */
export function authTimeOf(claims: Readonly<Record<string, unknown>> | null): number | null {
  const told = claims?.auth_time
  if (typeof told !== 'number' || !(told > 0)) return null
  return told <= Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS ? Math.floor(told) : null
}
