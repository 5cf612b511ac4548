import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableDigits } from '../../personas.ts'

/** The scopes as they come back, whatever form was asked for. */
export const emailScope = 'https://www.googleapis.com/auth/userinfo.email'
/** As above. */
export const profileScope = 'https://www.googleapis.com/auth/userinfo.profile'

/** 21 digits as text, never given to another. */
export function googleId(persona: Persona): string {
  return stableDigits(21, 'google', persona.id)
}

/** What the ID token and the userinfo endpoint say of a person. */
export function googleClaims(grant: Grant): Record<string, unknown> {
  const { persona, scopes } = grant
  const email = scopes.includes(emailScope) ? emailOf('google', persona) : null
  const profile = {
    name: persona.name,
    given_name: persona.givenName,
    family_name: persona.familyName,
    ...(persona.picture
      ? { picture: `https://lh3.googleusercontent.example/a/${persona.id}=s96-c` }
      : {}),
  }
  return {
    sub: googleId(persona),
    ...(scopes.includes(profileScope) ? profile : {}),
    ...(email === null ? {} : { email, ...vouching(persona, email) }),
  }
}

/**
 * Google answers for the addresses of a Workspace, whose domain is `hd`, and for those at gmail.com,
 * which nobody here has. Others were verified once: what has changed hands since is verified still.
 */
function vouching(persona: Persona, email: string): Record<string, unknown> {
  const email_verified = persona.email !== 'unverified'
  if (persona.email !== 'verified') return { email_verified }
  return { email_verified, hd: email.split('@')[1]?.toLowerCase() }
}
