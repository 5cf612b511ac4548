import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { toProfile } from '../../src/core/identity/profile.ts'
import { createStores } from '../../src/db/stores/index.ts'
import { RULES } from '../helpers/rules.ts'
import { newSession, useStores } from '../helpers/stores.ts'

// The server keeps the plan of a prepared statement: one that was made while there was nobody runs on until the
// tables are analysed, with whatever has come into them by then.
const { database } = useStores()
const ran = new Set<string>()

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  Plans?: Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** How a statement reads a table, planned as one that is prepared. */
async function readsOf(text: string, table: string): Promise<Plan[]> {
  const [row] = await database.sql.unsafe(`explain (generic_plan, format json) ${text}`).simple()
  const plans = (row?.['QUERY PLAN'] ?? []) as { Plan: Plan }[]
  return plans
    .flatMap(({ Plan: plan }) => nodesOf(plan))
    .filter((node) => node['Relation Name'] === table && node['Node Type'].endsWith('Scan'))
}

beforeAll(async () => {
  const stores = createStores(
    {
      ...database,
      query: (text, ...rest) => {
        ran.add(text)
        return database.query(text, ...rest)
      },
    },
    RULES,
  )
  const hash = createHash('sha256').update('code').digest()
  const binding = { redirectUri: 'https://a.example', codeChallenge: 'c' }
  const code = { ...binding, hash, nonce: null, ttlSeconds: 60 }
  await stores.signIns.signIn(
    { provider: 'github', issuer: '', subject: 'person' },
    toProfile({ subject: 'person' }),
    newSession({ refreshToken: null, code }),
  )
  const redeemed = await stores.tokens.redeemCode(
    { asker: null, clientId: 'spa', hash, ...binding },
    { hashes: [hash], ttlSeconds: 60, sessionTtlSeconds: 60, sessionsPerUser: 100 },
  )
  expect(redeemed).toHaveProperty('session')
  const sessionId = 'session' in redeemed ? redeemed.session.id : ''
  const rotated = await stores.tokens.rotate(
    { asker: null, clientId: 'spa', hash, sessionId, fromCookie: false, scopes: [], resources: [] },
    { hashes: [createHash('sha256').update('next').digest()], ttlSeconds: 60 },
  )
  expect(rotated).toMatchObject({ outcome: 'rotated' })
})

test('a sign-in, a code and a refresh that were planned while nobody was there read the sessions of one user', async () => {
  expect(ran.size).toBeGreaterThan(2)
  for (const text of ran) {
    const reads = await readsOf(text, 'sessions')
    expect(reads.length).toBeGreaterThan(0)
    expect(reads.filter((read) => read['Index Cond'] === undefined)).toEqual([])
  }
})

test('a statement that reads all sessions is seen to', async () => {
  const [read] = await readsOf('select id from latchkey.sessions order by last_used_at', 'sessions')
  expect(read).toBeDefined()
  expect(read?.['Index Cond']).toBeUndefined()
})
