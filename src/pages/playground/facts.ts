/** What the page gets with it; the rest it requests, as any other client does. */
export interface PlaygroundFacts {
  publicUrl: string
  /** Ids of all enabled providers. */
  providers: readonly string[]
  /** Those that the emulator plays. */
  emulated: readonly string[]
  /** Those that can sign somebody in again without any page (`prompt=none`). */
  silent: readonly string[]
  /** Those that can be made to send an event about a disconnected app. */
  tells: readonly string[]
  /** The emulator's origin; null if no provider is emulated. */
  emulator: string | null
  /** Whether the playground can receive webhooks. */
  receives: boolean
  /** The other registered apps. */
  apps: readonly PlaygroundApp[]
}

/** An app whose logins the playground can begin. */
export interface PlaygroundApp {
  id: string
  name: string
  /** Its front page; null where it is not set. */
  url: string | null
  redirectUri: string
  /** The response modes that it lists. */
  modes: readonly string[]
  /** Whether it needs no secret. */
  isPublic: boolean
  /**
   * Whether its logins can end at the playground: its redirect URI is the playground's, and it
   * needs no secret.
   */
  endsHere: boolean
  /** Whether people may return here from its logout. */
  leavesHere: boolean
}
