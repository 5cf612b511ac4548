import { ELSEWHERE, type KnownElsewhere } from '../identity/import.ts'
import type { ProviderProfile } from '../identity/profile.ts'
import type { OperatorText } from '../settings/operator-texts.ts'
import type { Button } from './button.ts'
import type { Console, Shape } from './console.ts'
import type { NativeTokens } from './native.ts'
import type { EventReceiver } from './provider-event.ts'
import { type Revocation, tokenRevocation } from './revocation.ts'
import type { ClientKey, IdTokenClaims, OfflineAccess, RowValues } from './row-inputs.ts'

/** The token response of a provider to a code, parsed once. */
export interface ProviderTokenResponse {
  accessToken: string
  tokenType: string
  /** Seconds; null where the provider gives no usable value. */
  expiresInSeconds: number | null
  /** Space separated; null where the provider names none. */
  scope: string | null
  refreshToken: string | null
  idToken: string | null
}

/** What a row needs to read a profile. */
export interface ProfileSource {
  tokenResponse: ProviderTokenResponse
  /** The claims of the verified ID token, null where the provider gives none. */
  claims: IdTokenClaims | null
  /** Our registration there. */
  client: { id: string; secret: string }
  /** The `user` parameter of a form_post callback as JSON, null elsewhere; unsigned, so only a name. */
  formUser: unknown
  /**
   * The userinfo document, read beside the claims. Null if there is none, the setting is `off`, the
   * ID token has all of it, or the request is refused though the ID token was valid.
   */
  userinfo(
    options?: Pick<GetOptions, 'params' | 'headers'>,
  ): Promise<Record<string, unknown> | null>
  /** GETs one of the provider's endpoints with the access token and gives its JSON object or array. */
  get(endpoint: string, options?: GetOptions): Promise<unknown>
}

/**
 * Whether userinfo is requested beside an ID token. `auto`: only if the ID token lacks a claim that
 * the scopes ask for.
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
  /** Used if the setting is not given; without a default the setting is required. */
  readonly default?: string
  readonly pattern: RegExp
  /** For a private key in PEM: the algorithms that it may sign with. */
  readonly privateKey?: readonly string[]
  /** The parameter of the authorization request in which its value is sent, if it is set. */
  readonly sentAs?: string
  /** What a value must be, for the message to the operator. */
  readonly mustBe: OperatorText
  /** The form of the provider's own values; the doctor warns of others. */
  readonly looksLike?: Shape
}

/** What a client may ask the provider to ask the person (OpenID Connect Core, section 3.1.2.1). */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/**
 * One provider as data. Endpoints are named as in OpenID metadata; each can be overridden by the
 * setting `<PROVIDER>_<ENDPOINT>`, so that a row can be aimed at a double.
 */
