import type { JWTPayload } from 'jose'
import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableHex } from '../../personas.ts'

/** Claims about a person in the ID token. */
export function lineClaims(grant: Grant, withAuthTime: boolean): JWTPayload {
  const { persona, scopes: given } = grant
  // Here alone is the address, and nothing says whether it is verified.
  const email = given.includes('email') ? emailOf('line', persona) : null
  return {
    sub: lineUserId(persona),
    amr: ['pwd'],
    ...(withAuthTime ? { auth_time: grant.authTime } : {}),
    ...(given.includes('profile') ? lineNamed(persona) : {}),
    ...(email === null ? {} : { email }),
  }
}

/** Name and picture as claims. */
export function lineNamed({ id, name, picture }: Persona): { name: string; picture?: string } {
  return { name, ...(picture ? { picture: `https://profile.line-scdn.example/${id}` } : {}) }
}

/** U and 32 hexadecimal digits, of this person at this LINE provider. */
export function lineUserId({ id }: Persona): string {
  return `U${stableHex(32, 'line', id)}`
}
