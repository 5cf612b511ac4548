import { z } from 'zod'
import { type ProviderProfile, TextSubject } from './profile.ts'

/** The tokens a provider gave for a code, read once at the door. */
export interface Grant {
  accessToken: string
  tokenType: string
  /** Seconds, null where the provider says nothing usable. */
  expiresInSeconds: number | null
  refreshToken: string | null
  idToken: string | null
}

/** The claims of a verified ID token. */
export type IdTokenClaims = Record<string, unknown> & { iss: string; sub: string }

/** What a row needs to read a profile. */
export interface ProfileSource {
  grant: Grant
  /** The ID token's claims once verified, null where the provider gives none. */
  claims: IdTokenClaims | null
  /** GETs one of the provider's endpoints with the access token and gives its JSON object or array. */
  get(endpoint: string, options?: GetOptions): Promise<unknown>
  /** True where the provider has this endpoint. */
  has(endpoint: string): boolean
}

/** How a profile endpoint is called. */
export interface GetOptions {
  params?: Record<string, string>
  /** Statuses that mean "nothing here" and give null instead of an error. */
  absentOn?: readonly number[]
}

/**
 * One provider as data. Endpoints are named as in OpenID metadata; each can be overridden by the
 * setting `<PROVIDER>_<ENDPOINT>`, so that a row can be aimed at a double.
 */
export interface ProviderRow {
  /** As it stands in URLs and, in capitals, in settings. */
  readonly id: string
  readonly name: string
  /** Where an operator registers the app, for the README and the doctor. */
  readonly console: string
  /** Known endpoints by metadata name: `authorization_endpoint`, `token_endpoint`, … */
  readonly endpoints: Readonly<Record<string, string>>
  /** The `iss` of its ID tokens, and where `discovery` is set the place of its metadata. */
  readonly issuer?: string
  /** Further exact values of `iss` that mean the same issuer. */
  readonly issuerAliases?: readonly string[]
  /** The `iss` of its callbacks (RFC 9207) where it is not the issuer. */
  readonly callbackIssuer?: string
  /** Endpoints not given here come from `<issuer>/.well-known/openid-configuration`. */
  readonly discovery: boolean
  readonly scopes: readonly string[]
  /** Default: a space (RFC 6749, section 3.3). */
  readonly scopeSeparator: ' ' | ','
  /** Client authentication at the token endpoint; `metadata` takes what the provider advertises. */
  readonly clientAuth: 'client_secret_post' | 'client_secret_basic' | 'metadata'
  /** Whether S256 PKCE is sent (RFC 7636). Default: true. */
  readonly pkce: boolean
  /**
   * `required`: every grant must hold an ID token; `with-openid`: it is verified where the scope
   * `openid` was asked for and the provider gives one; `none`.
   */
  readonly idToken: 'required' | 'with-openid' | 'none'
  /** Signature algorithms accepted; `metadata` narrows what the provider advertises to safe ones. */
  readonly idTokenAlgorithms: readonly string[] | 'metadata'
  /** Whether the issuer is part of the identity's key: one row, many realms of subjects. */
  readonly issuerVaries: boolean
  /** Whether its verified flag may join an identity to an existing user. */
  readonly trustsEmail: boolean
  /** Parameters always sent to the authorization endpoint. */
  readonly authorizationParams: Readonly<Record<string, string>>
  /** Our parameter -> the provider's name for it; a parameter that is not listed is not passed on. */
  readonly passedOn: Readonly<Partial<Record<'login_hint' | 'prompt' | 'ui_locales', string>>>
  /** Error codes in a callback that mean "the person said no". */
  readonly deniedErrors: readonly string[]
  /** Error codes at the token endpoint that mean "this code is used or expired". */
  readonly refusedCodeErrors: readonly string[]
  /** The last seam: from tokens to who it is. Throws a ZodError where the document is of another shape. */
  readProfile(source: ProfileSource): Promise<ProviderProfile>
}

type Defaulted =
  | 'discovery'
  | 'scopeSeparator'
  | 'clientAuth'
  | 'pkce'
  | 'idToken'
  | 'idTokenAlgorithms'
  | 'issuerVaries'
  | 'trustsEmail'
  | 'authorizationParams'
  | 'passedOn'
  | 'deniedErrors'
  | 'refusedCodeErrors'
  | 'endpoints'

/** A frozen row with the defaults filled in: plain OAuth 2.0 with PKCE, secret in the body, no ID token. */
export function defineProvider(
  row: Omit<ProviderRow, Defaulted> & Partial<Pick<ProviderRow, Defaulted>>,
): ProviderRow {
  return Object.freeze({
    endpoints: {},
    discovery: false,
    scopeSeparator: ' ',
    clientAuth: 'client_secret_post',
    pkce: true,
    idToken: 'none',
    idTokenAlgorithms: ['RS256'],
    issuerVaries: false,
    trustsEmail: true,
    authorizationParams: {},
    passedOn: {},
    deniedErrors: ['access_denied'],
    refusedCodeErrors: ['invalid_grant'],
    ...row,
  })
}

/** OpenID claims (OpenID Connect Core, section 5.1): every optional one may be null or of another type. */
const StandardClaims = z.object({
  sub: TextSubject,
  name: z.string().nullish().catch(null),
  nickname: z.string().nullish().catch(null),
  preferred_username: z.string().nullish().catch(null),
  picture: z.string().nullish().catch(null),
  locale: z.string().nullish().catch(null),
  email: z.string().nullish().catch(null),
  email_verified: z.unknown(),
})

/** Reads OpenID claims: userinfo where there is one (its `sub` must be the token's), else the ID token. */
export async function readStandardClaims(source: ProfileSource): Promise<ProviderProfile> {
  const userinfo = source.has('userinfo_endpoint')
    ? z.looseObject({ sub: TextSubject }).parse(await source.get('userinfo_endpoint'))
    : {}
  const claims = StandardClaims.parse(mergeClaims(source.claims ?? {}, userinfo))
  return {
    subject: claims.sub,
    email: claims.email,
    emailVerified: claims.email_verified === true,
    name: claims.name ?? claims.nickname ?? claims.preferred_username,
    picture: claims.picture,
    locale: claims.locale,
  }
}

/** Userinfo wins claim by claim; an address and its verified flag stay together. */
function mergeClaims(token: Record<string, unknown>, userinfo: Record<string, unknown>) {
  const given = Object.entries(userinfo).filter(([, value]) => value !== null)
  const merged: Record<string, unknown> = { ...token, ...Object.fromEntries(given) }
  if (typeof userinfo.email === 'string') {
    const same = userinfo.email === token.email
    merged.email_verified = userinfo.email_verified ?? (same ? token.email_verified : undefined)
  }
  return merged
}
