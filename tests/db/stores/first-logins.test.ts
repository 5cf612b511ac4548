import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRow } from '../../../src/core/events/audit.ts'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { SignIns } from '../../../src/core/identity/sign-ins.ts'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { createAudit } from '../../../src/db/stores/events/audit.ts'
import { createStores, type Stores } from '../../../src/db/stores/index.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession } from '../../helpers/stores.ts'

let testDatabase: TestDatabase
let database: Database
let stores: Stores
let signIns: SignIns
/** What was asked of the database: statements by themselves, and whole transactions. */
let asked = { statements: 0, transactions: 0 }

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.connection, { connections: 8, prepare: true })
  const counted: Database = {
    ...database,
    query: (...statement) => {
      asked.statements++
      return database.query(...statement)
    },
    transaction: (work) => {
      asked.transactions++
      return database.transaction(work)
    },
  }
  stores = createStores(counted, RULES)
  signIns = stores.signIns
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

/** A login with a verified address. */
const signIn = (provider: string, subject: string, email: string) =>
  signIns.signIn(
    { provider, issuer: '', subject },
    toProfile({ subject, email, emailVerified: true }),
    newSession(),
  )

const addressOf = (name: string) => `${name}-${randomUUID()}@example.com`

test('a first login with an address that nobody holds is one statement; with one that somebody holds it is not', async () => {
  const email = addressOf('ann')
  asked = { statements: 0, transactions: 0 }
  const { decision } = await signIn('google', randomUUID(), email)
  expect(decision).toEqual({ action: 'create', reason: 'nobody_with_this_email' })
  expect(asked).toEqual({ statements: 1, transactions: 0 })
  const joined = await signIn('kakao', randomUUID(), email)
  expect(joined.decision.action).toBe('join')
  expect(asked).toEqual({ statements: 2, transactions: 1 })
})

test('an address whose first holder has another one by now makes one new user, however many come with it at once', async () => {
  for (let round = 0; round < 10; round++) {
    const [email, subject] = [addressOf('bob'), randomUUID()]
    const first = await signIn('google', subject, email)
    await signIn('google', subject, addressOf('robert'))
    const next = randomUUID()
    const logins = await Promise.all(
      ['kakao', 'google', 'kakao', 'google'].map((provider) => signIn(provider, next, email)),
    )
    const users = new Set(logins.map(({ account }) => account.sub))
    expect(users.size).toBe(1)
    expect(users).not.toContain(first.account.sub)
    expect(logins.filter(({ decision }) => decision.action === 'create')).toHaveLength(1)
    // Whoever comes later finds the new holder.
    expect((await signIn('google', subject, email)).account.sub).toBe(first.account.sub)
  }
})

test('a user who leaves takes the claim along: the address makes a new user in one statement', async () => {
  const email = addressOf('cleo')
  const first = await signIn('google', randomUUID(), email)
  await database.query('delete from latchkey.users where id = $1', [first.account.sub])
  asked = { statements: 0, transactions: 0 }
  const second = await signIn('kakao', randomUUID(), email)
  expect(second.decision).toMatchObject({ action: 'create', reason: 'nobody_with_this_email' })
  expect(asked).toEqual({ statements: 1, transactions: 0 })
})

/** What a first login records, one line an event. */
async function recordedOf(requestId: string | null) {
  const subject = randomUUID()
  const { account } = await signIns.signIn(
    { provider: 'google', issuer: '', subject },
    toProfile({ subject }),
    { ...newSession(), address: '192.0.2.1', userAgent: 'here' },
    null,
    { requestId, address: '192.0.2.1', userAgent: 'here' },
  )
  return eventsOf(account.sub)
}

async function eventsOf(userId: string) {
  const rows = await createAudit(database).list({ userId, limit: 10 })
  const shown = rows.map(({ type, address, userAgent, requestId, reason, provider }) =>
    [type, provider, address, userAgent, requestId, reason].join(' '),
  )
  return shown
}

/** In the order in which they happened. */
const recorded = (id: string) => [
  `user.created  192.0.2.1 here ${id} `,
  `identity.linked google 192.0.2.1 here ${id} no_email`,
  `session.created google 192.0.2.1 here ${id} `,
]

test('a first login that no request made is recorded as one that a request made, but for the request’s id', async () => {
  const id = randomUUID()
  expect(await recordedOf(id)).toEqual(recorded(id))
  expect(await recordedOf(null)).toEqual(recorded(''))
})

