import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableBase64url, stableHex, stableUuid } from '../../personas.ts'

/** The tenant of personal accounts. */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** The tenant of a persona: one organization for most, another for Robin, the personal for Alex. */
export function tenantOf({ id }: Persona): string {
  if (id === 'alex') return personalTenant
  return stableUuid('microsoft', 'tenant', id === 'robin' ? 'other' : 'one')
}

/** The object id of a persona in its tenant. */
function objectIdOf(persona: Persona): string {
  return stableUuid('microsoft', persona.id)
}

/** Claims about a person in the ID token. */
export function microsoftClaims(grant: Grant, clientId: string): Record<string, unknown> {
  const { persona, scopes } = grant
  const profile = {
    name: persona.name,
    given_name: persona.givenName,
    family_name: persona.familyName,
    preferred_username: userNameOf(persona),
  }
  const email = scopes.includes('email') ? emailOf('microsoft', persona) : null
  return {
    ver: '2.0',
    tid: tenantOf(persona),
    oid: objectIdOf(persona),
    sub: subjectOf(persona, clientId),
    login_hint: `O.${Buffer.from(userNameOf(persona)).toString('base64url')}`,
    xms_pl: persona.locale,
    ...(scopes.includes('profile') ? profile : {}),
    // The emulated app keeps unverified addresses (removeUnverifiedEmailClaim is false).
    ...(email === null ? {} : { email, ...domainOwnerVerified(persona) }),
  }
}

/** The document of `graph.microsoft.com/oidc/userinfo`. */
export function microsoftUserinfo(grant: Grant, clientId: string, graph: string) {
  const { persona, scopes } = grant
  const email = scopes.includes('email') ? emailOf('microsoft', persona) : null
  return {
    sub: subjectOf(persona, clientId),
    name: persona.name,
    given_name: persona.givenName,
    family_name: persona.familyName,
    picture: `${graph}/v1.0/me/photo/$value`,
    ...(email === null ? {} : { email }),
  }
}

/** The document of Graph's `/me`. */
export function microsoftMe({ persona }: Grant): Record<string, unknown> {
  return {
    id: objectIdOf(persona),
    displayName: persona.name,
    givenName: persona.givenName,
    surname: persona.familyName,
    mail: emailOf('microsoft', persona),
    userPrincipalName: userNameOf(persona),
    preferredLanguage: persona.id === 'alex' ? null : persona.locale,
  }
}

/** `xms_edov`, in the forms in which it is seen; absent for personal accounts. */
function domainOwnerVerified(persona: Persona): { xms_edov?: boolean | string } {
  if (tenantOf(persona) === personalTenant || persona.email === 'unverified') return {}
  if (persona.email === 'lapsed') return { xms_edov: false }
  return { xms_edov: persona.id === 'odd' ? '1' : true }
}

/** Pairwise: another for each app. */
function subjectOf(persona: Persona, clientId: string): string {
  return stableBase64url('microsoft', clientId, persona.id)
}

function userNameOf(persona: Persona): string {
  if (tenantOf(persona) === personalTenant) return 'alex@example.com'
  const domain = stableHex(6, 'microsoft', tenantOf(persona))
  return `${persona.id}@${domain}.onmicrosoft.example`
}
