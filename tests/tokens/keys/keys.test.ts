import { createRemoteJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readSettings } from '../../../src/settings/index.ts'
import type { Environment } from '../../../src/settings/reader.ts'
import { Browser } from '../../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey, TEST_SECRET } from '../../helpers/latchkey.ts'
import { openOwnKeys } from '../../helpers/minting.ts'
import { expectProblem } from '../../helpers/problems.ts'
import { rawRequest } from '../../helpers/raw-request.ts'

const provider = new FakeProvider()
const PUBLIC_URL = 'http://localhost:3999'

beforeAll(async () => {
  await provider.listen()
})
afterAll(() => provider.close())

const jwks = (latchkey: Latchkey) => `${latchkey.url}/.well-known/jwks.json`

async function publishedKeys(latchkey: Latchkey): Promise<JWK[]> {
  return (await new Browser().send(jwks(latchkey))).json().keys as JWK[]
}

/** Of access tokens: that of ID tokens is made behind the first answer, whenever it is done. */
const publishedKids = async (latchkey: Latchkey) =>
  (await publishedKeys(latchkey)).filter(({ alg }) => alg !== 'RS256').map(({ kid }) => kid)

async function signIn(latchkey: Latchkey): Promise<string> {
  const answer = await login(latchkey, provider)
  expect(answer.status, answer.text).toBe(200)
  return String(answer.json().access_token)
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? ''

async function meStatus(latchkey: Latchkey, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await new Browser().send(`${latchkey.url}/me`, { headers })).status
}

/** Starts a replica, does something with it, and closes it. */
async function withReplica<T>(
  testDatabase: TestDatabase,
  env: Environment,
  work: (latchkey: Latchkey) => Promise<T>,
): Promise<T> {
  const shared = { testDatabase, publicUrl: PUBLIC_URL }
  const latchkey = await startLatchkey({ ...provider.settings(), ...env }, shared)
  try {
    return await work(latchkey)
  } finally {
    await latchkey.close()
  }
}

test.each([4, -4, 0])(
  'the first key signs at once after this machine’s clock was wrong by %i minutes at the start, which the log tells',
  async (minutes) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + minutes * 60_000)
    const latchkey = await startLatchkey({ ...provider.settings(), SIGNING_KEY_ROTATION: '90d' })
    const told = () =>
      latchkey.logs.map((line) => JSON.parse(line)).filter(({ event }) => /^clock_/.test(event))
    const differs = {
      level: 'warn',
      event: 'clock_differs',
      seconds: expect.closeTo(minutes * 60, -1),
    }
    expect(told()).toMatchObject(minutes === 0 ? [] : [differs])
    vi.useRealTimers()
    try {
      expect(await meStatus(latchkey, await signIn(latchkey))).toBe(200)
      // The key of ID tokens is made behind the first answer, and the clocks are compared with it.
      await expect.poll(() => publishedKeys(latchkey)).toHaveLength(2)
      expect(told()).toMatchObject(minutes === 0 ? [] : [differs, { event: 'clock_agrees' }])
    } finally {
      await latchkey.close()
    }
  },
)

describe('8.15 the published keys', () => {
  let latchkey: Latchkey

  beforeAll(async () => {
    latchkey = await startLatchkey(provider.settings())
  })
  afterAll(() => latchkey.close())

  test('are public parts only, for anybody, to be kept for a while', async () => {
    const answer = await new Browser().send(jwks(latchkey), {
      headers: { origin: 'https://app.example', cookie: 'a=b' },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=[1-9]\d*$/)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const keys = answer.json().keys as JWK[]
    // That of access tokens, and that of ID tokens once it is made, behind the first answer.
    const parts: Record<string, string[]> = { EC: ['crv', 'x', 'y'], RSA: ['e', 'n'] }
    expect(keys).toContainEqual(
      expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }),
    )
    for (const key of keys) {
      const names = ['alg', 'kid', 'kty', 'use', ...(parts[key.kty ?? ''] ?? [])]
      expect(Object.keys(key).sort()).toEqual(names.sort())
    }
  })

  test('answer HEAD as GET, without a body, and nothing else', async () => {
    const get = await rawRequest(jwks(latchkey))
    const head = await rawRequest(jwks(latchkey), { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    for (const name of ['content-length', 'cache-control', 'access-control-allow-origin']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name))
    }
    const post = await rawRequest(jwks(latchkey), { method: 'POST' })
    expectProblem(post, 405, 'method_not_allowed')
    expect(post.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })

  test('are sealed at rest, so that the database alone signs nothing', async () => {
    const rows = await latchkey.database.query('select * from latchkey.signing_keys', [])
    const [key] = await openOwnKeys(latchkey)
    expect(JSON.stringify(rows)).not.toContain(key?.jwk.d)
    expect(JSON.stringify(rows)).not.toMatch(/"kty"|PRIVATE/)
  })
})

