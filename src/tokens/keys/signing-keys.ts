import type { FastifyInstance } from 'fastify'
import type { JWK } from 'jose'
import { z } from 'zod'
import type { Sealer } from '../../core/secrets.ts'
import type { SigningKeys, StoredSigningKey } from '../../core/tokens/key-store.ts'
import { every } from '../../http/every.ts'
import { compareClocks } from './compare-clocks.ts'
import { bridge, currentKey, isRetired, type KeyNeeds, keyTimes, planKeys } from './key-plan.ts'
import { keyContext, makeKey } from './make-key.ts'
import { createTokenSigner, publicPart, type TokenRules, type TokenSigner } from './token-signer.ts'

/** The keys that sign and verify our tokens, shared by all replicas. */
export interface KeyRing {
  /** The key that signs access tokens now. */
  current(): TokenSigner
  /** The key of this algorithm that signs ID tokens now; made if there is none yet. */
  signerOf(alg: string): Promise<TokenSigner>
  /** The key of this id, while it is published. */
  find(kid: string): TokenSigner | undefined
  /**
   * The key of this id, even if it is no longer published: only for reading what it signed long
   * ago.
   */
  findRetired(kid: string): TokenSigner | undefined
  /**
   * The public keys, as in `/.well-known/jwks.json`. At the very first start this waits for the
   * keys of ID tokens: many clients read the document once, when they start, and keep it for a day.
   */
  publicKeys(): Promise<JWK[]>
  /**
   * Makes the keys of all algorithms that ID tokens may need, so that no request has to wait for
   * them.
   */
  prepare(): void
  /** Seconds for which the public keys may be cached. */
  maxAgeSeconds: number
}

/** What a key ring is opened with. */
export interface KeyRingOptions {
  store: SigningKeys
  sealer: Sealer
  needs: KeyNeeds
  rotationSeconds: number
  rules: TokenRules
}

/** A JWK that we made; `d` is its private part, which a retired key no longer has. */
const OwnJwk = z.looseObject({ kty: z.string(), d: z.string().optional() })

/**
 * Makes the keys of ID tokens after the first answer has been sent: making an RSA key takes a
 * while.
 */
export function prepareBehindFirstAnswer(app: FastifyInstance, keys: KeyRing): void {
  app.addHook('onResponse', (_request, _reply, done) => {
    keys.prepare()
    done()
  })
}

/**
 * Opens the key ring, makes the first key for access tokens if there is none, and keeps rotating.
 */
