import type { Sealer } from '../../core/secrets.ts'
import type { SigningKeys, StoredSigningKey } from '../../core/tokens/key-store.ts'
import { isRetired, keyTimes } from './key-plan.ts'
import { keyContext, makeKey } from './make-key.ts'

/**
 * Rotates the signing keys, one per algorithm in use, when the operator asks for it. The new keys
 * are published at once and sign after the usual lead time; with `atOnce` as soon as every replica
 * has seen them, within half a minute. Gives the keys that take over. The old ones stay published
 * until their last token has expired.
 */
export async function rotateKeys(options: {
  store: SigningKeys
  sealer: Sealer
  rotationSeconds: number
  accessTokenTtlSeconds: number
  atOnce: boolean
}): Promise<StoredSigningKey[]> {
  const { store, sealer, atOnce } = options
  const times = keyTimes(options.rotationSeconds, options.accessTokenTtlSeconds)
  const leadMs = atOnce ? Math.min(2 * times.poll, times.lead) : times.lead
  const living = (ring: readonly StoredSigningKey[], now: number) =>
    ring.filter(
      (key) => !isRetired(key, now) && sealer.open(key.sealedJwk, keyContext(key.kid)) !== null,
    )
  const { ring, now } = await store.read()
  const algs = [...new Set(living(ring, now).map(({ alg }) => alg))]
  const made = await Promise.all(algs.map((alg) => makeKey(alg, now + leadMs, sealer)))
  const next: StoredSigningKey[] = []
  await store.update(async (stored, at) => {
    const plan = { add: [] as StoredSigningKey[], change: [] as StoredSigningKey[], remove: [] }
    for (const key of made) {
      const signsFrom = at + leadMs
      const upcoming = living(stored, at).find((one) => one.alg === key.alg && one.signsFrom > at)
      // A successor that is already waiting is only brought forward.
      if (upcoming === undefined) plan.add.push({ ...key, signsFrom })
      else plan.change.push({ ...upcoming, signsFrom: Math.min(upcoming.signsFrom, signsFrom) })
    }
    next.push(...plan.add, ...plan.change)
    return plan
  })
  return next
}
