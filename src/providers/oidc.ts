import { defineProvider, type ProviderRow } from '../core/provider.ts'
import { readClaims, readStandardClaims } from '../core/standard-claims.ts'
import { oidcConsole } from './consoles/oidc.ts'

/** Any OpenID provider by discovery, from the settings OIDC_PROVIDERS and `<ID>_…`. */
export function oidcProvider(options: {
  id: string
  name: string
  issuer: string
  trustsEmail: boolean
}): ProviderRow {
  return defineProvider({
    ...options,
    console: oidcConsole(options.issuer),
    gives: 'what its claims hold',
    emailVerifiedWhen: '`email_verified` is true',
    discovery: true,
    scopes: ['openid', 'profile', 'email'],
    clientAuth: 'metadata',
    idToken: 'required',
    idTokenAlgorithms: 'metadata',
    issuerVaries: true,
    native: { readIdToken: readClaims },
    passedOn: { login_hint: 'login_hint', prompt: 'prompt', ui_locales: 'ui_locales' },
    readProfile: readStandardClaims,
  })
}
