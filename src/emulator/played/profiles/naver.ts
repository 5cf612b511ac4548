import { emailOf, type Persona, stableBase64url } from '../../personas.ts'

/** Opaque, of this person in this app only. */
export function naverId(persona: Persona): string {
  return stableBase64url('naver', persona.id)
}

/** `response` of the profile document: the items that are shared. */
export function naverPerson(persona: Persona, scopes: readonly string[]): Record<string, unknown> {
  const picture = persona.picture ? `${persona.id}/profile.png` : 'default.png'
  const all: Record<string, unknown> = {
    id: naverId(persona),
    // Only the id is sure to be there: a nickname is made up, a name may be missing.
    nickname: persona.id === 'sora' ? `${persona.id.slice(0, 3)}***` : persona.givenName,
    name: persona.id === 'sora' ? undefined : persona.name,
    email: emailOf('naver', persona) ?? undefined,
    profile_image: `https://phinf.pstatic.example/contact/${picture}`,
  }
  const shared = Object.entries(all).filter(([name]) => name === 'id' || scopes.includes(name))
  return Object.fromEntries(shared.filter(([, value]) => value !== undefined))
}
