import type { FastifyInstance } from 'fastify'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'
import type { SigningKeys, StoredSigningKey } from '../core/key-store.ts'
import type { Sealer } from '../core/secrets.ts'
import { every } from '../http/every.ts'
import { currentKey, keyTimes, planKeys } from './key-plan.ts'
import { createTokenSigner, type TokenRules, type TokenSigner } from './token-signer.ts'

/** The keys that sign and verify our tokens, the same on all replicas. */
export interface KeyRing {
  /** The key that signs now. */
  current(): TokenSigner
  /** The key of this id while it is published. */
  find(kid: string): TokenSigner | undefined
  /** The public keys, as in `/.well-known/jwks.json`. */
  publicKeys(): JWK[]
  /** Seconds for which the public keys may be kept. */
  maxAgeSeconds: number
}

/** A private JWK of our own making. */
const PrivateJwk = z.looseObject({ kty: z.string(), d: z.string() })

/** Opens the ring, makes the first key where there is none, and keeps it turning. */
export async function openKeyRing(
  app: FastifyInstance,
  options: {
    store: SigningKeys
    sealer: Sealer
    alg: string
    rotationSeconds: number
    rules: TokenRules
  },
): Promise<KeyRing> {
  const { store, sealer, alg, rules } = options
  const { log } = app
  const times = keyTimes(options.rotationSeconds, rules.accessTokenTtlSeconds)
  const signers = new Map<string, TokenSigner>()
  let ring: StoredSigningKey[] = []
  /** What to add to our clock to get the database's. */
  let clockOffset = 0

  const contextOf = (kid: string) => `signing key ${kid}`
  const openKey = (key: StoredSigningKey) => sealer.open(key.sealedJwk, contextOf(key.kid))

  async function makeKey(signsFrom: number): Promise<StoredSigningKey> {
    const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 3072 })
    const jwk = await exportJWK(privateKey)
    const kid = await calculateJwkThumbprint(jwk)
    const sealedJwk = sealer.seal(JSON.stringify(jwk), contextOf(kid))
    return { kid, alg, sealedJwk, signsFrom, publishedUntil: null }
  }

  async function turn() {
    const before = Date.now()
    const state = await store.update(async (stored, now) => {
      const plan = planKeys(stored, now, alg, times, (key) => openKey(key) !== null)
      const add = plan.addFrom === null ? [] : [await makeKey(plan.addFrom)]
      for (const { kid } of add) log.info({ event: 'signing_key_made', kid }, 'made a signing key')
      const change = new Map(plan.change.map((key) => [key.kid, key]))
      for (const key of stored) {
        // After a rotation of SECRET the key is sealed anew, so that the old secret can be dropped.
        const jwk = sealer.isStale(key.sealedJwk) ? openKey(key) : null
        if (jwk !== null) {
          const sealedJwk = sealer.seal(jwk, contextOf(key.kid))
          change.set(key.kid, { ...(change.get(key.kid) ?? key), sealedJwk })
        }
      }
      return { add, change: [...change.values()], remove: plan.remove }
    })
    clockOffset = state.now - before
    const opened: StoredSigningKey[] = []
    for (const key of state.ring) {
      const text = openKey(key)
      if (text === null) {
        log.warn(
          { event: 'signing_key_sealed_otherwise', kid: key.kid },
          'SECRET does not open this key',
        )
        continue
      }
      opened.push(key)
      if (!signers.has(key.kid)) {
        const jwk = PrivateJwk.parse(JSON.parse(text)) as JWK
        signers.set(key.kid, await createTokenSigner({ kid: key.kid, alg: key.alg, jwk, rules }))
      }
    }
    for (const kid of signers.keys()) {
      if (!opened.some((key) => key.kid === kid)) signers.delete(kid)
    }
    ring = opened
  }

  await turn()
  every(app, times.poll, 'signing_keys_unread', turn)

  return {
    current() {
      const key = currentKey(ring, Date.now() + clockOffset)
      const signer = key && signers.get(key.kid)
      if (signer === undefined) throw new Error('there is no signing key')
      return signer
    },
    find: (kid) => signers.get(kid),
    publicKeys: () => ring.flatMap((key) => signers.get(key.kid)?.publicJwk ?? []),
    maxAgeSeconds: Math.max(1, Math.floor(Math.min(300_000, times.lead / 3) / 1000)),
  }
}
