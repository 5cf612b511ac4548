import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableDigits, stableHex } from '../../personas.ts'
import type { Stage } from '../../stage.ts'

/** The number of the account. */
export function gitlabId(persona: Persona): number {
  return Number(stableDigits(8, 'gitlab', persona.id))
}

/** What the ID token says of a person. */
export function gitlabClaims(grant: Grant): Record<string, unknown> {
  const { persona, scopes } = grant
  // Without the scope, the address that the account shows to the public, if it shows any.
  const shares = scopes.includes('email') || persona.id === 'alex'
  const email = shares ? emailOf('gitlab', persona) : null
  return {
    sub: String(gitlabId(persona)),
    sub_legacy: stableHex(64, 'gitlab', 'legacy', persona.id),
    auth_time: grant.authTime,
    ...(email === null ? {} : { email, email_verified: persona.email === 'verified' }),
    groups_direct: [],
  }
}

/** The document of `/oauth/userinfo`. */
export function gitlabUserinfo(grant: Grant, stage: Stage): Record<string, unknown> {
  const { auth_time, groups_direct, ...claims } = gitlabClaims(grant)
  if (!grant.scopes.includes('profile')) return { ...claims, groups: [] }
  const { username, name, web_url, avatar_url } = gitlabUser(grant.persona, stage)
  return {
    ...claims,
    name,
    nickname: username,
    preferred_username: username,
    profile: web_url,
    picture: avatar_url,
    website: '',
    groups: [],
  }
}

/** The document of `/api/v4/user`. */
export function gitlabUser(persona: Persona, stage: Stage): Record<string, unknown> {
  const id = gitlabId(persona)
  const picture = `${stage.url}/uploads/-/system/user/avatar/${id}/avatar.png`
  return {
    id,
    username: `${persona.id}.emulated`,
    name: persona.name,
    state: 'active',
    locked: false,
    avatar_url: persona.picture ? picture : null,
    web_url: `${stage.url}/${persona.id}.emulated`,
    created_at: '2015-03-02T16:53:58.370Z',
    email: emailOf('gitlab', persona),
    confirmed_at: persona.email === 'verified' ? '2015-03-02T16:53:58.370Z' : null,
    preferred_language: persona.locale,
  }
}
