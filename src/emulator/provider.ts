import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PlayedEvents } from './events/event.ts'
import type { Answer } from './http.ts'
import type { Code, Grant, Issued, Lives } from './login/codes.ts'
import type { PlayedNative } from './phone/sdk.ts'
import type { Stage } from './stage.ts'

/** What the authorize endpoint refuses before anybody is asked, on a page of its own. */
export type AuthorizeFault =
  | 'unknown_client'
  | 'redirect_uri'
  | 'response_type'
  | 'scope'
  | 'pkce'
  | 'state'
  | 'response_mode'
  | 'tenant'
  | 'malformed'

/** What the token endpoint refuses. */
export type TokenFault =
  | 'method'
  | 'content_type'
  | 'malformed'
  | 'unknown_client'
  | 'secret'
  | 'grant_type'
  | 'code'
  | 'state'
  | 'tenant'
  | 'redirect_uri'
  | 'verifier'
  | 'refresh_token'

/** What a hint of one provider makes of an authorization request; the rest is up to the provider. */
export interface OwnHintPlay {
  /** The callback's raw query, without state: nobody signs in. */
  answers?: string
  /** True where the callback lacks the provider's further parameters, such as `iss`. */
  withoutIss?: boolean
  /** Comes back in place of the request's state. */
  foreignState?: string
  /** A request at which the hint does nothing. */
  unless?(query: Readonly<Record<string, string>>): boolean
  /** Scopes that the app's console lacks: nobody is asked for them, and the app may not either. */
  lacksScopes?: readonly string[]
}

/** An authorization request's refusal as its page has it; `code` as the provider's support knows it. */
export interface FaultWords {
  status: number
  code: string
  text: string
}

/**
 * A provider as the emulator plays it: a frozen value in a file of its own below `played/`, listed
 * in `played/index.ts`. The authorize and token endpoints are shared; what differs is data here, and
 * whatever else a provider has (profile, keys, revocation) it adds itself in `routes`.
 *
 * To add one: copy the nearest file, write its formats from the provider's documents (never from the
 * row in src/providers: a wrong row has to fail here), add it to the list, play it in the tests.
 * Where a provider leaves the common path (a GET token endpoint, form_post, a JWT as the secret), a
 * named optional field is added here and read in `login/authorize.ts` or `login/token.ts`.
 */
export interface PlayedProvider {
  /** As in `/login/:provider`. */
  id: string
  /** For the heading of the page. */
  name: string
  client: { id: string; secret: string }
  /** Paths below the provider's root. */
  authorizePath: string
  tokenPath: string
  /** The routes that answer, where a path has a part that varies; default the path itself. */
  authorizeRoutes?: readonly string[]
  tokenRoutes?: readonly string[]
  /** Endpoint settings besides the two above, by the suffix of their name. */
  settings(stage: Stage): Record<string, string>
  lives: Lives
  /** Parameters that pick a persona or a failure; default `login_hint`. */
  hints?: readonly string[]
  /** Where `client_secret` may stand at the token endpoint. */
  clientAuth: readonly ('basic' | 'post')[]
  /** Where the secret is no fixed text; CLIENT_SECRET is then not among the settings. */
  checkSecret?(stage: Stage, secret: string): Promise<boolean>
  /** Default POST. With GET, parameters may stand in the query, at a POST too. */
  tokenMethods?: readonly ('GET' | 'POST')[]
  /** Further grant types, answered once the client has authenticated. */
  grants?: Readonly<Record<string, (stage: Stage, form: Record<string, string>) => Answer>>
  /** True where `response_type` and `grant_type` are not parameters of this provider. */
  withoutTypes?: boolean
  /** True where `redirect_uri` may be left out at the token endpoint. */
  redirectUriOptionalAtToken?: boolean
  /**
   * What becomes of PKCE; default `checked`: optional, S256 only, the verifier has to match.
   * `required`: the same, never without. `ignored`: looked at nowhere. `refused`: a challenge is
   * refused at the authorize endpoint. `off`: no challenge is looked at, a verifier is refused.
   */
  pkce?: 'checked' | 'required' | 'ignored' | 'refused' | 'off'
  /** True where the token endpoint takes a JSON object as well as a form. */
  jsonAtToken?: boolean
  /** True for a token request that needs no secret, sent by the app as a public client. */
  secretOptional?(stage: Stage, form: Readonly<Record<string, string>>): boolean
  /** What a refresh makes of the refresh token; default `kept`. `replaced` ends the old pair. */
  refreshing?(grant: Grant): 'kept' | 'replaced' | 'added'
  /** Further checks of the request; `asked` is the query with the path's parameters. */
  authorizeCheck?(asked: Readonly<Record<string, string>>, raw: string): AuthorizeFault | null
  /** Refuses the one who was picked, on a page. */
  personaFault?(grant: Grant): FaultWords | null
  /** Further checks of a code's exchange; `form` is what was sent with the path's parameters. */
  tokenCheck?(form: Readonly<Record<string, string>>, code: Code): TokenFault | null
  /** True where `response_mode=form_post` is understood. */
  formPost?: boolean
  /** True where there is no profile endpoint: takes away the failures that strike it. */
  withoutProfile?: boolean
  /** Default RS256. */
  signingAlg?: 'ES256'
  /** True where ID tokens are issued: adds the failures that strike them. */
  idTokens?: boolean
  /** The scopes that a request gets, null where it is refused. `undefined`: none was sent. */
  scopes(requested: string | undefined): readonly string[] | null
  /** Those that share the e-mail address, which `!no-email` takes away. */
  emailScopes: readonly string[]
  /** The raw query of the callback when the person declines, without `state`. */
  denied: string
  /**
   * The callback's raw query where nothing may be shown (`prompt=none`) and something would have to
   * be, by the error. Without it `prompt=none` is not understood here.
   */
  silent?: Readonly<Record<string, string>> & { login_required: string; consent_required: string }
  /** What goes wrong on purpose at this provider only, by its hint. */
  ownHints?: Readonly<{ [Hint in string]?: OwnHintPlay }>
  /** Further parameters of a callback, such as `iss` (RFC 9207). No grant: the person declined. */
  callback?(stage: Stage, grant: Grant | null): Record<string, string>
  /** What follows `#` in every callback. */
  callbackFragment?: string
  /** The words on the error page, and its status. */
  authorizeFault(fault: AuthorizeFault): FaultWords
  /** True where this grant comes with a refresh token. */
  givesRefreshToken(grant: Grant): boolean
  /** The token response. `refreshed` when it answers a refresh token; `form` is what was sent. */
  tokenBody(
    stage: Stage,
    grant: Grant,
    issued: Issued,
    refreshed: boolean,
    form: Readonly<Record<string, string>>,
  ): Record<string, unknown> | Promise<Record<string, unknown>>
  /**
   * The token endpoint's refusal; `given` is the code, URI or value that was refused, `code` what
   * is known of a refused code.
   */
  tokenFault(fault: TokenFault, given: string, code?: Code | null): Answer
  /** Changes every token answer at the end, for example to the encoding that `Accept` asks for. */
  encodeToken?(answer: Answer, request: FastifyRequest): Answer
  /** What its mobile SDK hands to apps; none where there are no tokens that apps may pass on. */
  native?: PlayedNative
  /** The events that it sends; none if it sends none. */
  events?: PlayedEvents
  /** Adds the provider's further endpoints; `app` is already below its root. */
  routes(app: FastifyInstance, stage: Stage): void
}
