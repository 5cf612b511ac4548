import { ELSEWHERE, type KnownElsewhere } from '../identity/import.ts'
import type { ProviderProfile } from '../identity/profile.ts'
import type { OperatorText } from '../settings/operator-texts.ts'
import type { Button } from './button.ts'
import type { Console, Shape } from './console.ts'
import type { NativeTokens } from './native.ts'
import type { EventReceiver } from './provider-event.ts'
import { type Revocation, tokenRevocation } from './revocation.ts'
import type { ClientKey, IdTokenClaims, OfflineAccess, RowValues } from './row-inputs.ts'

/** The tokens a provider gave for a code, read once at the door. */
export interface ProviderTokenResponse {
  accessToken: string
  tokenType: string
  /** Seconds, null where the provider says nothing usable. */
  expiresInSeconds: number | null
  /** Space separated; null where the provider names none. */
  scope: string | null
  refreshToken: string | null
  idToken: string | null
}

/** What a row needs to read a profile. */
export interface ProfileSource {
  tokenResponse: ProviderTokenResponse
  /** The ID token's claims once verified, null where the provider gives none. */
  claims: IdTokenClaims | null
  /** Our registration there. */
  client: { id: string; secret: string }
  /** The `user` parameter of a form_post callback as JSON, null elsewhere; unsigned, so only a name. */
  formUser: unknown
  /**
   * The userinfo document, to be read beside the claims; null where it is not asked for: there is none,
   * the setting says so, the ID token has all of it, or it is refused though the ID token was good.
   */
  userinfo(
    options?: Pick<GetOptions, 'params' | 'headers'>,
  ): Promise<Record<string, unknown> | null>
  /** GETs one of the provider's endpoints with the access token and gives its JSON object or array. */
  get(endpoint: string, options?: GetOptions): Promise<unknown>
}

/**
 * Whether userinfo is asked for after an ID token. `auto`: only where the ID token lacks a claim that the
 * scopes ask for.
 */
export type UserinfoMode = 'auto' | 'always' | 'off'

/** How a profile endpoint is called. */
export interface GetOptions {
  params?: Record<string, string>
  headers?: Record<string, string>
  /** Statuses that mean "nothing here" and give null instead of an error. */
  absentOn?: readonly number[]
}

/** A setting that only one provider has: `<PROVIDER>_<NAME>`. */
export interface RowSetting {
  /** Used where the setting is not given; without one it is required. */
  readonly default?: string
  readonly pattern: RegExp
  /** For a private key in PEM: the algorithms, one of which it must sign with. */
  readonly privateKey?: readonly string[]
  /** The parameter of the authorization request that its value is sent in, where it is set. */
  readonly sentAs?: string
  /** What a value must be, for the message to the operator. */
  readonly mustBe: OperatorText
  /** What the provider's own values look like: the doctor warns of others, which only a double has. */
  readonly looksLike?: Shape
}

/** What a client may ask the provider to ask the person (OpenID Connect Core, section 3.1.2.1). */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/**
 * One provider as data. Endpoints are named as in OpenID metadata; each can be overridden by the
 * setting `<PROVIDER>_<ENDPOINT>`, so that a row can be aimed at a double.
 */
