import { reencryptTokens } from '../account/re-encryption.ts'
import { accountRoutes } from '../account/routes.ts'
import { withPreflights } from '../http/routes/cors.ts'
import { createNativeProof, createNativeSignIn } from '../login/native.ts'
import { tokenRoutes } from '../tokens/token-routes.ts'
import { addAdmin } from './admin.ts'
import type { AppContext, Shared } from './context.ts'
import type { Logins } from './logins.ts'

/** What apps call, and pages of theirs from their own origins. */
export async function addClientRooms(
  context: AppContext,
  shared: Shared,
  logins: Logins,
): Promise<void> {
  const { app, settings, stores, meter } = context
  const { clients } = settings
  const { accounts, identities, linkCodes, sessions } = stores
  const { tokens, cookies, limits } = shared
  const kept = openProviderTokens(context, shared)
  const origins = new Set(clients.flatMap((client) => client.origins))
  await withPreflights(app, origins, async (room) => {
    await room.register(async (inner) =>
      tokenRoutes(inner, {
        clients,
        accounts,
        sessions,
        tokens,
        cookies,
        limits,
        tokenStore: stores.tokens,
        sessionsPerUser: settings.sessionsPerUser,
        signInNatively: createNativeSignIn(logins),
        grantEnded: meter.grantEnded,
      }),
    )
    await room.register(accountRoutes, {
      clients,
      accounts,
      identities,
      linkCodes,
      sessions,
      tokens,
      cookies,
      limits,
      proveNatively: createNativeProof(logins),
      reauthSeconds: settings.people.reauthSeconds,
      ...kept,
    })
  })
  await addAdmin(context, shared, kept.revocable)
}

/** What logins leave behind of providers' tokens, and what is done about it in the background. */
function openProviderTokens(
  { app, stores, secrets, tokenSealer }: AppContext,
  { providers, wakeOutbox }: Shared,
) {
  reencryptTokens(app, {
    store: stores.providerTokens,
    sealer: tokenSealer,
    hasOldSecrets: secrets.length > 1,
    forgotten: idsOf(providers.list.filter((one) => one.tokens.storeTokens === 'off')),
  })
  return {
    providers,
    providerTokens: stores.providerTokens,
    tokenSealer,
    wakeOutbox,
    revocable: idsOf(providers.list.filter((one) => one.tokens.mayRevoke)),
  }
}

const idsOf = (list: Shared['providers']['list']) => list.map(({ row }) => row.id)
