import { z } from 'zod'
import { NumericSubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { accessTokenRevocation } from '../core/provider/revocation.ts'
import { githubButton } from './buttons.ts'
import { githubConsole } from './consoles/github.ts'
import { githubEvents } from './events/github.ts'
import { githubNative } from './native/github.ts'

const GitHubUser = z.object({
  id: NumericSubject,
  login: optionalText,
  name: optionalText,
  avatar_url: optionalText,
})

const GitHubEmails = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
)

/** GitHub: OAuth 2.0, e-mail by a second call. https://docs.github.com/apps/oauth-apps */
export const github = defineProvider({
  id: 'github',
  name: 'GitHub',
  button: githubButton,
  console: githubConsole,
  events: githubEvents,
  settings: {
    WEBHOOK_SECRET: {
      default: '',
      pattern: /^([\x20-\x7e]{8,255})?$/,
      mustBe: { en: '8 to 255 printable ASCII characters', ko: '8~255자의 ASCII 문자' },
    },
  },
  gives: 'name, e-mail, picture',
  emailVerifiedWhen: 'the primary address is verified',
  callbackIssuer: 'https://github.com/login/oauth',
  endpoints: {
    authorization_endpoint: 'https://github.com/login/oauth/authorize',
    token_endpoint: 'https://github.com/login/oauth/access_token',
    userinfo_endpoint: 'https://api.github.com/user',
    emails_endpoint: 'https://api.github.com/user/emails',
    token_check_endpoint: 'https://api.github.com/applications/{CLIENT_ID}/token',
    revocation_endpoint: 'https://api.github.com/applications/{CLIENT_ID}/grant',
  },
  scopes: ['read:user', 'user:email'],
  refusedCodeErrors: ['bad_verification_code', 'invalid_grant'],
  // Only GitHub Apps have refresh tokens.
  refusedRefreshErrors: ['bad_refresh_token', 'invalid_grant'],
  // The whole authorization, by any token of it.
  revocation: accessTokenRevocation({
    request: ({ token }) => ({ method: 'DELETE', json: { access_token: token }, auth: 'basic' }),
    isGone: (status) => status === 404 || status === 422,
  }),
  forwardedParams: { login_hint: 'login' },
  prompts: standardPrompts('select_account'),
  native: githubNative,
  namesElsewhere: ['github.com'],
  readProfile: async ({ get }) => {
    // `email` of /user is only the public address, so the list is asked; without the permission it is 403 or 404.
    const [user, emails] = await Promise.all([
      get('userinfo_endpoint').then((document) => GitHubUser.parse(document)),
      // The primary one may stand behind the first thirty, which is how many come without a word.
      get('emails_endpoint', { params: { per_page: '100' }, absentOn: [403, 404] }),
    ])
    const primary = GitHubEmails.parse(emails ?? []).find(
      (entry) => entry.primary && entry.verified,
    )
    return {
      subject: user.id,
      email: primary?.email,
      emailVerified: primary !== undefined,
      name: user.name ?? user.login,
      picture: user.avatar_url,
    }
  },
})