export interface ProviderRow extends KnownElsewhere {
  /** As it stands in URLs and, in capitals, in settings. */
  readonly id: string
  readonly name: string
  /** Its button on the sign-in page; null for a plain one with the name. */
  readonly button: Button | null
  /** Whether it refuses to sign people in inside an app's own browser. */
  readonly refusesWebViews: boolean
  /** Where and how an operator registers the app, for the README and the doctor. */
  readonly console: Console
  /** For the README: what of a person it gives beside the subject. */
  readonly gives: string
  /** For the README: when the e-mail address counts as verified. */
  readonly emailVerifiedWhen: string
  /** Settings of its own; `{NAME}` in an endpoint stands for the value, as `{CLIENT_ID}` does. */
  readonly settings: Readonly<Record<string, RowSetting>>
  /** Known endpoints by metadata name: `authorization_endpoint`, `token_endpoint`, … */
  readonly endpoints: Readonly<Record<string, string>>
  /** The `iss` of its ID tokens, and where `discovery` is set the place of its metadata. */
  readonly issuer?: string
  /** Further exact values of `iss` that mean the same issuer. */
  readonly issuerAliases?: readonly string[]
  /** The one `iss` that these claims may have, for an issuer that depends on them; null for none. */
  readonly issuerOf?: (
    claims: Record<string, unknown>,
    row: ProviderRow,
    values: RowValues,
  ) => string | null
  /** The `iss` of its callbacks (RFC 9207) where it is not the issuer; null where there is none. */
  readonly callbackIssuer?: string | null
  /** Endpoints not given here come from `<issuer>/.well-known/openid-configuration`. */
  readonly discovery: boolean
  /** Empty where the console decides. */
  readonly scopes: readonly string[]
  /** Default: a space (RFC 6749, section 3.3). */
  readonly scopeSeparator: ' ' | ','
  /** Client authentication at the token endpoint; `metadata` takes what the provider advertises. */
  readonly clientAuth: 'client_secret_post' | 'client_secret_basic' | 'metadata'
  /** For a secret that is made of other settings; called for each exchange, so it caches. */
  readonly clientSecret?: (
    clientId: string,
    row: ProviderRow,
    values: RowValues,
  ) => () => Promise<string>
  /**
   * Whether the settings let this person in, by the claims of the ID token, or by userinfo where there is
   * none. Without it everybody may.
   */
  readonly isMember?: (document: Readonly<Record<string, unknown>>, values: RowValues) => boolean
  /** The key of `private_key_jwt` where the settings give one, which then stands for the secret. */
  readonly clientKey?: (values: RowValues) => ClientKey | null
  /** Whether S256 PKCE is sent (RFC 7636). Default: true. */
  readonly pkce: boolean
  /** Whether the token endpoint wants the `state` again. */
  readonly stateAtTokenEndpoint: boolean
  /** Whether its callback is a cross-site POST (OAuth 2.0 Form Post Response Mode). */
  readonly formPost: boolean
  /** Whether its callback has a fragment, which a browser would carry on to the app. */
  readonly addsFragment: boolean
  /**
   * `required`: every grant must hold an ID token; `with-openid`: it is verified where the scope
   * `openid` was asked for, or none where an app asks when the person authenticated, and the provider
   * gives one; `none`.
   */
  readonly idToken: 'required' | 'with-openid' | 'none'
  /**
   * Signature algorithms accepted; `metadata` narrows what the provider advertises to safe ones.
   * HS256 is checked by the client secret and by nothing else.
   */
  readonly idTokenAlgorithms: readonly string[] | 'metadata'
  /** Whether an ID token of these claims may lack the nonce: only where the provider could not echo it. */
  readonly nonceOptional: (claims: Record<string, unknown>) => boolean
  /** Whether userinfo is asked for beside an ID token. Default: auto. */
  readonly userinfo: UserinfoMode
  /**
   * The claims that a scope asks for, of those that are read. An ID token with all of them makes userinfo
   * superfluous. Default: OpenID's (OpenID Connect Core, section 5.4).
   */
  readonly scopeClaims: Readonly<Record<string, readonly string[]>>
  /** Which tokens of its mobile SDKs sign people in; with ID tokens it has `_NATIVE_CLIENT_IDS`. */
  readonly native: NativeTokens
  /** Whether the issuer is part of the identity's key: one row, many realms of subjects. */
  readonly issuerVaries: boolean
  /** Whether its verified flag may join an identity to an existing user. */
  readonly trustsEmail: boolean
  /** Parameters always sent to the authorization endpoint. */
  readonly authorizationParams: Readonly<Record<string, string>>
  /** What is asked for in addition, so that there is a refresh token, where tokens are kept to hand them out. */
  readonly offline: OfflineAccess
  /** Our parameter -> the provider's name for it; a parameter that is not listed is not passed on. */
  readonly forwardedParams: Readonly<
    Partial<Record<'login_hint' | 'max_age' | 'ui_locales', string>>
  >
  /** Its words for each of our prompts; one that is not listed is not understood, and not sent. */
  readonly prompts: Readonly<Partial<Record<Prompt, Readonly<Record<string, string>>>>>
  /** Whether it signs people in without any page (`prompt=none`), or says at once that it cannot. */
  readonly silent: boolean
  /** Whether its ID tokens say when the person authenticated. */
  readonly authTime: boolean
  /** What a login that came back with an error and somebody else's state is tried with a second time. */
  readonly secondTry?: Readonly<Record<string, string>>
  /** Whether a refusal in a callback only means that its page stood open too long: it is asked again. */
  readonly wantsAgain: (refusal: Readonly<Record<string, unknown>>) => boolean
  /** The parameter of its end_session_endpoint that names the way back. */
  readonly logoutRedirectParam: string
  /** Error codes in a callback that mean "the person said no", in small letters. */
  readonly deniedErrors: readonly string[]
  /** The error code in a token endpoint's answer that is not of RFC 6749's shape. */
  readonly tokenError: (document: Record<string, unknown>) => unknown
  /** The error code in an answer of its API, for the log. */
  readonly apiError: (document: Record<string, unknown>) => unknown
  /** A more exact code of the provider beside it, there or in a callback, for the log and the doctor. */
  readonly exactError: (document: Record<string, unknown>) => unknown
  /** Error codes at the token endpoint that mean "this code is used or expired". */
  readonly refusedCodeErrors: readonly string[]
  /** Error codes there that mean "this refresh token is over": the person has to sign in again. */
  readonly refusedRefreshErrors: readonly string[]
  /** How it is told that a person has left. Default: RFC 7009, where it has the endpoint. */
  readonly revocation: Revocation
  /** What it tells of its own accord; null where it tells nothing. */
  readonly events: EventReceiver | null
  /** The last seam: from tokens to who it is. Throws a ZodError where the document is of another shape. */
  readProfile(source: ProfileSource): Promise<ProviderProfile>
}

