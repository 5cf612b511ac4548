import type { ProviderRow } from '../core/provider/provider.ts'
import { calledFromHere, loginCallback } from '../core/settings/public-url.ts'
import { builtInProviders } from '../providers/index.ts'
import type { Settings } from '../settings/index.ts'
import {
  type ProviderSettings,
  withEndpoints,
  withOfflineAccess,
} from '../settings/parts/providers.ts'

/** The emulated providers as settings, and the emulator itself where it runs. */
export interface Emulation {
  providers: ProviderSettings[]
  emulator: { origin: string; tells: readonly string[] } | null
  close(): Promise<void>
}

/** Starts the provider emulator where it is asked for; it is not even loaded where it is not. */
export async function emulate(settings: Settings): Promise<Emulation> {
  if (settings.emulate.length === 0) {
    return { providers: [], emulator: null, close: async () => {} }
  }
  const { startEmulator } = await import('../emulator/index.ts')
  const emulator = await startEmulator({
    providers: settings.emulate,
    redirectUris: (id) => loginCallback(settings.publicUrl, id),
    reach: (url) => calledFromHere(url, settings),
  })
  const providers: ProviderSettings[] = builtInProviders
    .filter(({ id }) => settings.emulate.includes(id))
    .map((row) => {
      const aims = emulator.settings[row.id] ?? {}
      const values = Object.fromEntries(
        Object.entries(row.settings).map(([name, spec]) => [
          name,
          aims[name] ?? spec.default ?? '',
        ]),
      )
      const named = { ...values, CLIENT_ID: aims.CLIENT_ID ?? '' }
      const storeTokens = settings.emulatedStoreTokens[row.id] ?? 'to_revoke'
      const asking = withOfflineAccess(row, storeTokens)
      const aimed = withEndpoints(asking, named, (name) => aims[name.toUpperCase()], [])
      return {
        // The emulator understands a hint and languages for every provider, and its port, so its
        // issuer, changes.
        row: {
          ...aimed,
          forwardedParams: {
            login_hint: 'login_hint',
            ui_locales: 'ui_locales',
            ...aimed.forwardedParams,
          },
          issuerVaries: false,
        },
        clientId: aims.CLIENT_ID ?? '',
        clientSecret: aims.CLIENT_SECRET ?? '',
        values,
        nativeClientIds: (aims.NATIVE_CLIENT_IDS ?? '').split(',').filter((id) => id !== ''),
        storeTokens,
      }
    })
  return { providers, emulator, close: () => emulator.close() }
}

/** Built-in providers in their order, then the others in that of the settings. */
export function inOrder(providers: readonly ProviderSettings[]): ProviderSettings[] {
  const place = ({ row }: ProviderSettings) => {
    const found = builtInProviders.findIndex(({ id }) => id === row.id)
    return found === -1 ? builtInProviders.length : found
  }
  return [...providers].sort((a, b) => place(a) - place(b))
}

/** The rows of all enabled providers, also before the emulator runs. */
export const enabledRows = ({ providers, emulate }: Settings): ProviderRow[] => [
  ...providers.map(({ row }) => row),
  ...builtInProviders.filter(({ id }) => emulate.includes(id)),
]
