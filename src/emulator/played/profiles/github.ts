import { emailOf, type Persona, stableDigits } from '../../personas.ts'

/** The document of `/user`. */
export function githubUser(persona: Persona): Record<string, unknown> {
  const id = Number(stableDigits(8, 'github', persona.id))
  return {
    login: `${persona.id}-emulated`,
    id,
    node_id: Buffer.from(`04:User${id}`).toString('base64'),
    avatar_url: `https://avatars.githubusercontent.example/u/${id}?v=4`,
    html_url: `https://github.example/${persona.id}-emulated`,
    type: 'User',
    site_admin: false,
    // A name is optional here; so is showing an address to the public.
    name: persona.id === 'sora' ? null : persona.name,
    company: null,
    blog: '',
    location: null,
    email: persona.id === 'alex' ? emailOf('github', persona) : null,
    bio: null,
    created_at: '2015-03-02T16:53:58Z',
    updated_at: '2026-01-02T03:04:05Z',
  }
}

/** The list of `/user/emails`. */
export function githubEmails(persona: Persona): Record<string, unknown>[] {
  const email = emailOf('github', persona)
  if (email === null) return []
  // The primary address is not the first.
  const hidden = `${stableDigits(8, 'github', persona.id)}+${persona.id}@users.noreply.github.com`
  return [
    { email: hidden, primary: false, verified: true, visibility: null },
    { email, primary: true, verified: persona.email === 'verified', visibility: 'private' },
  ]
}
