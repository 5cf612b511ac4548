import { and, eq, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { seconds } from '../../src/db/expressions.ts'
import { finishedFlows, refreshTokens, sessions, users } from '../../src/db/schema.ts'
import { db, insertFrom, type Placeholders, statement } from '../../src/db/statement.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

const ADD = statement((p: Placeholders<{ id: string; name: string | null }>) =>
  db.insert(users).values({ id: p.id, name: p.name }).onConflictDoNothing().returning({
    id: users.id,
    createdAt: users.createdAt,
  }),
)

const FIND = statement((p: Placeholders<{ id: string }>) =>
  db
    .select({
      owner: users.id,
      called: users.name,
      year: sql<number>`extract(year from now())::int`,
    })
    .from(users)
    .where(eq(users.id, p.id))
    .limit(1),
)

const FIND_ANY = statement((p: Placeholders<{ ids: readonly string[] }>) =>
  db.select({ id: users.id }).from(users).where(sql`${users.id} = any(${p.ids}::uuid[])`),
)

type Opening = { id: string; user: string; hash: Buffer; ttl: number }

/** Several parts in one: what it inserts depends on what it updates. */
const RENAME_AND_OPEN = statement((p: Placeholders<Opening>) => {
  const renamed = db
    .$with('renamed')
    .as(
      db
        .update(users)
        .set({ name: 'Minji' })
        .where(eq(users.id, p.user))
        .returning({ id: users.id }),
    )
  const session = db.$with('session', { id: sessions.id }).as(
    insertFrom(
      sessions,
      {
        id: p.id,
        userId: renamed.id,
        clientId: sql`'spa'`,
        provider: sql`'google'`,
        scope: sql`''`,
        expiresAt: sql`now() + ${seconds(p.ttl)}`,
      },
      sql`from ${renamed} returning id`,
    ),
  )
  const token = db
    .$with('token', { sessionId: refreshTokens.sessionId })
    .as(
      insertFrom(
        refreshTokens,
        { hash: p.hash, sessionId: session.id, expiresAt: sql`now()` },
        sql`from ${session} returning session_id`,
      ),
    )
  return db.with(renamed, session, token).select({ opened: token.sessionId }).from(token)
})

const person = alias(users, 'person')

const FIND_TOKEN = statement((p: Placeholders<{ hash: Buffer; user: string }>) =>
  db
    .select({ sessionId: refreshTokens.sessionId, name: person.name, until: sessions.expiresAt })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(person, eq(person.id, sessions.userId))
    .where(and(eq(refreshTokens.hash, p.hash), eq(person.id, p.user)))
    .for('update', { of: person }),
)

describe.each([
  { name: 'prepared', prepare: true },
  { name: 'unnamed', prepare: false },
])('statements from the schema, $name', ({ prepare }) => {
  let testDatabase: TestDatabase
  let database: Database

  beforeAll(async () => {
    testDatabase = await createTestDatabase()
    database = openDatabase(testDatabase.connection, { connections: 2, prepare })
  })
  afterAll(async () => {
    await database.close()
    await testDatabase.drop()
  })

  it('take parameters by name and give rows by the names that were selected', async () => {
    const id = uuidv7()
    const added = await ADD.one(database.query, { name: 'Ann', id })
    expect(added).toEqual({ id, createdAt: expect.any(Date) })
    expect(await ADD.one(database.query, { name: null, id })).toBeNull()
    const found = await FIND.all(database.query, { id })
    expect(found).toEqual([{ owner: id, called: 'Ann', year: expect.any(Number) }])
    const other = uuidv7()
    expect(await FIND_ANY.all(database.query, { ids: [other, id] })).toEqual([{ id }])
    expect(await FIND_ANY.count(database.query, { ids: [other] })).toBe(0)
  })

  it('keep null apart from what is there', async () => {
    const id = uuidv7()
    await ADD.one(database.query, { id, name: null })
    expect(await FIND.one(database.query, { id })).toMatchObject({ owner: id, called: null })
  })

  it('change several tables in one, also within a transaction', async () => {
    const [user, id, hash] = [uuidv7(), uuidv7(), Buffer.from(uuidv7())]
    await database.transaction(async (run) => {
      await ADD.one(run, { id: user, name: null })
      expect(await RENAME_AND_OPEN.one(run, { id, user, hash, ttl: 60 })).toEqual({ opened: id })
    })
    expect(await FIND_TOKEN.one(database.query, { hash, user })).toEqual({
      sessionId: id,
      name: 'Minji',
      until: expect.any(Date),
    })
    expect(await FIND_TOKEN.one(database.query, { hash, user: uuidv7() })).toBeNull()
  })

  it('send what stands several times once for each type that it is said to have', async () => {
    const id = uuidv7()
    await ADD.one(database.query, { id, name: 'Ann' })
    const found = statement((p: Placeholders<{ id: string; name: string; other: string }>) =>
      db
        .select({ id: users.id, said: sql<string>`${p.name}::text` })
        .from(users)
        .where(
          and(
            eq(users.id, p.id),
            or(eq(users.name, p.name), eq(users.name, p.other), eq(users.picture, p.name)),
            sql`${p.id}::text <> ${p.other}`,
          ),
        ),
    )
    const values = { id, name: 'Ann', other: 'Bob' }
    expect(found.bind(values)).toEqual(['Ann', id, 'Ann', 'Bob', id])
    expect(await found.all(database.query, values)).toEqual([{ id, said: 'Ann' }])
    expect(await found.all(database.query, { ...values, name: 'Eve' })).toEqual([])
  })

  it('refuse a selection that is nested', () => {
    const build = () => statement(() => db.select({ flow: finishedFlows }).from(finishedFlows))
    expect(() => build().text).toThrow('must not be nested')
  })
})
