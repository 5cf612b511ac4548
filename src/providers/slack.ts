import { z } from 'zod'
import { TextSubject } from '../core/identity/profile.ts'
import { readMergedClaims } from '../core/identity/standard-claims.ts'
import { optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { slackButton } from './buttons.ts'
import { slackConsole } from './consoles/slack.ts'
import { slackEvents } from './events/slack.ts'

const SlackUser = z
  .object({
    // Of userinfo; the ID token has none.
    ok: z.literal(true).optional(),
    sub: TextSubject,
    'https://slack.com/user_id': TextSubject,
    'https://slack.com/team_id': TextSubject,
    name: optionalText,
    picture: optionalText,
    locale: optionalText,
    email: optionalText,
    email_verified: z.unknown().optional(),
  })
  .transform(({ sub, email_verified, name, picture, locale, email, ...ids }) => ({
    // User ids are unique in their workspace only.
    subject: `${ids['https://slack.com/team_id']}_${ids['https://slack.com/user_id']}`,
    sub,
    email,
    emailVerified: email_verified === true,
    name,
    picture,
    locale,
  }))

/** What another system may have kept of an ID token; Supabase keeps the workspace alone. */
const Elsewhere = z
  .object({
    'https://slack.com/team_id': TextSubject,
    'https://slack.com/user_id': TextSubject.optional(),
  })
  .transform((ids) => ({
    team: ids['https://slack.com/team_id'],
    user: ids['https://slack.com/user_id'],
  }))

const USER_ID = /^[UW][A-Z0-9]+$/

/** Error codes for tokens that are no longer valid. */
const GONE = ['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive']

/** Slack: OpenID Connect whose errors are HTTP 200. https://docs.slack.dev/authentication/sign-in-with-slack */
export const slack = defineProvider({
  id: 'slack',
  name: 'Slack',
  button: slackButton,
  console: slackConsole,
  events: slackEvents,
  settings: {
    SIGNING_SECRET: {
      default: '',
      pattern: /^[\x21-\x7e]{0,255}$/,
      looksLike: { pattern: /^[0-9a-f]{32}$/, like: '0123456789abcdef0123456789abcdef' },
      mustBe: { en: 'the app’s signing secret', ko: '앱의 Signing Secret' },
    },
  },
  gives: 'name, e-mail, picture, language',
  emailVerifiedWhen: '`email_verified` is true',
  issuer: 'https://slack.com',
  endpoints: {
    authorization_endpoint: 'https://slack.com/openid/connect/authorize',
    token_endpoint: 'https://slack.com/api/openid.connect.token',
    userinfo_endpoint: 'https://slack.com/api/openid.connect.userInfo',
    jwks_uri: 'https://slack.com/openid/connect/keys',
    revocation_endpoint: 'https://slack.com/api/auth.revoke',
  },
  scopes: ['openid', 'profile', 'email'],
  // A setting of the app that cannot be undone; without it a verifier is an internal_error.
  pkce: false,
  idToken: 'required',
  scopeClaims: {
    openid: ['https://slack.com/team_id', 'https://slack.com/user_id'],
    profile: ['name', 'picture'],
    email: ['email', 'email_verified'],
  },
  authTime: true,
  refusedCodeErrors: ['invalid_code', 'code_already_used', 'code_expired'],
  refusedRefreshErrors: ['invalid_refresh_token', 'invalid_grant'],
  revocation: {
    endpoint: 'revocation_endpoint',
    token: 'access_token',
    request: ({ token }) => ({ auth: { bearer: token } }),
    isOver: (_status, { ok, error }) => ok === true || GONE.includes(error as string),
  },
  namesElsewhere: ['slack_oidc'],
  // Most systems keep the user's id only, which is unique in its workspace.
  keyElsewhere: ({ subject, claims }) => {
    const { data } = Elsewhere.safeParse(claims)
    const user = data?.user ?? USER_ID.exec(subject)?.[0]
    if (data !== undefined && user !== undefined) {
      return { issuer: '', subject: `${data.team}_${user}` }
    }
    const both = /^(T[A-Z0-9]+)[_-]([UW][A-Z0-9]+)$/.exec(subject)
    return both && { issuer: '', subject: `${both[1]}_${both[2]}` }
  },
  readProfile: async (source) => SlackUser.parse(await readMergedClaims(source)),
})