const DEFAULTS = {
  button: null,
  refusesWebViews: false,
  settings: {},
  endpoints: {},
  discovery: false,
  scopeSeparator: ' ',
  clientAuth: 'client_secret_post',
  pkce: true,
  stateAtTokenEndpoint: false,
  formPost: false,
  addsFragment: false,
  idToken: 'none',
  idTokenAlgorithms: ['RS256'],
  nonceOptional: () => false,
  userinfo: 'auto',
  scopeClaims: { profile: ['name', 'picture'], email: ['email', 'email_verified'] },
  native: {},
  issuerVaries: false,
  trustsEmail: true,
  authorizationParams: {},
  offline: {},
  forwardedParams: {},
  prompts: {},
  silent: false,
  authTime: false,
  logoutRedirectParam: 'post_logout_redirect_uri',
  wantsAgain: () => false,
  deniedErrors: ['access_denied'],
  tokenError: (document) => document.error,
  apiError: (document) => document.error,
  exactError: () => undefined,
  refusedCodeErrors: ['invalid_grant'],
  refusedRefreshErrors: ['invalid_grant'],
  revocation: tokenRevocation,
  events: null,
  ...ELSEWHERE,
} satisfies Partial<ProviderRow>

/** A frozen row with the defaults filled in: plain OAuth 2.0 with PKCE, secret in the body, no ID token. */
export function defineProvider(
  row: Omit<ProviderRow, keyof typeof DEFAULTS> & Partial<Pick<ProviderRow, keyof typeof DEFAULTS>>,
): ProviderRow {
  return Object.freeze({ ...DEFAULTS, ...row })
}
