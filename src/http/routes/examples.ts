import type { z } from 'zod'
import type { Account } from '../../core/identity/account.ts'
import { said } from '../../core/messages.ts'
import { type InvalidToken, problemOf } from '../errors/problems.ts'
import { type Example, PUBLIC_URL, refused } from './documented.ts'

/**
 * The placeholders in examples for values that only an earlier answer can give, and where each
 * comes from. `/openapi.json` shows this; the test of the examples fetches each value.
 */
export const exampleValues: Readonly<Record<string, string>> = {
  $ACCESS_TOKEN: 'the `access_token` that `/token` or a direct login answered',
  $REFRESH_TOKEN: 'its `refresh_token`',
  $ID_TOKEN: 'its `id_token`, where `openid` was asked for',
  $CODE: 'the `code` that `https://app.example.com/callback` was sent',
  $STATE: 'the `state` that Latchkey sent to the provider, in the same browser',
  $APP_STATE: 'the `state` that Latchkey sent to the provider in a login for the client `app`',
  $PROVIDER_CODE: 'the `code` that the provider sent back for that `state`',
  $USED_CODE: 'such a `code` that was used before (emulator: `login_hint=!used-code`)',
  $BROKEN_CODE: 'such a `code` of a provider that fails (emulator: `login_hint=!server-error`)',
  $SLOW_CODE: 'such a `code` of a provider that does not answer (emulator: `login_hint=!slow`)',
  $SESSION_ID: 'the `id` of another session in `/me/sessions`',
  $USER_ID: 'the `sub` of a user, as `/me` shows it',
  $LINKED_PROVIDER: 'the `provider` of one of several identities in `/me/identities`',
  $ONLY_PROVIDER: 'the `provider` of the only identity there',
  $CLIENT_SECRET: 'the secret of the confidential client `api`',
  $PROVIDER_ID_TOKEN: 'the ID token that the provider’s SDK gave to the app',
  $LINK_CODE: 'the `code` of a flow with `intent=link`',
  $UNUSED_ID_TOKEN: 'such an ID token of an account that no other user has here',
  $FOREIGN_ID_TOKEN: 'one of somebody who is another user here',
  $SECOND_ID_TOKEN: 'one of a second account at a provider that is linked',
  $LONG_TEXT: 'ten thousand letters',
  $LOGOUT_STATE: 'the `state` that Latchkey sent to the provider’s own logout',
}

/** The public client of the examples: CLIENT_APP_REDIRECT_URIS and CLIENT_APP_POST_LOGOUT_REDIRECT_URIS name these. */
export const exampleApp = {
  client_id: 'app',
  redirect_uri: 'https://app.example.com/callback',
  post_logout_redirect_uri: 'https://app.example.com/',
  // The pair of RFC 7636, appendix B.
  code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
} as const

/** A user of the examples. */
export const exampleAccount = {
  sub: '0199f3a2-5d0e-7a43-9c1b-6f2a8e4d1b70',
  name: '민지',
  email: 'minji@example.com',
  email_verified: true,
  picture: 'https://images.example.com/minji.png',
  updated_at: 1788220800,
  created_at: '2026-09-01T00:00:00.000Z',
  identities: [
    {
      provider: 'kakao',
      subject: '3141592653',
      email: 'minji@example.com',
      email_verified: true,
      linked_at: '2026-09-01T00:00:00.000Z',
      last_login_at: '2026-11-24T02:20:00.000Z',
    },
  ],
} satisfies Account

/** A token response of the examples; what is long is cut short. */
export const exampleTokens = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwMTk5ZjNhMiJ9.MEUCIQ',
  token_type: 'Bearer',
  expires_in: 600,
  refresh_token: '5gZ0tqkGm3bX2yJvQd8wLr1nUeHsFc7aYpKx9TzWvMo',
  scope: 'profile email account offline_access',
} as const

const { request_id, ...invalidToken } = problemOf('invalid_token', said.sendAccessToken, {
  requestId: '',
  publicUrl: PUBLIC_URL,
})

/** A request without a token to a protected route. */
export const withoutToken: Example = {
  summary: 'Without an access token',
  status: 401,
  answer: invalidToken satisfies z.infer<typeof InvalidToken>,
}

/** A request of another site's page with the session cookie. */
export const forgedCookie = (sent: Pick<Example, 'parameters' | 'body'>): Example =>
  refused('csrf', said.cookieFromElsewhere, {
    summary: 'With the session cookie, from a page that is not registered',
    ...sent,
  })

/** A sign-in that is too long ago for an action that cannot be undone. */
export const signedInLongAgo = (sent: Pick<Example, 'parameters' | 'body'>): Example =>
  refused('insufficient_user_authentication', said.signInAgain, {
    summary: 'Longer than REAUTH_MAX_AGE after the sign-in',
    ...sent,
  })

/** A token that lacks the scope. */
export const withNarrowToken = (
  scope: string,
  sent: Pick<Example, 'parameters' | 'body'>,
): Example =>
  refused('insufficient_scope', `The access token needs the scope "${scope}".`, {
    summary: `With an access token that lacks the scope \`${scope}\``,
    ...sent,
  })
