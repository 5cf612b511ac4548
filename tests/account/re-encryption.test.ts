import { afterAll, beforeAll, expect, test } from 'vitest'
import { APPS, askMe, signIn as signInAtClient } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey } from '../helpers/latchkey.ts'
import { until } from '../helpers/leaving.ts'

const OLD = 'the old secret with 32 characters or more'
const NEW = 'the new secret with 32 characters or more'
const provider = new FakeProvider()
const second = new FakeProvider()
let testDatabase: TestDatabase

beforeAll(async () => {
  await Promise.all([provider.listen(), second.listen()])
  testDatabase = await createTestDatabase()
})
afterAll(async () => {
  await testDatabase.drop()
  await Promise.all([provider.close(), second.close()])
})

/** Does something with a replica that has these settings. */
async function withReplica<T>(
  env: Record<string, string>,
  work: (replica: Latchkey) => Promise<T>,
): Promise<T> {
  const settings = { ...provider.settings(), ...second.settings('second') }
  const replica = await startLatchkey(
    {
      ...settings,
      ...APPS,
      CLIENT_SPA_PROVIDER_TOKENS: 'on',
      OIDC_PROVIDERS: 'fake,second',
      FAKE_STORE_TOKENS: 'on',
      SECOND_STORE_TOKENS: 'on',
      ...env,
    },
    { testDatabase, publicUrl: 'http://localhost:3999' },
  )
  try {
    return await work(replica)
  } finally {
    await replica.close()
  }
}

async function signIn(replica: Latchkey, subject: string, at = provider, id = 'fake') {
  at.subject = subject
  at.person = { name: subject }
  at.token = (document) => ({
    ...document,
    access_token: `token-of-${subject}`,
    refresh_token: `refresh-token-of-${subject}`,
  })
  if (id !== 'fake')
    return String((await login(replica, at, new Browser(), id)).json().access_token)
  const scope = 'account provider_tokens'
  return (await signInAtClient(replica, at, { scope })).access_token
}

const providerToken = async (replica: Latchkey, token: string) => {
  const answer = await askMe(replica, token, '/identities/fake/token')
  return [answer.status, answer.json().access_token]
}

const grants = (replica: Latchkey) =>
  replica.database.query<{ subject: string; sealed: string | null }>(
    `select subject,
       nullif(concat_ws(' ', sealed_access_token, sealed_refresh_token), '') as sealed
     from latchkey.identities order by subject`,
    [],
  )
/** What tells the secrets apart by which the grants are sealed. */
const keysOf = async (replica: Latchkey) =>
  new Set((await grants(replica)).flatMap(({ sealed: text }) => text?.match(/\b\w{6}\./g)))

test('grants are sealed anew while SECRET is rotated, so that the old secret can be dropped', async () => {
  const token = await withReplica({ SECRET: OLD }, async (replica) => {
    for (let person = 0; person < 5; person++) await signIn(replica, `earlier-${person}`)
    return signIn(replica, 'person')
  })
  await withReplica({ SECRET: `${OLD},${NEW}` }, async (replica) => {
    expect(await providerToken(replica, token)).toEqual([200, 'token-of-person'])
  })
  await withReplica({ SECRET: `${NEW},${OLD}` }, async (replica) => {
    const before = (await grants(replica)).length
    await until(() =>
      expect(replica.logs.join('')).toContain(`"event":"grants_sealed_anew","count":${before}`),
    )
    expect(await providerToken(replica, token)).toEqual([200, 'token-of-person'])
  })
  await withReplica({ SECRET: NEW }, async (replica) => {
    expect(await providerToken(replica, token)).toEqual([200, 'token-of-person'])
    expect((await keysOf(replica)).size).toBeLessThanOrEqual(1)
  })
})

test('a grant of a secret that is gone is as none', async () => {
  const token = await withReplica({ SECRET: NEW }, (replica) => signIn(replica, 'lost'))
  await withReplica({ SECRET: NEW }, async (replica) => {
    expect(await providerToken(replica, token)).toEqual([200, 'token-of-lost'])
    await replica.database.query(
      `update latchkey.identities set
         sealed_access_token = regexp_replace(sealed_access_token, $1, 'AAAAAA.'),
         sealed_refresh_token = regexp_replace(sealed_refresh_token, $1, 'AAAAAA.')
       where subject = 'lost'`,
      ['[a-zA-Z0-9_-]{6}\\.'],
    )
    expect(await providerToken(replica, token)).toEqual([404, undefined])
  })
})

test('STORE_TOKENS=off forgets what was kept at that provider, and at no other', async () => {
  await withReplica({ SECRET: NEW }, async (replica) => {
    await signIn(replica, 'kept', second, 'second')
    await signIn(replica, 'forgotten')
  })
  await withReplica({ SECRET: NEW, FAKE_STORE_TOKENS: 'off' }, async (replica) => {
    await until(async () => {
      const kept = (await grants(replica)).filter(({ sealed: text }) => text !== null)
      expect(kept.map(({ subject }) => subject)).toEqual(['kept'])
    })
    await signIn(replica, 'forgotten')
    const kept = (await grants(replica)).filter(({ sealed: text }) => text !== null)
    expect(kept).toHaveLength(1)
  })
})
