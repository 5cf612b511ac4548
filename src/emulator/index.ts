import { createLedger } from './login/codes.ts'
import { createSigner } from './login/keys.ts'
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
   * The one registered URI to come back to after a provider's own logout. Default: beside the
   * redirect URI `…/login/<provider>/callback`, `…/logout/<provider>/callback`.
   */
  logoutRedirectUris?: (provider: string) => string
  /** The app's address for a provider's events. Default: beside it, `…/providers/<provider>/events`. */
  eventUris?: (provider: string) => string
  /** Where a request to the app's address really goes. Default: there. */
  reach?: (url: string) => string
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
   *
   * The proofs of events are among them, each under its setting's name without the provider's:
   *
   * | provider | for its events |
   * |---|---|
   * | kakao | `ADMIN_KEY`, `APP_ID`, `JWKS_URI` |
   * | naver, facebook | `CLIENT_SECRET` |
   * | apple | `JWKS_URI` |
   * | google | `RISC_CONFIGURATION`, `RISC_STREAM_ENDPOINT`; the file of GOOGLE_RISC_SERVICE_ACCOUNT is what `GET <origin>/google/emulator/service-account` answers |
   * | github | `WEBHOOK_SECRET` |
   * | discord | `PUBLIC_KEY` |
   * | twitch | `EVENTSUB_SECRET`, `EVENTSUB_ENDPOINT` |
   * | slack | `SIGNING_SECRET` |
   *
   * `POST <origin>/<provider>/emulator/events` makes a provider tell one (`events/control.ts`), and
   * `POST <origin>/<provider>/emulator/native-tokens` is somebody's phone (`phone/native.ts`).
   */
  settings: Record<string, Record<string, string>>
  /** Ids of the providers that send events. */
  tells: readonly string[]
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
    tells: cast.filter((one) => one.played.events).map((one) => one.played.id),
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
    signer: createSigner(one.id, one.signingAlg),
    redirectUri,
    logoutRedirectUri: () =>
      options.logoutRedirectUris?.(one.id) ?? beside(redirectUri(), one.id, '/logout', '/callback'),
    eventsUri: () =>
      options.eventUris?.(one.id) ?? beside(redirectUri(), one.id, '/providers', '/events'),
    reach: options.reach ?? ((url) => url),
    slowMs: options.slowMs ?? 30_000,
  }
}

/** An address of the app beside its redirect URI, below the same path. */
function beside(redirectUri: string, id: string, before: string, after: string): string {
  const { origin, pathname } = new URL(redirectUri)
  const end = `/login/${id}/callback`
  const base = pathname.endsWith(end) ? pathname.slice(0, -end.length) : ''
  return `${origin}${base}${before}/${id}${after}`
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
