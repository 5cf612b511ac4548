import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { createSealer } from '../../../src/core/secrets.ts'
import type { SigningKeys, StoredSigningKey } from '../../../src/core/tokens/key-store.ts'
import { keyRoutes } from '../../../src/tokens/keys/jwks.ts'
import { openKeyRing } from '../../../src/tokens/keys/signing-keys.ts'

/** A ring of keys in memory, which may be away. */
function keysInMemory() {
  let ring: StoredSigningKey[] = []
  const memory = {
    isAway: false as boolean,
    ring: () => ring.map(({ alg }) => alg).sort(),
    async read() {
      if (memory.isAway) throw new Error('away')
      return { ring, now: Date.now() }
    },
    async update(plan) {
      const { add } = await plan(ring, Date.now())
      ring = [...ring, ...add]
      return { ring, now: Date.now() }
    },
  } satisfies SigningKeys & Record<string, unknown>
  return memory
}

async function firstStart(store: SigningKeys) {
  const app = Fastify()
  const keys = await openKeyRing(app, {
    store,
    sealer: createSealer(['s'.repeat(32)], 'signing keys'),
    needs: { accessAlg: 'ES256', idAlgs: ['RS256', 'EdDSA'], keepMs: 1000 },
    rotationSeconds: 90 * 86_400,
    rules: { issuer: 'http://localhost:3000', accessTokenTtlSeconds: 600 },
  })
  keyRoutes(app, keys)
  const read = async () => {
    const { keys: published } = (await app.inject('/.well-known/jwks.json')).json()
    return published.map(({ alg }: { alg: string }) => alg).sort()
  }
  return { app, read }
}

test('the first key set that is read has the keys of ID tokens: a client that reads it once keeps it for good', async () => {
  const store = keysInMemory()
  const { app, read } = await firstStart(store)
  // The start itself does not wait for them.
  expect(store.ring()).toEqual(['ES256'])
  // Who ask at the same moment wait for the same keys.
  const answers = await Promise.all([read(), read(), read()])
  expect(answers).toEqual(Array(3).fill(['ES256', 'EdDSA', 'RS256']))
  expect(store.ring()).toEqual(['ES256', 'EdDSA', 'RS256'])
  await app.close()
})

test('a key set is answered with what there is while the database is away', async () => {
  const store = keysInMemory()
  const { app, read } = await firstStart(store)
  store.isAway = true
  expect(await read()).toEqual(['ES256'])
  store.isAway = false
  expect(await read()).toEqual(['ES256', 'EdDSA', 'RS256'])
  await app.close()
})
