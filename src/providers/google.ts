import { readStandardClaims } from '../core/identity/standard-claims.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { googleButton } from './buttons.ts'
import { googleConsole } from './consoles/google.ts'
import { googleEvents } from './events/google.ts'
import { googleNative, vouchesForAddress } from './native/google.ts'

/** Google: OpenID Connect by discovery. https://developers.google.com/identity/openid-connect */
export const google = defineProvider({
  id: 'google',
  name: 'Google',
  button: googleButton,
  console: googleConsole,
  events: googleEvents,
  gives: 'name, e-mail, picture, language',
  emailVerifiedWhen: '`email_verified` is true, at gmail.com or with `hd`',
  issuer: 'https://accounts.google.com',
  // Legacy tokens carry the issuer without its scheme.
  issuerAliases: ['accounts.google.com'],
  discovery: true,
  endpoints: {
    risc_configuration: 'https://accounts.google.com/.well-known/risc-configuration',
    risc_stream_endpoint: 'https://risc.googleapis.com/v1beta/stream',
    token_info_endpoint: 'https://oauth2.googleapis.com/tokeninfo',
  },
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  refusesWebViews: true,
  native: googleNative,
  settings: {
    RISC_SERVICE_ACCOUNT: {
      default: '',
      pattern: /^[^\0]*$/,
      mustBe: { en: 'the path of a key file', ko: '키 파일의 경로' },
    },
    HOSTED_DOMAIN: {
      default: '',
      pattern: /^(\*|([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63})$/,
      mustBe: {
        en: 'the domain of a Google Workspace such as example.com, or * for any of them',
        ko: 'example.com 같은 Google Workspace 도메인이나, 모든 도메인을 뜻하는 *',
      },
      // A hint, which anybody can change: the claim is what counts.
      sentAs: 'hd',
    },
  },
  isMember: ({ hd }, { HOSTED_DOMAIN: domain = '' }) =>
    domain === '' ||
    (typeof hd === 'string' && hd !== '' && ['*', hd.toLowerCase()].includes(domain)),
  // Given at the first consent, and after `prompt=consent`.
  offline: { params: { access_type: 'offline' } },
  forwardedParams: { login_hint: 'login_hint', ui_locales: 'hl' },
  // A prompt=login is an error there.
  prompts: standardPrompts('none', 'consent', 'select_account'),
  silent: true,
  namesElsewhere: ['google.com'],
  readProfile: (source) => readStandardClaims(source, vouchesForAddress),
})
