import type { Ledger } from './login/codes.ts'
import type { Signer } from './login/keys.ts'

/** What one played provider has at run time. */
export interface Stage {
  /** `<origin>/<provider id>`, the provider's own root. */
  url: string
  ledger: Ledger
  signer: Signer
  /** The one registered redirect URI. */
  redirectUri(): string
  /** The one registered URI to come back to after a logout. */
  logoutRedirectUri(): string
  /** The app's address for the provider's events. */
  eventsUri(): string
  /** Where a request to the app's address really goes. */
  reach(url: string): string
  slowMs: number
}