test.each([
  ['ES256', ['crv', 'x', 'y']],
  ['RS256', ['e', 'n']],
  ['EdDSA', ['crv', 'x']],
])('a standard library verifies what SIGNING_ALG=%s signs, and so does /me', async (alg, parts) => {
  const testDatabase = await createTestDatabase()
  await withReplica(testDatabase, { SIGNING_ALG: alg }, async (latchkey) => {
    const token = await signIn(latchkey)
    const keys = createRemoteJWKSet(new URL(jwks(latchkey)))
    const options = { issuer: PUBLIC_URL, audience: PUBLIC_URL, typ: 'at+jwt', algorithms: [alg] }
    expect((await jwtVerify(token, keys, options)).protectedHeader.alg).toBe(alg)
    expect(await meStatus(latchkey, token)).toBe(200)
    const [key = {}] = await publishedKeys(latchkey)
    expect(Object.keys(key).sort()).toEqual([...parts, 'alg', 'kid', 'kty', 'use'].sort())
    // 2,048 bits; 1,024 would be 171 characters.
    if (alg === 'RS256') expect(key.n?.length).toBe(342)
  })
  await testDatabase.drop()
})

describe('8.08 keys that are over', () => {
  test('a kid that was retired opens nothing, though its token has not expired', async () => {
    const testDatabase = await createTestDatabase()
    const env = { SIGNING_KEY_ROTATION: '3s' }
    await withReplica(testDatabase, env, async (latchkey) => {
      const token = await signIn(latchkey)
      expect(await meStatus(latchkey, token)).toBe(200)
      await latchkey.database.query(
        `update latchkey.signing_keys set published_until = now() - interval '1 second' where kid = $1`,
        [kidOf(token)],
      )
      await expect.poll(() => publishedKids(latchkey)).not.toContain(kidOf(token))
      expect(await meStatus(latchkey, token)).toBe(401)
      expect(await meStatus(latchkey, await signIn(latchkey))).toBe(200)
    })
    await testDatabase.drop()
  })
})

test('a stop waits for the key of ID tokens that is being made, and warns of nothing', async () => {
  const testDatabase = await createTestDatabase()
  const logs = await withReplica(testDatabase, {}, async (latchkey) => {
    // The first answer has it made; an RSA key takes a while.
    await new Browser().send(`${latchkey.url}/healthz`)
    return latchkey.logs
  })
  const said = logs.map((line) => JSON.parse(line) as { level: string; alg?: string })
  expect(said.filter(({ level }) => level !== 'info')).toEqual([])
  expect(said.map(({ alg }) => alg)).toContain('RS256')
  await testDatabase.drop()
})

