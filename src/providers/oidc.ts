import { underIssuer } from '../core/identity/import.ts'
import { readClaims, readStandardClaims } from '../core/identity/standard-claims.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider, type ProviderRow } from '../core/provider/provider.ts'
import { oidcConsole } from './consoles/oidc.ts'

/** Any OpenID provider by discovery, from the settings OIDC_PROVIDERS and `<ID>_…`. */
export function oidcProvider(options: { id: string; name: string; issuer: string }): ProviderRow {
  return defineProvider({
    ...options,
    // Whoever runs it may call any address verified.
    trustsEmail: false,
    console: oidcConsole(options.issuer),
    gives: 'what its claims hold',
    emailVerifiedWhen: '`email_verified` is true',
    discovery: true,
    scopes: ['openid', 'profile', 'email'],
    clientAuth: 'metadata',
    settings: {
      PRIVATE_KEY: {
        default: '',
        pattern: /BEGIN [A-Z ]*PRIVATE KEY/,
        privateKey: ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'],
        mustBe: {
          en: 'a private key in PEM: RSA of 2048 bits or more, EC or Ed25519',
          ko: 'PEM 형식의 개인 키(2048비트 이상 RSA, EC 또는 Ed25519)',
        },
      },
      KEY_ID: {
        default: '',
        pattern: /^[\x21-\x7e]{1,255}$/,
        mustBe: { en: 'the id of the key at the provider', ko: '제공자에 등록한 키의 ID' },
      },
    },
    clientKey: ({ PRIVATE_KEY: pem = '', KEY_ID: keyId = '' }) =>
      pem === '' ? null : { pem, keyId },
    idToken: 'required',
    idTokenAlgorithms: 'metadata',
    issuerVaries: true,
    native: { readIdToken: readClaims },
    forwardedParams: {
      login_hint: 'login_hint',
      max_age: 'max_age',
      ui_locales: 'ui_locales',
    },
    prompts: standardPrompts('none', 'login', 'consent', 'select_account'),
    silent: true,
    authTime: true,
    // Keycloak, where the person has signed in meanwhile in another tab.
    wantsAgain: ({ error, error_description: description }) =>
      error === 'temporarily_unavailable' && description === 'authentication_expired',
    keyElsewhere: underIssuer,
    readProfile: readStandardClaims,
  })
}
