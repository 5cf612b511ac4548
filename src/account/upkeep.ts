import type { FastifyBaseLogger } from 'fastify'
import type { KeptGrants, StoredGrant } from '../core/grant-stores.ts'
import { type GrantSealer, toStored } from '../core/kept-grant.ts'

const EVERY_MS = 60 * 60 * 1000
const PAGE = 500

/**
 * Keeps what is at rest as the settings want it. While several secrets are listed, grants that an older
 * one sealed are sealed by the first, so that the older one can be dropped; again each hour, since a
 * replica that still runs with other settings seals on. Grants of providers whose tokens are not kept any
 * more are forgotten. Returns the function that stops it.
 */
export function startUpkeep(options: {
  store: KeptGrants
  sealer: GrantSealer
  hasOldSecrets: boolean
  /** Providers of which nothing is to be kept. */
  forgotten: readonly string[]
  log: FastifyBaseLogger
}): () => void {
  const { store, sealer, hasOldSecrets, forgotten, log } = options
  let isStopped = false

  async function sealAnew() {
    let count = 0
    let page: StoredGrant[] = []
    do {
      page = await store.list(page.at(-1) ?? null, PAGE)
      for (const stored of page.filter(({ sealedGrant }) => sealer.isStale(sealedGrant))) {
        const grant = sealer.open(stored.sealedGrant, stored)
        if (grant === null || isStopped) continue
        if (await store.reseal(stored, toStored(sealer.seal(grant, stored)))) count += 1
      }
    } while (page.length === PAGE && !isStopped)
    if (count > 0) log.info({ event: 'grants_sealed_anew', count }, 'sealed grants anew')
  }

  async function forget() {
    let count = 0
    for (let batch = PAGE; batch === PAGE && !isStopped; count += batch) {
      batch = await store.forget(forgotten, PAGE)
    }
    if (count > 0) log.info({ event: 'grants_forgotten', count }, 'forgot grants')
  }

  const report = (err: unknown) =>
    log.warn({ event: 'grant_upkeep_failed', err }, 'grants at rest were not looked after')
  if (forgotten.length > 0) forget().catch(report)
  const round = () => {
    if (hasOldSecrets) sealAnew().catch(report)
  }
  round()
  const timer = setInterval(round, EVERY_MS)
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
  }
}
