import type { FastifyInstance } from 'fastify'
import type {
  ProviderTokenStore,
  StoredProviderTokens,
} from '../core/provider/provider-token-stores.ts'
import type { TokenSealer } from '../core/provider/provider-tokens.ts'
import { every } from '../http/every.ts'

const EVERY_MS = 60 * 60 * 1000
const PAGE = 500

/**
 * Re-encrypts stored provider tokens. While SECRET lists several secrets, tokens that an older one
 * sealed are sealed with the first, so that the older one can be dropped. This is repeated each
 * hour, since a replica with older settings may go on sealing with the older secret. Tokens of
 * providers that are set to keep none are deleted.
 */
export function reencryptTokens(
  app: FastifyInstance,
  options: {
    store: ProviderTokenStore
    sealer: TokenSealer
    hasOldSecrets: boolean
    /** Ids of providers whose tokens are not to be kept. */
    forgotten: readonly string[]
  },
): void {
  const { store, sealer, hasOldSecrets, forgotten } = options
  const { log } = app

  async function sealAnew(closing: AbortSignal) {
    let count = 0
    let page: StoredProviderTokens[] = []
    do {
      page = await store.list(page.at(-1) ?? null, PAGE)
      for (const stored of page.filter(({ sealed }) => sealer.isStale(sealed))) {
        const tokens = sealer.open(stored.sealed, stored)
        if (tokens === null || closing.aborted) continue
        if (await store.reseal(stored, sealer.seal(tokens, stored))) count += 1
      }
    } while (page.length === PAGE && !closing.aborted)
    if (count > 0)
      log.info(
        { event: 'grants_sealed_anew', count },
        'provider tokens were sealed again with the first SECRET',
      )
  }

  async function forget(closing: AbortSignal) {
    let count = 0
    for (let batch = PAGE; batch === PAGE && !closing.aborted; count += batch) {
      batch = await store.forget(forgotten, PAGE)
    }
    if (count > 0)
      log.info(
        { event: 'grants_forgotten', count },
        'provider tokens were deleted, since the settings keep none',
      )
  }

  const event = 'grant_upkeep_failed'
  if (forgotten.length > 0) every(app, EVERY_MS, event, forget, { atStart: true })
  if (hasOldSecrets) every(app, EVERY_MS, event, sealAnew, { atStart: true })
}