test('the three events of a first login are kept as one row, and read page by page as three', async () => {
  const audit = createAudit(database)
  const session = { ...newSession(), clientId: 'spa' }
  const key = { provider: 'google', issuer: '', subject: randomUUID() }
  const login = (opened: typeof session) =>
    signIns.signIn(key, toProfile({ subject: key.subject }), opened)
  const userId = (await login(session)).account.sub
  const kept = () =>
    database.query('select type from latchkey.audit_events where user_id = $1', [userId])
  expect(await kept()).toEqual([{ type: 'user.created' }])
  const opened = { provider: 'google', sessionId: session.id, clientId: 'spa', reason: null }
  const none = { provider: null, sessionId: null, clientId: null, reason: null }
  const all = await audit.list({ userId, limit: 10 })
  expect(all).toMatchObject([
    { type: 'user.created', ...none },
    { type: 'identity.linked', ...none, provider: 'google', reason: 'no_email' },
    { type: 'session.created', ...opened },
  ])
  for (const newestFirst of [false, true]) {
    const read: AuditRow[] = []
    for (let more = true; more; ) {
      const [row] = await audit.list({
        userId,
        newestFirst,
        limit: 1,
        ...(read.length > 0 ? { after: read.at(-1) as AuditRow } : {}),
      })
      more = row !== undefined
      if (row) read.push(row)
    }
    expect(read).toEqual(newestFirst ? all.toReversed() : all)
  }
  expect(await audit.list({ userId, type: 'identity', limit: 10 })).toEqual([all[1]])
  // The control: a later login is one event, and one row.
  const again = newSession()
  await login({ ...again, clientId: 'spa' })
  expect((await audit.list({ userId, limit: 10 })).slice(3)).toMatchObject([
    { type: 'session.created', ...opened, sessionId: again.id },
  ])
  expect(await kept()).toHaveLength(2)
})

test('a first login is recorded the same whoever is to be told of it, and what is to be told to a webhook lies ready', async () => {
  const toTell = `select t.types, count(o.*)::int as told from latchkey.outbox_targets t
    left join latchkey.outbox o using (kind, target) group by t.kind, t.target, t.types`
  for (const [kind, told] of [
    ['logout', 0],
    ['webhook', 3],
  ] as const) {
    await database.query(
      `insert into latchkey.outbox_targets values ($1, 'it', 'https://it', '{%}')`,
      [kind],
    )
    const id = randomUUID()
    expect(await recordedOf(id)).toEqual(recorded(id))
    expect(await database.query(toTell)).toEqual([{ types: ['%'], told }])
    const events = await database.query<{ type: string }>(
      `select a.type from latchkey.outbox o
       join latchkey.audit a on a.at = o.event_at and a.id = o.event_id order by a.id`,
    )
    expect(events.map(({ type }) => type)).toEqual(
      ['user.created', 'identity.linked', 'session.created'].slice(0, told),
    )
    await database.query('delete from latchkey.outbox_targets')
  }
  await database.query('delete from latchkey.outbox')
})

test('an identity that joins or is linked later is recorded once, with who asked and why; one that comes again is not', async () => {
  const asker = { requestId: randomUUID(), address: '192.0.2.1', userAgent: 'here' }
  const email = addressOf('dora')
  const session = { ...newSession(), address: '192.0.2.1', userAgent: 'here' }
  const loginBy = (provider: string, opened = newSession()) => {
    const key = { provider, issuer: '', subject: email }
    const profile = toProfile({ subject: email, email, emailVerified: true })
    return stores.signIns.signIn(key, profile, opened, null, asker)
  }
  const linkedOf = async (userId: string) =>
    (await eventsOf(userId)).filter((event) => event.startsWith('identity.linked'))
  const { account } = await loginBy('google', session)
  for (const _ of ['joined', 'known'])
    expect((await loginBy('kakao')).account.sub).toBe(account.sub)
  const caller = { userId: account.sub, sessionId: session.id, asker }
  const github = { provider: 'github', issuer: '', subject: email }
  const proven = { key: github, profile: toProfile({ subject: email }), tokens: null }
  for (const outcome of ['linked', 'refreshed']) {
    expect(await stores.identities.link(caller, proven, null)).toMatchObject({ outcome })
  }
  const by = `192.0.2.1 here ${asker.requestId}`
  expect(await linkedOf(account.sub)).toEqual([
    `identity.linked google ${by} nobody_with_this_email`,
    `identity.linked kakao ${by} same_verified_email`,
    `identity.linked github ${by} asked_by_the_user`,
  ])
})

test('to link an identity once more that changed at its provider records that the user changed', async () => {
  const session = newSession()
  const key = { provider: 'google', issuer: '', subject: addressOf('edna') }
  const profile = toProfile({ subject: key.subject, name: 'Edna' })
  const { account } = await stores.signIns.signIn(key, profile, session, null, null)
  const caller = { userId: account.sub, sessionId: session.id }
  const github = { provider: 'github', issuer: '', subject: key.subject }
  const counts: number[] = []
  for (const name of ['Edna', 'Edna', null, 'Edna M.', 'Edna M.']) {
    const said = toProfile({ subject: github.subject, name })
    await stores.identities.link(caller, { key: github, profile: said, tokens: null }, null)
    const events = await eventsOf(account.sub)
    counts.push(events.filter((event) => event.startsWith('user.updated github')).length)
  }
  expect(counts).toEqual([0, 0, 0, 1, 1])
})

test('nothing that a login changes has a trigger with a condition: each statement copies and reads that', async () => {
  const triggers = await database.query<{ name: string; has: boolean }>(
    `select tgname as name, tgqual is not null as has from pg_trigger where not tgisinternal and
     tgrelid in ('latchkey.users'::regclass, 'latchkey.identities'::regclass, 'latchkey.sessions'::regclass)`,
  )
  expect(triggers).toContainEqual({ name: 'record_begun', has: false })
  // Short, and spares the removal of old sessions a call for each.
  expect(triggers.filter(({ has }) => has).map(({ name }) => name)).toEqual(['record_removed'])
})
