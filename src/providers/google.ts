import { defineProvider, readStandardClaims } from '../core/provider.ts'

/** Google: OpenID Connect by discovery. https://developers.google.com/identity/openid-connect */
export const google = defineProvider({
  id: 'google',
  name: 'Google',
  console: 'https://console.cloud.google.com/apis/credentials',
  issuer: 'https://accounts.google.com',
  // Legacy tokens carry the issuer without its scheme.
  issuerAliases: ['accounts.google.com'],
  discovery: true,
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  passedOn: { login_hint: 'login_hint', prompt: 'prompt', ui_locales: 'hl' },
  readProfile: readStandardClaims,
})
