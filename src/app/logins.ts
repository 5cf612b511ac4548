import type { FastifyBaseLogger } from 'fastify'
import { startOutbox } from '../account/outbox.ts'
import { startUpkeep } from '../account/upkeep.ts'
import { createSealer } from '../core/secrets.ts'
import type { Stores } from '../db/stores/index.ts'
import { createFlowCookies } from '../login/flow.ts'
import { createFormUsers } from '../login/form-post.ts'
import { createMemos } from '../login/memo.ts'
import type { LoginOptions } from '../login/options.ts'
import { createWaysOn } from '../login/ways-on.ts'
import type { Meter } from '../operations/metrics.ts'
import type { Settings } from '../settings/index.ts'
import type { ProviderSettings } from '../settings/providers.ts'
import type { Outbound } from '../upstream/outbound.ts'
import { createProvider } from '../upstream/provider.ts'
import { inOrder } from './emulation.ts'

/** What the logins share. */
interface Shared
  extends Pick<
    LoginOptions,
    | 'https'
    | 'memos'
    | 'grantSealer'
    | 'prepareSession'
    | 'sessionCookies'
    | 'sendPopupPage'
    | 'isInAppBrowser'
  > {
  stores: Stores
  secrets: readonly string[]
  outbound: Outbound
  meter: Meter
}

/** What a login leaves behind for its error pages, and the ways on that these offer. */
export function createWays(
  { clients, publicUrl }: Settings,
  secrets: readonly string[],
  nameOf: (provider: string) => string | undefined,
) {
  const memos = createMemos(createSealer(secrets, 'login memos'))
  return { memos, waysOn: createWaysOn({ clients, issuer: publicUrl, memos, nameOf }) }
}

/** One login per enabled provider, by its id, in the order in which people see them. */
export function createLogins(
  settings: Settings,
  emulated: readonly ProviderSettings[],
  { stores, secrets, outbound, meter, ...shared }: Shared,
): Map<string, LoginOptions> {
  const flowCookies = createFlowCookies(createSealer(secrets, 'flow cookies'), settings.publicUrl)
  const formUsers = createFormUsers(createSealer(secrets, 'form users'))
  const logins = new Map<string, LoginOptions>()
  for (const { row, ...registration } of inOrder([...settings.providers, ...emulated])) {
    const callbackUrl = `${settings.publicUrl}/login/${row.id}/callback`
    logins.set(row.id, {
      ...shared,
      provider: createProvider({
        ...{ row, ...registration, callbackUrl, outbound },
        callEnded: (...call) => meter.callEnded(row.id, ...call),
      }),
      issuer: settings.publicUrl,
      clients: settings.clients,
      flowCookies,
      finishedFlows: stores.finishedFlows,
      signIns: stores.signIns,
      linkCodes: stores.linkCodes,
      formUsers,
      endSession: stores.sessions.end,
      ended: (way, outcome) => meter.loginEnded(row.id, way, outcome),
    })
  }
  return logins
}

/** What the account room needs of the grants that logins leave behind, and what is done about these in the background. */
export function openGrants(
  logins: ReadonlyMap<string, LoginOptions>,
  shared: Pick<Shared, 'grantSealer' | 'stores' | 'secrets'> & { log: FastifyBaseLogger },
) {
  const { stores, secrets, grantSealer, log } = shared
  const grantsOf = (id: string) => logins.get(id)?.provider.grants
  const outbox = startOutbox({
    store: stores.revocations,
    sealer: grantSealer,
    revokerOf: grantsOf,
    log,
  })
  let stopUpkeep = () => {}
  return {
    background: {
      start() {
        outbox.wake()
        stopUpkeep = startUpkeep({
          store: stores.keptGrants,
          sealer: grantSealer,
          hasOldSecrets: secrets.length > 1,
          forgotten: [...logins.keys()].filter((id) => grantsOf(id)?.storeTokens === 'off'),
          log,
        })
      },
      async stop() {
        stopUpkeep()
        await outbox.stop()
      },
    },
    wakeOutbox: outbox.wake,
    revocable: [...logins.keys()].filter((id) => grantsOf(id)?.mayRevoke),
    keptGrants: stores.keptGrants,
    grantSealer,
    grantsOf,
  }
}
