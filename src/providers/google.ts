import { z } from 'zod'
import { optionalText } from '../core/documents.ts'
import { defineProvider } from '../core/provider.ts'
import { readClaims, readStandardClaims } from '../core/standard-claims.ts'

/** `GET /tokeninfo`; an expired or made-up token is a 400. */
const TokenInfo = z
  .object({ aud: optionalText, azp: optionalText, sub: optionalText })
  .transform(({ aud, azp, sub }) => ({ isValid: true, apps: [aud, azp], subject: sub }))

/** Google: OpenID Connect by discovery. https://developers.google.com/identity/openid-connect */
export const google = defineProvider({
  id: 'google',
  name: 'Google',
  console: 'https://console.cloud.google.com/apis/credentials',
  emailVerifiedWhen: '`email_verified` is true',
  issuer: 'https://accounts.google.com',
  // Legacy tokens carry the issuer without its scheme.
  issuerAliases: ['accounts.google.com'],
  discovery: true,
  endpoints: { token_info_endpoint: 'https://oauth2.googleapis.com/tokeninfo' },
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  native: {
    readIdToken: readClaims,
    inspectAccessToken: async ({ accessToken, call }) =>
      TokenInfo.parse(
        await call('token_info_endpoint', {
          params: { access_token: accessToken },
          refusedOn: [400, 401],
        }),
      ),
  },
  passedOn: { login_hint: 'login_hint', prompt: 'prompt', ui_locales: 'hl' },
  readProfile: readStandardClaims,
})
