import { describe, expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { SessionRef } from '../../../src/core/identity/session-ref.ts'
import type { RunStatement } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { HOLD_USER } from '../../../src/db/stores/sign-in/join-statements.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

// 11.16 Users, identities, sessions, each in the order of their keys: a ring is made where anybody locks
// them otherwise, by holding the row that both want until both wait for it.

const { database, stores } = useStores({ mode: 'explicit' })
const keyOf = (provider: string, subject: string) => ({ provider, issuer: '', subject })
const profileOf = (subject: string) =>
  toProfile({ subject, email: `${subject}@example.com`, emailVerified: true })

/** Somebody whose address is that of their identity at Kakao, with one at Google beside it. */
async function arrive(subject: string, { signIns, identities } = stores) {
  const first = newSession()
  const { account } = await signIns.signIn(
    ...([keyOf('kakao', subject), profileOf(subject), first, null] as const),
  )
  const caller = { userId: account.sub, sessionId: first.id }
  const google = { key: keyOf('google', subject), profile: profileOf(subject), tokens: null }
  await identities.link(caller, google, null)
  return caller
}

/** Does both while somebody holds the person's identity at Google, and lets it go. */
async function whileHeld(subject: string, ...both: (() => Promise<unknown>)[]) {
  const { all } = await database.sql.begin(async (lock) => {
    await lock.unsafe(
      `select from latchkey.identities where provider = 'google' and subject = '${subject}' for update`,
    )
    const answers: Promise<unknown>[] = []
    for (const one of both) {
      answers.push(one())
      await untilHeldUp({ database }, answers.length)
    }
    return { all: Promise.all(answers) }
  })
  return all
}

const tell = (subject: string, deletesUsers = false) =>
  stores.receivedEvents.act({
    ...{ provider: 'kakao', id: null, at: Date.now(), deletesUsers, asker: null as never },
    events: [{ kind: 'account_gone', subject, told: 'unlink', forget: true }],
  })
const taking = { revocable: [], reauthSeconds: null }

/**
 * Somebody new comes with the address of a person: `before` happens when they are found and not yet held.
 * Once they are, the person signs in on another device.
 */
async function arriveBeside(subject: string, before: (userId: string) => Promise<unknown>) {
  // With a claim to the address, which a first login leaves where people are joined by it.
  const { userId } = await arrive(subject, createStores(database, RULES))
  let other: Promise<unknown> = Promise.resolve()
  const between =
    (run: RunStatement): RunStatement =>
    async (text, ...rest) => {
      if (text !== HOLD_USER.text || other !== nothing) return run(text, ...rest)
      await before(userId)
      const rows = await run(text, ...rest)
      other = stores.signIns.signIn(keyOf('kakao', subject), toProfile({ subject }), newSession())
      await untilHeldUp({ database })
      return rows as never
    }
  const nothing = other
  const watched = createStores(
    { ...database, transaction: (work) => database.transaction((run) => work(between(run))) },
    RULES,
  )
  const { account, decision } = await watched.signIns.signIn(
    ...([keyOf('github', subject), profileOf(subject), newSession()] as const),
  )
  expect(other).not.toBe(nothing)
  await other
  return { decision, isSame: account.sub === userId }
}

describe('a first login with the address of a person who signs in meanwhile', () => {
  test('joins them where they hold it', async () => {
    expect(await arriveBeside('holding', async () => {})).toEqual({
      decision: { action: 'join', userId: expect.any(String), reason: 'same_verified_email' },
      isSame: true,
    })
  })

  test('makes a new user where it is another’s by then, and waits in no ring', async () => {
    const move = () =>
      Promise.all(
        ['kakao', 'google'].map((provider) =>
          stores.signIns.signIn(keyOf(provider, 'moving'), profileOf('moved'), newSession()),
        ),
      )
    expect(await arriveBeside('moving', move)).toEqual({
      decision: { action: 'create', reason: 'nobody_with_this_email' },
      isSame: false,
    })
  })
})

/** The app's person there, somebody new who would join them, and the operator, each while the person is held. */
const WAYS: Record<string, (subject: string, caller: SessionRef) => Promise<unknown>> = {
  'a sign-in': (subject) =>
    stores.signIns.signIn(keyOf('kakao', subject), profileOf(subject), newSession()),
  'a first login that joins them': (subject) =>
    createStores(database, RULES).signIns.signIn(
      ...([keyOf('github', subject), profileOf(subject), newSession()] as const),
    ),
  'a link': (subject, caller) => {
    const github = { key: keyOf('github', subject), profile: profileOf(subject), tokens: null }
    return stores.identities.link(caller, github, null)
  },
  'a link of what is theirs already': (subject, caller) => {
    const google = { key: keyOf('google', subject), profile: profileOf(subject), tokens: null }
    return stores.identities.link(caller, google, null)
  },
  'an unlinking': (_, caller) => stores.identities.unlink(caller, 'google', taking),
  'an edit': (_, caller) => stores.accounts.edit(caller, { name: 'Somebody' }),
  'a deletion': (_, caller) => stores.accounts.remove(caller, taking),
  'a deletion by the operator': (_, { userId }) =>
    stores.adminUsers.remove(userId, [], null as never),
  'what a provider tells': (subject) => tell(subject),
}

test.each(Object.entries(WAYS))(
  '%s that waits for a person holds nothing of theirs meanwhile',
  async (name, way) => {
    const subject = name.replaceAll(' ', '-')
    const caller = await arrive(subject)
    const { done } = await database.sql.begin(async (lock) => {
      await lock.unsafe(`select from latchkey.users where id = '${caller.userId}' for update`)
      const done = way(subject, caller)
      await untilHeldUp({ database })
      for (const [table, many] of [
        ['identities', 2],
        ['sessions', 1],
      ] as const) {
        const free = await lock.unsafe(
          `select from latchkey.${table} where user_id = '${caller.userId}' for update skip locked`,
        )
        expect([table, free.length]).toEqual([table, many])
      }
      return { done }
    })
    await done
  },
)

test('an identity gets the newer name that its provider gives it once its person is free', async () => {
  const { userId } = await arrive('renamed')
  const namesOf = async (table: string) =>
    (
      await database.sql.unsafe(
        `select subject from latchkey.${table} where user_id = '${userId}' and provider = 'kakao'`,
      )
    ).map(({ subject }) => subject)
  const { done } = await database.sql.begin(async (lock) => {
    await lock.unsafe(`select from latchkey.users where id = '${userId}' for update`)
    const newer = toProfile({ subject: 'newer', formerSubject: 'renamed' })
    const done = stores.signIns.signIn(keyOf('kakao', 'newer'), newer, newSession())
    await untilHeldUp({ database })
    expect(await namesOf('identities')).toEqual(['renamed'])
    return { done }
  })
  expect((await done).account.sub).toBe(userId)
  expect(await namesOf('identities')).toEqual(['newer'])
  // The session that was there, and the new one.
  expect(await namesOf('sessions')).toEqual(['newer', 'newer'])
})

test('whom a message tells of is held in the order of users, whatever the order in which they are named', async () => {
  // The later user is the one that is named first.
  const [{ userId: first }, { userId: second }] = [await arrive('T_z'), await arrive('T_a')]
  const tellsOf = (...subjects: (string | { prefix: string })[]) =>
    stores.receivedEvents.act({
      ...{ provider: 'kakao', id: null, at: Date.now(), deletesUsers: false, asker: null as never },
      events: subjects.map((subject) => ({ kind: 'consent_withdrawn', subject, told: 'revoked' })),
    })
  const whileOneIsHeld = async (one: string, way: () => Promise<unknown>) => {
    const { isFree, done } = await database.sql.begin(async (lock) => {
      await lock.unsafe(`select from latchkey.users where id = '${one}' for update`)
      const done = way()
      await untilHeldUp({ database })
      const free = await lock.unsafe(
        `select id from latchkey.users where id <> '${one}' and id in ('${first}', '${second}') for update skip locked`,
      )
      return { isFree: free.length === 1, done }
    })
    expect(await done).toMatchObject({ outcome: 'acted' })
    return isFree
  }
  for (const way of [() => tellsOf('T_a', 'T_z'), () => tellsOf({ prefix: 'T_' })]) {
    expect(await whileOneIsHeld(first, way)).toBe(true)
    expect(await whileOneIsHeld(second, way)).toBe(false)
  }
})

describe('what a provider tells of a person beside', () => {
  test('their deletion', async () => {
    const caller = await arrive('leaving')
    const [left, told] = await whileHeld(
      'leaving',
      () => stores.accounts.remove(caller, taking),
      () => tell('leaving'),
    )
    expect(left).toEqual({ outcome: 'removed' })
    expect(told).toMatchObject({ outcome: 'acted' })
  })

  test('an unlinking', async () => {
    const caller = await arrive('unlinking')
    const [unlinked, told] = await whileHeld(
      'unlinking',
      () => stores.identities.unlink(caller, 'kakao', taking),
      () => tell('unlinking'),
    )
    expect(unlinked).toMatchObject({ outcome: 'unlinked' })
    expect(told).toMatchObject({ outcome: 'acted' })
  })

  test('an identity that they link just now, which keeps their account', async () => {
    const subject = 'linking'
    const first = newSession()
    const { account } = await stores.signIns.signIn(
      ...([keyOf('kakao', subject), profileOf(subject), first, null] as const),
    )
    const caller = { userId: account.sub, sessionId: first.id }
    const github = { key: keyOf('github', subject), profile: profileOf(subject), tokens: null }
    const { all } = await database.sql.begin(async (lock) => {
      await lock.unsafe(`select from latchkey.users where id = '${caller.userId}' for update`)
      const linked = stores.identities.link(caller, github, null)
      await untilHeldUp({ database }, 1)
      const told = tell(subject, true)
      await untilHeldUp({ database }, 2)
      return { all: Promise.all([linked, told]) }
    })
    expect(await all).toMatchObject([{ outcome: 'linked' }, { outcome: 'acted', users: 0 }])
    const again = await stores.signIns.signIn(github.key, github.profile, newSession())
    expect(again.account.sub).toBe(caller.userId)
  })
})
