/** What the page is told; the rest it asks for, as any other client does. */
export interface PlaygroundFacts {
  publicUrl: string
  /** Ids of all enabled providers. */
  providers: readonly string[]
  /** Those that the emulator plays. */
  emulated: readonly string[]
  /** Those that sign somebody in again without any page (`prompt=none`). */
  silent: readonly string[]
  /** Those that can be made to tell of a disconnected app. */
  tells: readonly string[]
  /** The emulator's origin; null where nobody is emulated. */
  emulator: string | null
  /** Whether the playground can be told of events. */
  receives: boolean
  /** The apps that are registered beside it. */
  apps: readonly PlaygroundApp[]
}

/** An app as the playground can begin its logins. */
export interface PlaygroundApp {
  id: string
  name: string
  /** Its front page, where it says so. */
  url: string | null
  redirectUri: string
  /** The response modes that it lists. */
  modes: readonly string[]
  /** Whether it needs no secret. */
  isPublic: boolean
  /** Whether its redirect URI is the playground's own and it needs no secret: its logins end here. */
  endsHere: boolean
  /** Whether it may come back here from a logout. */
  leavesHere: boolean
}
