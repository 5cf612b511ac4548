import { emailOf, type Persona, stableDigits, stableHex } from '../../personas.ts'

/** Of this person in the apps of one team. */
export function appleSubject({ id }: Persona): string {
  const [first, last] = [stableDigits(4, 'apple', id), stableDigits(4, 'apple', id, 'last')]
  return `00${first}.${stableHex(32, 'apple', id)}.${last}`
}

/** True for somebody who shares an address of Apple's in place of the own one. */
export function hidesAddress({ id }: Persona): boolean {
  return id === 'odd'
}

/** The address that an app sees. */
export function appleAddress(persona: Persona): string | null {
  if (!hidesAddress(persona)) return emailOf('apple', persona)
  return `${stableHex(10, 'apple', persona.id, 'relay')}@privaterelay.appleid.com`
}
