/** When the person authenticated, as an ID token says it (OpenID Connect Core, section 2); else null. */
export function authTimeOf(claims: Readonly<Record<string, unknown>> | null): number | null {
  const told = claims?.auth_time
  const isTime = typeof told === 'number' && Number.isFinite(told) && told > 0 && told < 1e11
  return isTime ? Math.floor(told) : null
}
