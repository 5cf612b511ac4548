import { z } from 'zod'
import { TextSubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { accessTokenRevocation } from '../core/provider/revocation.ts'
import { lineButton } from './buttons.ts'
import { lineConsole } from './consoles/line.ts'

const LineClaims = z
  .object({ sub: TextSubject, name: optionalText, picture: optionalText, email: optionalText })
  .transform(({ sub, name, picture, email }) => ({
    subject: sub,
    // Only the ID token has it, and no flag stands beside it.
    email,
    emailVerified: false,
    name,
    picture,
  }))

/** Stands for the channel, not for a person. */
const ChannelToken = z.object({ access_token: z.string() })

/** LINE: OpenID Connect. https://developers.line.biz/en/docs/line-login/ */
export const line = defineProvider({
  id: 'line',
  name: 'LINE',
  button: lineButton,
  console: lineConsole,
  gives: 'name, picture, e-mail where the channel may ask',
  emailVerifiedWhen: 'never: LINE has no flag',
  issuer: 'https://access.line.me',
  endpoints: {
    authorization_endpoint: 'https://access.line.me/oauth2/v2.1/authorize',
    token_endpoint: 'https://api.line.me/oauth2/v2.1/token',
    jwks_uri: 'https://api.line.me/oauth2/v2.1/certs',
    channel_token_endpoint: 'https://api.line.me/oauth2/v3/token',
    deauthorize_endpoint: 'https://api.line.me/user/v1/deauthorize',
  },
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  // Web logins are signed with the channel secret, the SDK's with a published key.
  idTokenAlgorithms: ['HS256', 'ES256'],
  native: { readIdToken: (claims) => LineClaims.parse(claims) },
  trustsEmail: false,
  // What LINE wants when a person leaves; its revocation would end the token, but not the grant.
  revocation: accessTokenRevocation({
    endpoint: 'deauthorize_endpoint',
    async request({ token, client, post }) {
      const channel = await post('channel_token_endpoint', {
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: client.secret,
      })
      const { access_token: bearer } = ChannelToken.parse(channel)
      return { json: { userAccessToken: token }, auth: { bearer } }
    },
    isGone: (status, { message }) => status === 400 && message === 'invalid token',
  }),
  // By age and platform, in capitals too.
  deniedErrors: ['access_denied', 'invalid_request'],
  forwardedParams: { max_age: 'max_age', ui_locales: 'ui_locales' },
  // It has no `prompt=login`; with `max_age=0` only a new authentication is recent enough.
  prompts: { ...standardPrompts('consent'), login: { max_age: '0' } },
  authTime: true,
  // A failed automatic login by the LINE app comes back with a state of its own.
  secondTry: { disable_auto_login: 'true' },
  readProfile: async ({ claims }) => LineClaims.parse(claims),
})
