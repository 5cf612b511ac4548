import { underIssuer } from '../core/identity/import.ts'
import { readStandardClaims } from '../core/identity/standard-claims.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { gitlabButton } from './buttons.ts'
import { gitlabConsole } from './consoles/gitlab.ts'

/** GitLab, gitlab.com or self-managed (GITLAB_ISSUER): OpenID Connect by discovery. https://docs.gitlab.com/integration/openid_connect_provider/ */
export const gitlab = defineProvider({
  id: 'gitlab',
  name: 'GitLab',
  button: gitlabButton,
  console: gitlabConsole,
  gives: 'name, e-mail, picture',
  emailVerifiedWhen: '`email_verified` is true',
  issuer: 'https://gitlab.com',
  discovery: true,
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  offline: { repeats: 'redirect_uri' },
  authTime: true,
  // Subjects are numbers of one instance.
  issuerVaries: true,
  keyElsewhere: underIssuer,
  readProfile: readStandardClaims,
})
