import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableDigits, stableHex } from '../../personas.ts'

/** A snowflake, as text. */
export function discordId(persona: Persona): string {
  return stableDigits(18, 'discord', persona.id)
}

/** The document of `/users/@me`. */
export function discordUser({ persona, scopes }: Grant): Record<string, unknown> {
  const email = emailOf('discord', persona)
  return {
    id: discordId(persona),
    username: `${persona.id}.emulated`,
    // Names of the old kind, with a number behind them, still exist.
    discriminator: persona.id === 'robin' ? '1337' : '0',
    global_name: persona.id === 'sora' ? null : persona.name,
    avatar: avatarOf(persona),
    mfa_enabled: false,
    locale: persona.locale === 'en' ? 'en-US' : persona.locale,
    flags: 64,
    premium_type: 0,
    ...(scopes.includes('email') ? { email, verified: persona.email === 'verified' } : {}),
  }
}

/** The hash of a picture: `a_` before one that moves. */
function avatarOf(persona: Persona): string | null {
  if (!persona.picture) return null
  const hash = stableHex(32, 'discord', 'avatar', persona.id)
  return persona.id === 'alex' ? `a_${hash}` : hash
}
