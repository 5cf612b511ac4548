import type { ProviderProfile } from '../identity/profile.ts'
import type { IdTokenClaims, RowValues } from './row-inputs.ts'

/**
 * Which tokens of a provider's mobile SDK can sign people in. Empty: none, so apps use the browser
 * flow.
 */
export interface NativeTokens {
  /**
   * Reads the person from a verified ID token; without it, ID tokens are not accepted. Throws a
   * ZodError if the claims have another shape.
   */
  readonly readIdToken?: (claims: IdTokenClaims) => ProviderProfile
  /** How its SDK sends the app's nonce: unchanged (default), or as the hex of its SHA-256. */
  readonly nonce?: 'plain' | 'sha256'
  /**
   * Whether its SDK may add a nonce that the app never sees: it is ignored if the app sent none.
   */
  readonly addsNonce?: true
  /**
   * Whether `azp` may name another client than `aud`, since its SDK asks with the app's own client
   * id.
   */
  readonly askedByOthers?: true
  /**
   * Asks the provider which app an access token was given to. Without this, access tokens are not
   * accepted: whoever holds a token that the person gave to any other app could sign in here as
   * that person.
   */
  readonly inspectAccessToken?: (source: InspectionSource) => Promise<TokenFacts>
  /** Names that the inspection may use for our app, beside the client ids in the settings. */
  readonly appIds?: (values: RowValues) => readonly string[]
}

/** What a provider says about an access token. */
export interface TokenFacts {
  /** False if it is expired or revoked. */
  isValid: boolean
  /** All names of the app that it was given to: one of them must be ours. */
  apps: readonly (string | null | undefined)[]
  /** The person's subject: must be the same as the profile's. */
  subject: string | null | undefined
}

/** What a row needs to inspect an access token. */
export interface InspectionSource {
  accessToken: string
  /** Our registration there. */
  client: { id: string; secret: string }
  /** Calls one of the provider's endpoints and gives its JSON. */
  call(endpoint: string, options: InspectionCall): Promise<unknown>
}

/** How an inspection endpoint is called: GET, or POST where there is a body. */
export interface InspectionCall {
  params?: Record<string, string>
  json?: unknown
  /** The token itself, or our id and secret. Default: neither. */
  auth?: 'bearer' | 'basic'
  /** Statuses that mean that the token is not valid. */
  refusedOn: readonly number[]
}
