import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { ADMIN_CLI } from '../../../../src/core/events/audit.ts'
import { toProfile } from '../../../../src/core/identity/profile.ts'
import type { RunStatement } from '../../../../src/db/client.ts'
import { createAdminUsers } from '../../../../src/db/stores/account/admin-users.ts'
import { newSession, useStores } from '../../../helpers/stores.ts'

const { database, stores } = useStores({ defaultRoles: ['member'] })

async function signIn(subject = randomUUID(), email = `${randomUUID()}@example.com`) {
  const session = newSession()
  const key = { provider: 'google', issuer: '', subject }
  const profile = toProfile({ subject, email, emailVerified: true })
  const { account } = await stores.signIns.signIn(key, profile, session)
  return { userId: account.sub, sessionId: session.id, subject, email }
}

const idsOf = async (text: string) =>
  (await stores.adminUsers.find(text, { after: null, limit: 10 })).map(({ sub }) => sub)

test('users are found by id, subject and the beginning of an address, and by nothing that only looks alike', async () => {
  const email = `Zoe.${randomUUID()}@example.com`
  const { userId, subject } = await signIn(randomUUID(), email)
  await signIn()
  for (const text of [
    userId,
    userId.toUpperCase(),
    subject,
    email,
    email.toUpperCase(),
    email.slice(0, 12),
  ]) {
    expect([text, await idsOf(text)]).toEqual([text, [userId]])
  }
  for (const text of [email.slice(1), '%', 'zoe_', randomUUID(), "'"]) {
    expect([text, await idsOf(text)]).toEqual([text, []])
  }
})

test('all users come in pages, none twice and none left out', async () => {
  for (let count = 0; count < 5; count++) await signIn()
  const all: string[] = []
  for (let after: string | null = null; ; ) {
    const page = await stores.adminUsers.find('', { after, limit: 2 })
    all.push(...page.map(({ sub }) => sub))
    after = page.at(-1)?.sub ?? null
    if (page.length < 2) break
  }
  const rows = await database.query<{ id: string }>('select id from latchkey.users order by id', [])
  expect(all).toEqual(rows.map(({ id }) => id))
})

test('a user is shown with roles, sessions and whether it is disabled; roles are a set', async () => {
  const { userId } = await signIn()
  const { adminUsers } = stores
  expect(await adminUsers.show(userId)).toMatchObject({
    sub: userId,
    ...{ roles: ['member'], sessions: 1, disabled_at: null },
  })
  expect((await adminUsers.grantRole(userId, 'admin', ADMIN_CLI))?.roles).toEqual([
    'admin',
    'member',
  ])
  expect((await adminUsers.grantRole(userId, 'admin', ADMIN_CLI))?.roles).toEqual([
    'admin',
    'member',
  ])
  expect((await adminUsers.revokeRole(userId, 'member', ADMIN_CLI))?.roles).toEqual(['admin'])
  expect((await adminUsers.change(userId, { roles: ['b', 'a', 'b'] }, ADMIN_CLI))?.roles).toEqual([
    'a',
    'b',
  ])
  expect(await adminUsers.change(uuidv7(), { roles: ['a'] }, ADMIN_CLI)).toBeNull()
  expect(await adminUsers.show('no uuid')).toBeNull()
})

test('a disabled user is refused at once everywhere, and comes back where it is enabled', async () => {
  const { userId, sessionId, subject, email } = await signIn()
  const { adminUsers, accounts } = stores
  expect((await adminUsers.change(userId, { isDisabled: true }, ADMIN_CLI))?.disabled_at).toMatch(
    /Z$/,
  )
  expect(await accounts.findBySession({ userId, sessionId })).toBeNull()
  await expect(signIn(subject, email)).rejects.toMatchObject({
    code: 'access_denied',
    evidence: { reason: 'user_disabled' },
  })
  expect(
    (await adminUsers.change(userId, { isDisabled: false }, ADMIN_CLI))?.disabled_at,
  ).toBeNull()
  expect(await accounts.findBySession({ userId, sessionId })).toMatchObject({ sub: userId })
})

test('sessions end, and a user goes with all that it has; the export is the same as the own', async () => {
  const { userId, sessionId, subject, email } = await signIn()
  const { adminUsers, accounts } = stores
  const text = async (pieces: AsyncIterable<string> | null) => {
    let whole = ''
    for await (const piece of pieces ?? []) whole += piece
    return JSON.parse(whole) as { exported_at: string; sessions: unknown[] }
  }
  const own = await text(await accounts.exportBySession({ userId, sessionId }))
  const any = await text(await adminUsers.export(userId))
  expect({ ...any, exported_at: '' }).toEqual({ ...own, exported_at: '' })
  expect(any.sessions).toHaveLength(1)
  await signIn(subject, email)
  expect(await adminUsers.endSessions(userId, ADMIN_CLI)).toBe(2)
  expect(await adminUsers.endSessions(userId, ADMIN_CLI)).toBe(0)
  expect(await adminUsers.endSessions(uuidv7(), ADMIN_CLI)).toBeNull()
  expect(await accounts.findBySession({ userId, sessionId })).toBeNull()
  expect(await adminUsers.remove(userId, [], ADMIN_CLI)).toBe(true)
  expect(await adminUsers.remove(userId, [], ADMIN_CLI)).toBe(false)
  expect(await adminUsers.show(userId)).toBeNull()
})

test('a change is one step: its answer reads nothing behind it, and of two parts none is done alone', async () => {
  const rules = { trustedProviders: ['google'], accessTokenTtlSeconds: 600 }
  /** The store, where the database goes away behind so many statements. */
  const until = (count: number) => {
    let left = count
    const failing =
      (run: RunStatement): RunStatement =>
      (...asked) => {
        left -= 1
        if (left < 0) throw new Error('The database is away.')
        return run(...asked)
      }
    return createAdminUsers(
      {
        ...database,
        query: failing(database.query),
        transaction: (work) => database.transaction((run) => work(failing(run))),
      },
      rules,
    )
  }
  const { userId } = await signIn()
  const shown = () => stores.adminUsers.show(userId)
  const both = { isDisabled: true, roles: ['one'] }

  expect(await until(1).change(userId, { isDisabled: true }, ADMIN_CLI)).toEqual(await shown())
  expect(await until(1).change(userId, { isDisabled: false }, ADMIN_CLI)).toEqual(await shown())
  expect(await until(1).change(userId, { roles: ['two'] }, ADMIN_CLI)).toEqual(await shown())
  expect(await until(1).grantRole(userId, 'three', ADMIN_CLI)).toEqual(await shown())
  expect(await until(1).revokeRole(userId, 'three', ADMIN_CLI)).toEqual(await shown())

  await expect(until(1).change(userId, both, ADMIN_CLI)).rejects.toThrow('away')
  expect(await shown()).toMatchObject({ roles: ['two'], disabled_at: null, sessions: 1 })
  // The control: with one statement more it is done, and told as two things.
  expect(await until(2).change(userId, both, ADMIN_CLI)).toEqual(await shown())
  expect(await shown()).toMatchObject({ roles: ['one'], sessions: 0 })
  expect(
    (await stores.audit.list({ userId, limit: 50 }))
      .map(({ type }) => type)
      .slice(-2)
      .sort(),
  ).toEqual(['user.disabled', 'user.updated'])
})
