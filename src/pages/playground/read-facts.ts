import { type Client, isConfidential, PLAYGROUND } from '../../core/client/client.ts'
import type { TellingEmulator } from './disconnect.ts'
import type { PlaygroundApp, PlaygroundFacts } from './facts.ts'

/** What the playground needs. */
export interface PlaygroundOptions {
  publicUrl: string
  clients: readonly Client[]
  providers: readonly { id: string; silent: boolean }[]
  emulated: readonly string[]
  emulator: TellingEmulator | null
}

/** What the page has to know about the settings. */
export function playgroundFacts(
  options: PlaygroundOptions & Pick<PlaygroundFacts, 'receives'>,
): PlaygroundFacts {
  const { publicUrl, clients, providers, emulated, emulator, receives } = options
  return {
    publicUrl,
    providers: providers.map(({ id }) => id),
    emulated,
    silent: providers.filter(({ silent }) => silent).map(({ id }) => id),
    tells: emulator?.tells ?? [],
    emulator: emulator?.origin ?? null,
    receives,
    apps: clients.flatMap((client) => appOf(client, `${publicUrl}/`)),
  }
}

/** The app, or none if there is no URL to go to after a login. */
function appOf(client: Client, ownPage: string): PlaygroundApp[] {
  const { id, name, url, redirectUris, postLogoutRedirectUris, responseModes } = client
  const isOwnPage = redirectUris.includes(ownPage)
  const redirectUri = isOwnPage ? ownPage : redirectUris[0]
  if (id === PLAYGROUND || redirectUri === undefined) return []
  const isPublic = !isConfidential(client)
  const endsHere = isOwnPage && isPublic
  const leavesHere = postLogoutRedirectUris.includes(ownPage)
  return [{ id, name, url, redirectUri, modes: responseModes, isPublic, endsHere, leavesHere }]
}
