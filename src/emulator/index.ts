import { createLedger } from './codes.ts'
import { createSigner } from './keys.ts'
import { played } from './played/index.ts'
import type { PlayedProvider } from './provider.ts'
import { buildEmulator } from './server.ts'
import type { Stage } from './stage.ts'

/** The ids of the providers that `startEmulator` can play. */
export const emulatedProviders: readonly string[] = played.map(({ id }) => id)

/** What the emulator is started with. */
export interface EmulatorOptions {
  /** Ids from `emulatedProviders`; any other throws. */
  providers: readonly string[]
  /** 0, the default, takes any free port. */
  port?: number
  /** The one registered redirect URI of a provider; read at each request. */
  redirectUris: (provider: string) => string
  /**
   * The one registered URI to come back to after a provider's own logout. Default: on the origin of
   * the redirect URI, `/logout/<provider>/callback`.
   */
  logoutRedirectUris?: (provider: string) => string
  /** What `!slow` waits, in milliseconds; default 30000. */
  slowMs?: number
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:<port>` */
  origin: string
  /**
   * By provider id, then by suffix of the setting (`CLIENT_ID`, `TOKEN_ENDPOINT`, …): what aims
   * Latchkey at the emulator. Complete when `startEmulator` returns.
   */
  settings: Record<string, Record<string, string>>
  /** Stops listening and drops open connections. */
  close(): Promise<void>
}

/** Plays the providers on a loopback port; codes and tokens are forgotten with `close`. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  let origin = ''
  const cast = options.providers.map((id) => {
    const found = played.find((one) => one.id === id)
    if (!found) throw new Error(`the emulator does not play ${id}`)
    return { played: found, stage: setStage(found, options, () => origin) }
  })
  const app = buildEmulator(cast)
  origin = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  return {
    origin,
    settings: Object.fromEntries(cast.map((one) => [one.played.id, settingsOf(one)])),
    close: () => app.close(),
  }
}

function setStage(one: PlayedProvider, options: EmulatorOptions, origin: () => string): Stage {
  const redirectUri = () => options.redirectUris(one.id)
  return {
    get url() {
      return `${origin()}/${one.id}`
    },
    ledger: createLedger(one.lives),
    signer: createSigner(one.signingAlg),
    redirectUri,
    logoutRedirectUri: () =>
      options.logoutRedirectUris?.(one.id) ??
      `${new URL(redirectUri()).origin}/logout/${one.id}/callback`,
    slowMs: options.slowMs ?? 30_000,
  }
}

function settingsOf({ played, stage }: { played: PlayedProvider; stage: Stage }) {
  return {
    CLIENT_ID: played.client.id,
    ...(played.checkSecret ? {} : { CLIENT_SECRET: played.client.secret }),
    AUTHORIZATION_ENDPOINT: stage.url + played.authorizePath,
    TOKEN_ENDPOINT: stage.url + played.tokenPath,
    ...played.settings(stage),
  }
}