export interface ProviderRow extends KnownElsewhere {
  /** As in URLs and, in capitals, in settings. */
  readonly id: string
  readonly name: string
  /** Its button on the sign-in page; null for a plain one with the name. */
  readonly button: Button | null
  /** Whether it refuses to sign people in within an app's built-in browser (web view). */
  readonly refusesWebViews: boolean
  /** Where and how an operator registers the app, for the README and the doctor. */
  readonly console: Console
  /** For the README: what it tells about a person beside the subject. */
  readonly gives: string
  /** For the README: when the e-mail address counts as verified. */
  readonly emailVerifiedWhen: string
  /** Its own settings; `{NAME}` in an endpoint stands for the value, as `{CLIENT_ID}` does. */
  readonly settings: Readonly<Record<string, RowSetting>>
  /** Known endpoints by metadata name: `authorization_endpoint`, `token_endpoint`, … */
  readonly endpoints: Readonly<Record<string, string>>
  /** The `iss` of its ID tokens, and with `discovery` the URL that its metadata is found by. */
  readonly issuer?: string
  /** Further exact values of `iss` that mean the same issuer. */
  readonly issuerAliases?: readonly string[]
  /** For an issuer that depends on the claims: the one that they may have; null: none is right. */
  readonly issuerOf?: (
    claims: Record<string, unknown>,
    row: ProviderRow,
    values: RowValues,
  ) => string | null
  /** The `iss` of its callbacks (RFC 9207) if it is not the issuer; null: it is not checked. */
  readonly callbackIssuer?: string | null
  /** Endpoints not given here come from `<issuer>/.well-known/openid-configuration`. */
  readonly discovery: boolean
  /** Empty if the provider's console decides. */
  readonly scopes: readonly string[]
  /** Default: a space (RFC 6749, section 3.3). */
  readonly scopeSeparator: ' ' | ','
  /** Client authentication at the token endpoint; `metadata`: as the provider advertises. */
  readonly clientAuth: 'client_secret_post' | 'client_secret_basic' | 'metadata'
  /** Makes the secret from other settings; called for each exchange, so it has to cache. */
  readonly clientSecret?: (
    clientId: string,
    row: ProviderRow,
    values: RowValues,
  ) => () => Promise<string>
  /**
   * Whether the settings let this person in, by the claims of the ID token, or of userinfo if there
   * is no ID token. Without this function everybody is let in.
   */
  readonly isMember?: (document: Readonly<Record<string, unknown>>, values: RowValues) => boolean
  /** The key for `private_key_jwt` if the settings give one, which then replaces the secret. */
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
   * `required`: every token response must have an ID token. `with-openid`: an ID token that comes
   * is verified if the scope `openid` was asked for, or if no scope was sent and an app asks when
   * the person authenticated. `none`: there is none.
   */
  readonly idToken: 'required' | 'with-openid' | 'none'
  /**
   * Accepted signature algorithms; `metadata`: the safe ones of those that the provider advertises.
   * HS256 is only verified with the client secret.
   */
  readonly idTokenAlgorithms: readonly string[] | 'metadata'
  /** Whether an ID token may lack the nonce: only if the provider could not echo it. */
  readonly nonceOptional: (claims: Record<string, unknown>) => boolean
  /** Whether userinfo is requested beside an ID token. Default: auto. */
  readonly userinfo: UserinfoMode
  /**
   * The claims that a scope asks for, as far as we read them. If an ID token has all of them,
   * userinfo is not needed. Default: those of OpenID Connect Core, section 5.4.
   */
  readonly scopeClaims: Readonly<Record<string, readonly string[]>>
  /** Which tokens of its mobile SDKs can sign in; for ID tokens it has `_NATIVE_CLIENT_IDS`. */
  readonly native: NativeTokens
  /** Whether the issuer is part of the identity's key: one row, many realms of subjects. */
  readonly issuerVaries: boolean
  /** Whether an identity may join an existing user by its verified address. */
  readonly trustsEmail: boolean
  /** Parameters always sent to the authorization endpoint. */
  readonly authorizationParams: Readonly<Record<string, string>>
  /** What is added to the request to get a refresh token, if tokens are stored to be handed out. */
  readonly offline: OfflineAccess
  /** Our parameter → the provider's name for it; others are not passed on. */
  readonly forwardedParams: Readonly<
    Partial<Record<'login_hint' | 'max_age' | 'ui_locales', string>>
  >
  /** Its parameters for each of our prompts; one that is not listed is not sent. */
  readonly prompts: Readonly<Partial<Record<Prompt, Readonly<Record<string, string>>>>>
  /** Whether it signs people in without a page (`prompt=none`), or says at once that it cannot. */
  readonly silent: boolean
  /** Whether its ID tokens say when the person authenticated. */
  readonly authTime: boolean
  /** Parameters for a second try of a login that came back with an error and another state. */
  readonly secondTry?: Readonly<Record<string, string>>
  /** Whether an error in a callback means that its page was open too long: it is asked again. */
  readonly wantsAgain: (refusal: Readonly<Record<string, unknown>>) => boolean
  /** The parameter of its end_session_endpoint for the URL that people return to. */
  readonly logoutRedirectParam: string
  /** Error codes in a callback that mean that the person declined, in lower case. */
  readonly deniedErrors: readonly string[]
  /** The error code in an answer of the token endpoint that does not have the form of RFC 6749. */
  readonly tokenError: (document: Record<string, unknown>) => unknown
  /** The error code in an answer of its API, for the log. */
  readonly apiError: (document: Record<string, unknown>) => unknown
  /** A more exact code of the provider, there or in a callback, for the log and the doctor. */
  readonly exactError: (document: Record<string, unknown>) => unknown
  /** Error codes of the token endpoint that mean that the code is used or expired. */
  readonly refusedCodeErrors: readonly string[]
  /** Error codes there that mean that the refresh token is over: a new sign-in is needed. */
  readonly refusedRefreshErrors: readonly string[]
  /** How a grant is revoked. Default: RFC 7009, if it has the endpoint. */
  readonly revocation: Revocation
  /** The events that it sends; null if it sends none. */
  readonly events: EventReceiver | null
  /** Reads the person's profile. Throws a ZodError if a document has another shape. */
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

/** A frozen row with the defaults: plain OAuth 2.0 with PKCE, secret in the body, no ID token. */
export function defineProvider(
  row: Omit<ProviderRow, keyof typeof DEFAULTS> & Partial<Pick<ProviderRow, keyof typeof DEFAULTS>>,
): ProviderRow {
  return Object.freeze({ ...DEFAULTS, ...row })
}
