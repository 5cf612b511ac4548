import type { FastifyRequest } from 'fastify'
import { type Persona, personas } from '../personas.ts'

/** Who is signed in at a provider in this browser. */
export interface ProviderSession {
  persona: Persona
  /** When the person signed in, in seconds. */
  authTime: number
}

/** The session that a browser has at a provider, null where it has none. */
export function sessionOf(provider: string, request: FastifyRequest): ProviderSession | null {
  const pattern = new RegExp(`(?:^|; )${nameOf(provider)}=([a-z]+)\\.(\\d{1,12})(?:;|$)`)
  const [, id, time] = pattern.exec(request.headers.cookie ?? '') ?? []
  const persona = personas.find((one) => one.id === id)
  return persona ? { persona, authTime: Number(time) } : null
}

/** The header that keeps a session, null to end it. */
export function sessionHeader(
  provider: string,
  session: ProviderSession | null,
): Record<string, string> {
  const value = session ? `${session.persona.id}.${session.authTime}` : '; Max-Age=0'
  return { 'set-cookie': `${nameOf(provider)}=${value}; Path=/${provider}; HttpOnly; SameSite=Lax` }
}

function nameOf(provider: string): string {
  return `emulated_${provider}`
}