describe('rotation', () => {
  test('a new key is published before it signs, the old one stays, and two replicas agree', async () => {
    const testDatabase = await createTestDatabase()
    // A lead of two seconds, in which also a busy machine looks at the ring.
    const env = { SIGNING_KEY_ROTATION: '8s', ACCESS_TOKEN_TTL: '10s' }
    await withReplica(testDatabase, env, (one) =>
      withReplica(testDatabase, env, async (two) => {
        const replicas = [one, two]
        expect(await publishedKids(one)).toEqual(await publishedKids(two))
        const firstToken = await signIn(one)
        expect(kidOf(await signIn(two))).toBe(kidOf(firstToken))
        const looks: unknown[][] = []
        const started = Date.now()
        let token = firstToken
        while (kidOf(token) === kidOf(firstToken) && Date.now() - started < 20_000) {
          await new Promise((resolve) => setTimeout(resolve, 200))
          looks.push(await publishedKids(two))
          token = await signIn(one)
          // Whatever replica signed it, the other accepts it at once.
          expect(await meStatus(two, token)).toBe(200)
        }
        expect(kidOf(token)).not.toBe(kidOf(firstToken))
        // Seen more than once before it signed.
        expect(looks.filter((kids) => kids.includes(kidOf(token))).length).toBeGreaterThan(1)
        for (const replica of replicas) {
          expect(await publishedKids(replica)).toEqual(
            expect.arrayContaining([kidOf(firstToken), kidOf(token)]),
          )
        }
        await expect.poll(async () => kidOf(await signIn(two))).toBe(kidOf(token))
        expect(await meStatus(one, await signIn(two))).toBe(200)
      }),
    )
    await testDatabase.drop()
  })

  test('five replicas that start at once on an empty database make one key', async () => {
    const testDatabase = await createTestDatabase()
    const shared = { testDatabase, publicUrl: PUBLIC_URL }
    const replicas = await Promise.all(
      Array.from({ length: 5 }, () => startLatchkey(provider.settings(), shared)),
    )
    const sets = await Promise.all(replicas.map(publishedKids))
    expect(sets[0]).toHaveLength(1)
    expect(new Set(sets.flat()).size).toBe(1)
    const token = await signIn(replicas[0] as Latchkey)
    for (const replica of replicas) expect(await meStatus(replica, token)).toBe(200)
    await Promise.all(replicas.map((replica) => replica.close()))
    await testDatabase.drop()
  })

  test('another SIGNING_ALG takes over after its lead, and the old tokens stay good', async () => {
    const testDatabase = await createTestDatabase()
    const token = await withReplica(testDatabase, { SIGNING_KEY_ROTATION: '20s' }, signIn)
    const env = { SIGNING_KEY_ROTATION: '20s', SIGNING_ALG: 'EdDSA' }
    await withReplica(testDatabase, env, async (latchkey) => {
      const alg = async () => decodeProtectedHeader(await signIn(latchkey)).alg
      expect(await alg()).toBe('ES256')
      await expect.poll(alg, { timeout: 15_000 }).toBe('EdDSA')
      expect(await meStatus(latchkey, token)).toBe(200)
    })
    await testDatabase.drop()
  })
})

describe('SECRET', () => {
  const OTHER = 'another secret with more than 32 characters'

  test('keys that it does not open are neither used nor published nor removed', async () => {
    const testDatabase = await createTestDatabase()
    const token = await withReplica(testDatabase, {}, signIn)
    await withReplica(testDatabase, { SECRET: OTHER }, async (latchkey) => {
      expect(await publishedKids(latchkey)).not.toContain(kidOf(token))
      expect(await meStatus(latchkey, token)).toBe(401)
      expect(await meStatus(latchkey, await signIn(latchkey))).toBe(200)
      const events = latchkey.logs.map((line) => JSON.parse(line).event)
      expect(events).toContain('signing_key_sealed_otherwise')
    })
    // Back with the secret of before, nothing was lost.
    await withReplica(testDatabase, {}, async (latchkey) => {
      expect(await meStatus(latchkey, token)).toBe(200)
    })
    await testDatabase.drop()
  })

  test('rotated by "new,old" the keys are sealed anew, and the old secret can be dropped', async () => {
    const testDatabase = await createTestDatabase()
    const token = await withReplica(testDatabase, {}, signIn)
    await withReplica(testDatabase, { SECRET: `${OTHER},${TEST_SECRET}` }, async (latchkey) => {
      expect(await publishedKids(latchkey)).toEqual([kidOf(token)])
      expect(await meStatus(latchkey, token)).toBe(200)
      const [key] = await openOwnKeys(latchkey, OTHER)
      expect(key?.kid).toBe(kidOf(token))
    })
    await withReplica(testDatabase, { SECRET: OTHER }, async (latchkey) => {
      expect(await publishedKids(latchkey)).toEqual([kidOf(token)])
      expect(await meStatus(latchkey, token)).toBe(200)
      expect(kidOf(await signIn(latchkey))).toBe(kidOf(token))
    })
    await testDatabase.drop()
  })

  test('8.14 one that is short, or the second of two that is, is refused without being printed', () => {
    for (const secret of ['short-secret', `${OTHER},short-secret`]) {
      const read = () => readSettings({ ...provider.settings(), SECRET: secret })
      expect(read).toThrow(/SECRET must have at least 32 characters/)
      expect(read).not.toThrow(/short-secret/)
    }
    expect(readSettings({ ...provider.settings(), SECRET: OTHER }).secrets).toEqual([OTHER])
  })

  test('8.14 in production none may be missing', () => {
    const env = {
      ...provider.settings(),
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://login.example.com',
      DATABASE_URL: 'postgres://u:p@db.example/latchkey',
    }
    expect(() => readSettings(env)).toThrow(/SECRET is missing/)
    expect(readSettings({ ...env, SECRET: OTHER }).secrets).toEqual([OTHER])
  })
})