export async function openKeyRing(app: FastifyInstance, options: KeyRingOptions): Promise<KeyRing> {
  const { store, sealer, rules, needs } = options
  const { log } = app
  const { accessAlg, idAlgs, keepMs } = needs
  const times = keyTimes(options.rotationSeconds, rules.accessTokenTtlSeconds)
  const clocks = compareClocks(log)
  const signers = new Map<string, TokenSigner>()
  let ring: StoredSigningKey[] = []
  /** The difference between the database's clock and this process's monotonic clock. */
  let clockOffset = 0
  /**
   * The algorithms of ID tokens whose keys are kept up to date: at first those that have keys, and
   * that of access tokens.
   */
  const wanted = new Set(idAlgs.filter((alg) => alg === accessAlg))
  let isPrepared = false

  const now = () => performance.now() + clockOffset
  const openKey = (key: StoredSigningKey) => sealer.open(key.sealedJwk, keyContext(key.kid))
  /**
   * Also true for a key that we opened before another replica sealed it with a secret that we do
   * not list.
   */
  const isOwn = (key: StoredSigningKey) => signers.has(key.kid) || openKey(key) !== null
  const planFor = (stored: readonly StoredSigningKey[], at: number) => {
    for (const { alg } of stored) if (idAlgs.includes(alg)) wanted.add(alg)
    const present = { accessAlg, idAlgs: [...wanted], keepMs }
    const plan = planKeys(stored, at, present, times, isOwn)
    const change = new Map(plan.change.map((key) => [key.kid, key]))
    for (const key of stored) {
      const text = openKey(key)
      if (text === null) continue
      const jwk = OwnJwk.parse(JSON.parse(text))
      const isStripped = plan.retire.includes(key.kid) && jwk.d !== undefined
      // After a change of SECRET the key is sealed again, so that the old secret can be dropped.
      if (!isStripped && !sealer.isStale(key.sealedJwk)) continue
      const kept = isStripped ? JSON.stringify(publicPart(jwk as JWK)) : text
      const sealedJwk = sealer.seal(kept, keyContext(key.kid))
      change.set(key.kid, { ...(change.get(key.kid) ?? key), sealedJwk })
    }
    return { add: plan.add, change: [...change.values()], remove: plan.remove }
  }

  async function turn() {
    const before = performance.now()
    let state = await store.read()
    clocks(state.now, Date.now())
    const due = planFor(state.ring, state.now)
    if (due.add.length + due.change.length + due.remove.length > 0) {
      // Made before the ring is locked: an RSA key takes a while.
      const made = await Promise.all(due.add.map((key) => makeKey(key.alg, key.signsFrom, sealer)))
      state = await store.update(async (stored, at) => {
        const { add, change, remove } = planFor(stored, at)
        const added = made.filter(({ alg }) => add.some((key) => key.alg === alg))
        for (const { kid, alg } of added) {
          log.info({ event: 'signing_key_made', kid, alg }, 'made a signing key')
        }
        return { add: added, change, remove }
      })
    }
    clockOffset = state.now - before
    await load(state.ring)
  }

  async function load(stored: readonly StoredSigningKey[]) {
    const opened: StoredSigningKey[] = []
    for (const key of stored) {
      if (signers.has(key.kid)) {
        opened.push(key)
        continue
      }
      const text = openKey(key)
      if (text === null) {
        const facts = { event: 'signing_key_sealed_otherwise', kid: key.kid }
        log.warn(facts, 'a signing key cannot be opened with SECRET: another one sealed it')
        continue
      }
      opened.push(key)
      const jwk = OwnJwk.parse(JSON.parse(text)) as JWK
      signers.set(key.kid, await createTokenSigner({ kid: key.kid, alg: key.alg, jwk, rules }))
    }
    for (const kid of signers.keys()) {
      if (!opened.some((key) => key.kid === kid)) signers.delete(kid)
    }
    ring = opened
  }

  /** Updates of the ring run one after the other. */
  let turning: Promise<void> = Promise.resolve()
  const turnNext = () => {
    turning = turning.catch(() => {}).then(turn)
    return turning
  }
  await turnNext()
  const behind = every(app, times.poll, 'signing_keys_unread', turnNext)

  const signing = (alg: string) => {
    const keys = ring.filter((key) => key.alg === alg && !isRetired(key, now()))
    return signers.get(currentKey(keys, now())?.kid ?? '')
  }
  const isComplete = () => idAlgs.every((alg) => signing(alg) !== undefined)
  /** The update that makes the missing keys; callers that come meanwhile wait for the same one. */
  let completing: Promise<void> | undefined
  const complete = () => {
    for (const alg of idAlgs) wanted.add(alg)
    // A failure is logged and tried again in the background; the answer has the keys that there
    // are.
    completing ??= turnNext()
      .catch(() => {})
      .finally(() => {
        completing = undefined
      })
    return completing
  }
  const published = (kid: string) => {
    const key = ring.find((one) => one.kid === kid)
    return key !== undefined && !isRetired(key, now())
  }
  return {
    current() {
      const living = ring.filter((key) => !isRetired(key, now()))
      const standIn = bridge(ring, living, now(), needs) ?? currentKey(living, now())
      const signer = signing(accessAlg) ?? signers.get(standIn?.kid ?? '')
      if (signer === undefined) throw new Error('there is no signing key')
      return signer
    },
    async signerOf(alg) {
      const ready = signing(alg)
      if (ready !== undefined) return ready
      wanted.add(alg)
      await turnNext()
      const made = signing(alg)
      if (made === undefined) throw new Error(`there is no signing key of ${alg}`)
      return made
    },
    find: (kid) => (published(kid) ? signers.get(kid) : undefined),
    findRetired: (kid) => signers.get(kid),
    async publicKeys() {
      if (!isComplete()) await complete()
      return ring
        .filter(({ kid }) => published(kid))
        .flatMap(({ kid }) => signers.get(kid)?.publicJwk ?? [])
    },
    prepare() {
      if (isPrepared) return
      isPrepared = true
      if (idAlgs.every((alg) => wanted.has(alg))) return
      for (const alg of idAlgs) wanted.add(alg)
      behind.wake()
    },
    maxAgeSeconds: Math.max(1, Math.floor(Math.min(300_000, times.lead / 3) / 1000)),
  }
}
