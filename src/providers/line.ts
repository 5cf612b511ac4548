import { z } from 'zod'
import { optionalText } from '../core/documents.ts'
import { TextSubject } from '../core/profile.ts'
import { defineProvider } from '../core/provider.ts'
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
    revocation_endpoint: 'https://api.line.me/oauth2/v2.1/revoke',
  },
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  // Web logins are signed with the channel secret, the SDK's with a published key.
  idTokenAlgorithms: ['HS256', 'ES256'],
  native: { readIdToken: (claims) => LineClaims.parse(claims) },
  trustsEmail: false,
  passedOn: { prompt: 'prompt', ui_locales: 'ui_locales' },
  readProfile: async ({ claims }) => LineClaims.parse(claims),
})
