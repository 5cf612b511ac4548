import { readClaims, readMergedClaims } from '../core/identity/standard-claims.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { accessTokenRevocation } from '../core/provider/revocation.ts'
import { twitchButton } from './buttons.ts'
import { twitchConsole } from './consoles/twitch.ts'
import { twitchEvents } from './events/twitch.ts'

const asked = { email: null, email_verified: null, picture: null, preferred_username: null }

/** Twitch: OpenID Connect without PKCE. https://dev.twitch.tv/docs/authentication/getting-tokens-oidc */
export const twitch = defineProvider({
  id: 'twitch',
  name: 'Twitch',
  button: twitchButton,
  console: twitchConsole,
  events: twitchEvents,
  settings: {
    EVENTSUB_SECRET: {
      default: '',
      pattern: /^([\x21-\x7e]{10,100})?$/,
      mustBe: { en: '10 to 100 printable ASCII characters', ko: '10~100자의 ASCII 문자' },
    },
  },
  gives: 'name, e-mail, picture',
  emailVerifiedWhen: '`email_verified` is true',
  issuer: 'https://id.twitch.tv/oauth2',
  endpoints: {
    authorization_endpoint: 'https://id.twitch.tv/oauth2/authorize',
    token_endpoint: 'https://id.twitch.tv/oauth2/token',
    userinfo_endpoint: 'https://id.twitch.tv/oauth2/userinfo',
    jwks_uri: 'https://id.twitch.tv/oauth2/keys',
    revocation_endpoint: 'https://id.twitch.tv/oauth2/revoke',
    eventsub_endpoint: 'https://api.twitch.tv/helix/eventsub/subscriptions',
  },
  scopes: ['openid', 'user:read:email'],
  // Claims beyond the subject must be asked for one by one (OpenID Connect Core, section 5.5).
  authorizationParams: { claims: JSON.stringify({ id_token: asked, userinfo: asked }) },
  pkce: false,
  prompts: { login: { force_verify: 'true' }, consent: { force_verify: 'true' } },
  idToken: 'required',
  // {"status":400,"message":"Invalid authorization code"}: the message is all there is.
  tokenError: (document) =>
    typeof document.message === 'string'
      ? document.message.toLowerCase().replace(/\W+/g, '_').slice(0, 64)
      : document.error,
  refusedCodeErrors: ['invalid_authorization_code', 'invalid_grant'],
  refusedRefreshErrors: ['invalid_refresh_token', 'invalid_grant'],
  revocation: accessTokenRevocation({
    // Without the secret.
    request: ({ token, client }) => ({ form: { client_id: client.id, token } }),
    isGone: (status, { message }) => status === 400 && message === 'Invalid token',
  }),
  scopeClaims: {
    openid: ['preferred_username', 'picture'],
    'user:read:email': ['email', 'email_verified'],
  },
  readProfile: async (source) =>
    readClaims(await readMergedClaims(source, { headers: { 'client-id': source.client.id } })),
})
