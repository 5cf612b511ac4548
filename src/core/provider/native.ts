import type { ProviderProfile } from '../identity/profile.ts'
import type { IdTokenClaims, RowValues } from './row-inputs.ts'

/**
 * Which tokens of a provider's mobile SDK sign people in. Empty: none, so apps use the browser flow.
 */
export interface NativeTokens {
  /**
   * Reads the person out of a verified ID token; without it there are none. Throws a ZodError where
   * the claims are of another shape.
   */
  readonly readIdToken?: (claims: IdTokenClaims) => ProviderProfile
  /** How its SDK carries the app's nonce: as it is (default), or as the hex of its SHA-256. */
  readonly nonce?: 'plain' | 'sha256'
  /** Whether its SDK may add a nonce that the app never sees: such a nonce is ignored where the app sent none. */
  readonly addsNonce?: true
  /** Whether `azp` may name another client than `aud`: its SDK asks by the app's own client id. */
  readonly askedByOthers?: true
  /**
   * Asks the provider to which app it gave an access token. Without it none is accepted: a token that
   * the person gave to any other app would sign its holder in here.
   */
  readonly inspectAccessToken?: (source: InspectionSource) => Promise<TokenFacts>
  /** Names that the inspection may give our app beside the client ids of the settings. */
  readonly appIds?: (values: RowValues) => readonly string[]
}

/** What a provider says of an access token. */
export interface TokenFacts {
  /** False where it is expired or revoked. */
  isValid: boolean
  /** The app that it was given to, by each of its names: one must be ours. */
  apps: readonly (string | null | undefined)[]
  /** Whom it stands for: must be the profile's subject. */
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
