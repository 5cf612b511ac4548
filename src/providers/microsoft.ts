import { z } from 'zod'
import { TextSubject } from '../core/identity/profile.ts'
import { lenientTrue, optionalText } from '../core/provider/documents.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { microsoftButton } from './buttons.ts'
import { microsoftConsole } from './consoles/microsoft.ts'

/** The tenant of all personal accounts. */
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'

const MicrosoftClaims = z
  .object({
    sub: TextSubject,
    tid: z.guid(),
    oid: TextSubject,
    name: optionalText,
    email: optionalText,
    // A number, too.
    xms_edov: z.preprocess((value) => (value === 1 ? true : value), lenientTrue),
    xms_pl: optionalText,
  })
  .transform(({ sub, tid, oid, name, email, xms_edov, xms_pl }) => ({
    subject: oid,
    sub,
    email,
    // Elsewhere a tenant's administrator may put any address there ("nOAuth").
    emailVerified: xms_edov || tid === PERSONAL,
    name,
    // The preferred language: an optional claim of the app.
    locale: xms_pl,
  }))

const ISSUER = 'https://login.microsoftonline.com/{tenantid}/v2.0'

/** What another system may have kept of an ID token. */
const Elsewhere = z.object({ tid: z.guid(), oid: TextSubject })
const TENANT_OF_ISSUER = /^https:\/\/login\.microsoftonline\.com\/([0-9a-f-]{36})\/v2\.0$/

/** Microsoft: OpenID Connect for any tenant. https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
export const microsoft = defineProvider({
  id: 'microsoft',
  name: 'Microsoft',
  button: microsoftButton,
  console: microsoftConsole,
  gives: 'name, e-mail, language where `xms_pl` is set up',
  emailVerifiedWhen:
    '`xms_edov` is true (an optional claim of the app), or the account is personal',
  settings: {
    TENANT: {
      default: 'common',
      pattern: /^(common|organizations|consumers|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      mustBe: {
        en: 'common, organizations, consumers or the id of a tenant (a GUID, in small letters)',
        ko: 'common, organizations, consumers 또는 테넌트 ID(소문자 GUID)',
      },
    },
  },
  // A template: each tenant is an issuer of its own.
  issuer: ISSUER,
  issuerOf: (claims, row, { TENANT: tenant = 'common' }) => {
    const tid = z.guid().safeParse(claims.tid).data
    if (tid === undefined) return null
    if (tenant === 'consumers' && tid !== PERSONAL) return null
    if (tenant === 'organizations' && tid === PERSONAL) return null
    if (z.guid().safeParse(tenant).success && tid !== tenant) return null
    return (row.issuer ?? '').replace('{tenantid}', tid)
  },
  callbackIssuer: null,
  endpoints: {
    authorization_endpoint: 'https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize',
    token_endpoint: 'https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token',
    jwks_uri: 'https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys',
    end_session_endpoint: 'https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/logout',
  },
  scopes: ['openid', 'profile', 'email'],
  idToken: 'required',
  // With the Authenticator as broker the nonce can be another, or missing.
  native: { readIdToken: (claims) => MicrosoftClaims.parse(claims), addsNonce: true },
  issuerVaries: true,
  offline: { scopes: ['offline_access'], repeats: 'scope' },
  exactError: ({ error_description: text }) =>
    typeof text === 'string' ? /\bAADSTS\d+\b/.exec(text)?.[0] : undefined,
  forwardedParams: { login_hint: 'login_hint' },
  prompts: standardPrompts('none', 'login', 'consent', 'select_account'),
  silent: true,
  namesElsewhere: ['azure', 'azure-ad', 'microsoft-entra-id', 'microsoft.com'],
  // Most systems keep `sub`, which is another one for each app, and no tenant; it cannot be turned into ours.
  keyElsewhere: ({ subject, issuer, claims }, known) => {
    const under = (tid: string, oid: string) => ({
      issuer: (known.issuer ?? ISSUER).replace('{tenantid}', tid.toLowerCase()),
      subject: oid,
    })
    const { data } = Elsewhere.safeParse(claims)
    if (data !== undefined) return under(data.tid, data.oid)
    const tenant = TENANT_OF_ISSUER.exec(issuer ?? '')?.[1] ?? known.values.TENANT ?? ''
    const isObject = [subject, tenant].every((id) => z.guid().safeParse(id).success)
    return isObject ? under(tenant, subject) : null
  },
  readProfile: async ({ claims }) => MicrosoftClaims.parse(claims),
})
