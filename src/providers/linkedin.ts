import { z } from 'zod'
import { TextSubject } from '../core/identity/profile.ts'
import { readMergedClaims } from '../core/identity/standard-claims.ts'
import { lenientTrue, optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { linkedinButton } from './buttons.ts'
import { linkedinConsole } from './consoles/linkedin.ts'

const Locale = z
  .union([
    z.string(),
    z
      .object({ language: z.string(), country: z.string() })
      .transform((l) => `${l.language}-${l.country}`),
  ])
  .nullish()
  .catch(null)

const LinkedInUser = z
  .object({
    sub: TextSubject,
    name: optionalText,
    picture: optionalText,
    locale: Locale,
    email: optionalText,
    email_verified: lenientTrue,
  })
  .transform(({ sub, email_verified, ...rest }) => ({
    subject: sub,
    emailVerified: email_verified,
    ...rest,
  }))

/** LinkedIn: OpenID Connect without PKCE and nonce. https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2 */
export const linkedin = defineProvider({
  id: 'linkedin',
  name: 'LinkedIn',
  button: linkedinButton,
  console: linkedinConsole,
  gives: 'name, e-mail, picture, language',
  emailVerifiedWhen: '`email_verified` is true or "true"',
  issuer: 'https://www.linkedin.com/oauth',
  // Of older tokens.
  issuerAliases: ['https://www.linkedin.com'],
  endpoints: {
    authorization_endpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    token_endpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    userinfo_endpoint: 'https://api.linkedin.com/v2/userinfo',
    jwks_uri: 'https://www.linkedin.com/oauth/openid/jwks',
    revocation_endpoint: 'https://www.linkedin.com/oauth/v2/revoke',
  },
  scopes: ['openid', 'profile', 'email'],
  // The web flow refuses the parameters.
  pkce: false,
  idToken: 'required',
  nonceOptional: () => true,
  // "appid/redirect uri/code verifier does not match authorization code. Or authorization code expired."
  refusedCodeErrors: ['invalid_grant', 'invalid_request'],
  deniedErrors: ['access_denied', 'user_cancelled_login', 'user_cancelled_authorize'],
  namesElsewhere: ['linkedin_oidc'],
  // {"status":401,"serviceErrorCode":65600,"message":"…"}
  apiError: ({ error, serviceErrorCode }) => error ?? serviceErrorCode,
  readProfile: async (source) => LinkedInUser.parse(await readMergedClaims(source)),
})
