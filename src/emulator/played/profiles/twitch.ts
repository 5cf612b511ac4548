import { z } from 'zod'
import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableDigits } from '../../personas.ts'

/** The claims that have to be asked for. */
export const askable = [
  'email',
  'email_verified',
  'picture',
  'preferred_username',
  'updated_at',
] as const
const askedClaims = z.record(z.string(), z.unknown()).optional()
const claimsParameter = z.object({ id_token: askedClaims, userinfo: askedClaims })

/** The `claims` parameter (OpenID Connect Core 5.5), null where it is not of that form. */
export function askedClaimsOf(text = '{}'): z.infer<typeof claimsParameter> | null {
  try {
    return claimsParameter.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** The subject, and of the other claims what the request asked to find in this place. */
export function twitchClaims(grant: Grant, place: 'id_token' | 'userinfo') {
  const asked = askedClaimsOf(grant.request.claims)?.[place] ?? {}
  const given = Object.entries(extras(grant)).filter(
    ([name, value]) => Object.hasOwn(asked, name) && value !== null,
  )
  return { sub: twitchId(grant.persona), ...Object.fromEntries(given) }
}

/** The claims that have to be asked for, null for what is not shared. */
function extras({ persona, scopes }: Grant): Record<(typeof askable)[number], unknown> {
  const email = scopes.includes('user:read:email') ? emailOf('twitch', persona) : null
  return {
    email,
    email_verified: email === null ? null : persona.email === 'verified',
    picture: pictureOf(persona),
    preferred_username: persona.name,
    updated_at: '2026-01-02T03:04:05Z',
  }
}

/** One element of `data` at `/helix/users`: an address only when it is verified. */
export function twitchUser({ persona, scopes }: Grant): Record<string, unknown> {
  const shares = scopes.includes('user:read:email') && persona.email === 'verified'
  return {
    id: twitchId(persona),
    login: twitchLogin(persona),
    display_name: persona.name,
    type: '',
    broadcaster_type: '',
    description: '',
    profile_image_url: pictureOf(persona),
    offline_image_url: '',
    view_count: 0,
    ...(shares ? { email: emailOf('twitch', persona) } : {}),
    created_at: '2015-03-02T16:53:58Z',
  }
}

/** Digits as text. */
export function twitchId(persona: Persona): string {
  return stableDigits(8, 'twitch', persona.id)
}

/** The name in the address of a channel; it can change. */
export function twitchLogin(persona: Persona): string {
  return `${persona.id}_emulated`
}

function pictureOf(persona: Persona): string {
  const name = persona.picture ? persona.id : 'user-default-pictures'
  return `https://static-cdn.jtvnw.example/${name}-profile_image-300x300.png`
}
