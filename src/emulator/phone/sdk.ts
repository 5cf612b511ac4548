import type { JWTPayload } from 'jose'
import type { Grant, Issued } from '../login/codes.ts'
import type { Stage } from '../stage.ts'

/** What an app asks its SDK for. */
export interface NativeOrder {
  platform: 'android' | 'ios'
  /** What becomes the claim, undefined for none. */
  nonce: string | undefined
}

/** What a provider's mobile SDK hands to an app. */
export interface PlayedNative {
  /** Scopes as a request has them. */
  scope: string
  /** The ID token's claims over `iss`, `aud`, `iat`, `exp` and `nonce`; none: there is no ID token. */
  claims?(stage: Stage, grant: Grant, issued: Issued, order: NativeOrder): JWTPayload
  /** True where every ID token has a nonce, the SDK's own where the app gives none. */
  alwaysNonce?: boolean
  /** True where there is an access token that an app's server can have checked. */
  accessTokens?: boolean
}
