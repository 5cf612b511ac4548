import { describe, expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { RunStatement } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { HOLD_USER } from '../../../src/db/stores/sign-in/join-statements.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

// 11.16 Identities, users, sessions, each in the order of their keys: a ring is made where anybody locks
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
 * Once they are, the person signs in on another device, whose sign-in holds their identity and wants them.
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
      other = database.sql.begin(async (theirs) => {
        await theirs.unsafe(
          `select from latchkey.identities where user_id = '${userId}' order by provider for update`,
        )
        await theirs.unsafe(`update latchkey.users set updated_at = now() where id = '${userId}'`)
      })
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
