import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { LatchkeyError } from '../../../../src/core/errors.ts'
import { toProfile } from '../../../../src/core/identity/profile.ts'
import { type Database, openDatabase } from '../../../../src/db/client.ts'
import { createStores } from '../../../../src/db/stores/index.ts'
import { createTestDatabase } from '../../../helpers/database.ts'
import { RULES } from '../../../helpers/rules.ts'
import { newSession } from '../../../helpers/stores.ts'
import { describeStores } from '../describe-stores.ts'

/** Two replicas over one database. */
async function openReplicas(prepare: boolean) {
  const testDatabase = await createTestDatabase()
  const open = () => openDatabase(testDatabase.connection, { connections: 8, prepare })
  return { testDatabase, replicas: [open(), open()] as [Database, Database] }
}

describeStores('PostgreSQL', async () => {
  const { testDatabase, replicas } = await openReplicas(true)
  const run = async (text: string, parameters: unknown[]) => {
    await replicas[0].query(text, parameters)
  }
  return {
    ports: (replica, rules) => createStores(replicas[replica], { ...RULES, ...rules }),
    disable: (userId, disabled) =>
      run('update latchkey.users set disabled_at = case when $2 then now() end where id = $1', [
        userId,
        disabled,
      ]),
    edit: (userId, name) =>
      run('update latchkey.users set name = $2 where id = $1', [userId, name]),
    endSession: (sessionId) =>
      run('update latchkey.sessions set ended_at = now() where id = $1', [sessionId]),
    identitiesOf: async (userId) =>
      (await replicas[0].query('select from latchkey.identities where user_id = $1', [userId]))
        .length,
    async count() {
      const [row] = await replicas[0].query<Record<'users', number>>(
        `select (select count(*)::int from latchkey.users) as users,
           (select count(*)::int from latchkey.identities) as identities,
           (select count(*)::int from latchkey.sessions) as sessions,
           (select count(*)::int from latchkey.refresh_tokens) as "refreshTokens"`,
        [],
      )
      return row as never
    },
    async session(sessionId) {
      const [row] = await replicas[0].query(
        `select user_id as "userId", client_id as "clientId", provider, scope,
           user_agent as "userAgent", address,
           (select coalesce(json_agg(encode(hash, 'hex')), '[]') from latchkey.refresh_tokens r
             where r.session_id = s.id) as "refreshTokens"
         from latchkey.sessions s where id = $1`,
        [sessionId],
      )
      return (row ?? null) as never
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()))
      await testDatabase.drop()
    },
  }
})

describe('PostgreSQL and text that it cannot hold', () => {
  let database: Database

  beforeAll(async () => {
    // Without prepared statements, as behind a pooler; with them is how all other tests run.
    const { testDatabase, replicas } = await openReplicas(false)
    database = replicas[0]
    return async () => {
      await Promise.all(replicas.map((replica) => replica.close()))
      await testDatabase.drop()
    }
  })

  const users = async () => (await database.query('select id from latchkey.users', [])).length
  const signIn = (subject: string, profile: Parameters<typeof toProfile>[0]) =>
    createStores(database, RULES).signIns.signIn(
      { provider: 'google', issuer: '', subject },
      { ...toProfile(profile), subject },
      newSession(),
    )

  test('7.24 NUL in a profile never reaches SQL', async () => {
    const subject = randomUUID()
    const { account } = await signIn(subject, {
      subject,
      name: 'A\u0000nn',
      email: 'ann\u0000@example.com',
      emailVerified: true,
      picture: 'https://img.example.com/\u0000a',
      locale: 'ko\u0000',
    })
    expect(account).toMatchObject({ name: 'Ann', picture: 'https://img.example.com/%00a' })
    for (const claim of ['email', 'locale']) expect(account).not.toHaveProperty(claim)
    expect(() => toProfile({ subject: `${subject}\u0000` })).toThrow(/not a subject/)
  })

  test('7.24 NUL that would reach it is refused whole, and the error tells no value', async () => {
    const before = await users()
    const subject = randomUUID()
    const error: LatchkeyError = await signIn(`${subject}\u0000`, { subject, name: 'Ann' }).then(
      () => expect.unreachable('it was not refused'),
      (refusal) => refusal,
    )
    expect(error).toMatchObject({ code: 'server_error', evidence: { database: '22021' } })
    expect(JSON.stringify([error, error.message, error.cause])).not.toContain(subject)
    expect(await users()).toBe(before)
    await signIn(subject, { subject, name: 'Ann' })
    expect(await users()).toBe(before + 1)
  })
})
