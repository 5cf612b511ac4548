import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableHex } from '../../personas.ts'

/** What the ID token and the userinfo endpoint say of a person, in claims named after their URLs. */
export function slackClaims({ persona, scopes, failure }: Grant): Record<string, unknown> {
  const userId = slackUserId(persona)
  const team = teamOf(persona)
  const email = scopes.includes('email') ? emailOf('slack', persona) : null
  const verified = persona.email === 'verified'
  const root = `https://avatars.slack-edge.example/${userId}`
  const profile = {
    name: persona.name,
    picture: `${root}_512.png`,
    given_name: persona.givenName,
    family_name: persona.familyName,
    locale: persona.locale === 'en' ? 'en-US' : persona.locale,
    'https://slack.com/user_image_192': `${root}_192.png`,
    'https://slack.com/user_image_512': `${root}_512.png`,
    'https://slack.com/team_image_default': true,
  }
  const workspace = {
    'https://slack.com/team_id': slackTeamId(persona),
    ...(scopes.includes('profile')
      ? {
          'https://slack.com/team_name': `Emulated ${team}`,
          'https://slack.com/team_domain': `emulated-${team}`,
        }
      : {}),
  }
  const grid = {
    'https://slack.com/enterprise_id': `E0${stableHex(9, 'slack', 'grid').toUpperCase()}`,
  }
  return {
    sub: userId,
    'https://slack.com/user_id': userId,
    ...(failure === '!enterprise-grid' ? grid : workspace),
    ...(email === null ? {} : { email, email_verified: verified }),
    ...(email !== null && verified ? { date_email_verified: 1_622_128_723 } : {}),
    ...(scopes.includes('profile') ? profile : {}),
  }
}

/** Means somebody only within a workspace: Robin's, in another one, is Alex's here. */
export function slackUserId(persona: Persona): string {
  const id = persona.id === 'robin' ? 'alex' : persona.id
  return `U0${stableHex(9, 'slack', id).toUpperCase()}`
}

/** The workspace. */
export function slackTeamId(persona: Persona): string {
  return `T0${stableHex(9, 'slack', 'team', teamOf(persona)).toUpperCase()}`
}

function teamOf({ id }: Persona): 'home' | 'other' {
  return id === 'robin' ? 'other' : 'home'
}
