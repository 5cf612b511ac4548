import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/db/client.ts'
import { DriverError, requireMendedDriver } from '../../../src/db/connection/driver.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { copyDriver, driverFolder } from '../../helpers/driver.ts'

// Each fault is shown twice: the driver as it is published has it, the mended one does not.

let database: TestDatabase
let published: Awaited<ReturnType<typeof copyDriver>>
let mended: typeof published

beforeAll(async () => {
  database = await createTestDatabase()
  published = await copyDriver({ mended: false })
  mended = await copyDriver({ mended: true })
})
afterAll(async () => {
  await Promise.all([database.drop(), published.remove(), mended.remove()])
})

/** What one client of the real server gives, once by the published driver and once by the mended one. */
async function byBoth<T>(
  work: (sql: postgres.Sql) => Promise<T>,
  options: object = {},
): Promise<{ published: T; mended: T }> {
  const results: T[] = []
  for (const driver of [published, mended]) {
    const open = await driver.load()
    const sql = open({ ...database.connection, max: 1, onnotice: () => {}, ...options })
    results.push(await work(sql))
    await sql.end({ timeout: 0 })
  }
  return { published: results[0] as T, mended: results[1] as T }
}

const FAILS_IN_ITS_SECOND_ROW = 'select 1 / (2 - i) as row from generate_series(1, 5) i'
const NUMBERS = 'select i from generate_series(1, 3) i'

describe('a result begins with its own first row', () => {
  test('also after a statement that failed behind its first row', async () => {
    const { published, mended } = await byBoth(async (sql) => {
      await expect(sql.unsafe(FAILS_IN_ITS_SECOND_ROW)).rejects.toMatchObject({ code: '22012' })
      return [...(await sql.unsafe(NUMBERS))]
    })
    expect(mended).toEqual([{ i: 1 }, { i: 2 }, { i: 3 }])
    expect(published).toHaveLength(4)
  })

  test('also after a statement whose connection was ended behind its first row', async () => {
    const { published, mended } = await byBoth(
      async (sql) => {
        const killed = `${NUMBERS} union all select (select count(*)::int from generate_series(1, 300000)
          where pg_terminate_backend(pg_backend_pid()))`
        await expect(sql.unsafe(killed)).rejects.toThrow()
        return sql.unsafe(NUMBERS).then(
          (rows) => [...rows],
          (error: { code: string }) => error.code,
        )
      },
      { backoff: () => 0.01 },
    )
    expect(mended).toEqual([{ i: 1 }, { i: 2 }, { i: 3 }])
    // The refusal of the statement before.
    expect(published).toBe('57P01')
  })

  test('also behind a statement that was cancelled while it waited on the wire', async () => {
    const { published, mended } = await byBoth(async (sql) => {
      await sql`select 0`
      const slow = sql.unsafe('select pg_sleep(1), 1 as one')
      const waiting = sql.unsafe("select 'two' as answer")
      const neighbour = sql.unsafe("select 'three' as answer")
      for (const query of [slow, waiting]) query.catch(() => {})
      const answer = neighbour.then(
        ([row]) => row?.answer,
        () => undefined,
      )
      await wait(50)
      waiting.cancel()
      return answer
    })
    // The cancel may meet the neighbour, which is then refused; it never gets another's answer.
    expect([undefined, 'three']).toContain(mended)
    expect(published).toBe('two')
  })
})

describe('a transaction whose connection is lost', () => {
  /** What comes of a statement of a transaction whose connection was ended, and whose place was taken. */
  async function loseConnectionOf(one: postgres.TransactionSql, sql: postgres.Sql) {
    await one`insert into marks values ('before')`
    const [own] = await one`select pg_backend_pid() as pid`
    const other = (await mended.load())({ ...database.connection, max: 1 })
    await other`select pg_terminate_backend(${own?.pid})`
    await other.end()
    // Somebody else has the slot connect anew.
    await Promise.allSettled([sql`select 1`, sql`select 2`])
    const statement = one`insert into marks values ('after')`.then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    return Promise.race([statement, wait(5_000, 'waiting')])
  }

  test('runs nothing more, and leaves nothing waiting', async () => {
    const outcome = await byBoth(
      async (sql) => {
        await sql.unsafe('drop table if exists marks; create table marks (mark text)')
        let inside: Promise<string> | undefined
        const transaction = sql.begin((one) => {
          inside = loseConnectionOf(one, sql)
          return inside
        })
        // It is refused as soon as its connection is lost, while what is in it goes on.
        await expect(transaction).rejects.toThrow()
        const after = await inside
        return { after, marks: (await sql`select mark from marks`).map(({ mark }) => mark) }
      },
      { backoff: () => 0.01 },
    )
    expect(outcome.mended).toEqual({ after: 'CONNECTION_CLOSED', marks: [] })
    expect(outcome.published).toEqual({ after: 'done', marks: ['after'] })
  })
})

test('a statement during which the server ends the connection is told why', async () => {
  const ended = await byBoth(
    async (sql) => {
      const told = (query: Promise<{ one?: number }[]>) =>
        query.then(
          ([row]) => row?.one,
          ({ code }) => code,
        )
      return [
        await told(sql`select pg_terminate_backend(pg_backend_pid())`),
        await told(sql`select 1 as one`),
      ]
    },
    { backoff: () => 0.01 },
  )
  // As published, the next statement is refused for it.
  expect(ended).toEqual({ published: ['CONNECTION_CLOSED', '57P01'], mended: ['57P01', 1] })
})

test('a server that closes during the start-up fails the statement, and is not tried without a pause', async () => {
  const tries = async (driver: typeof mended) => {
    let connections = 0
    let triedOften = () => {}
    const often = new Promise<string>((resolve) => {
      triedOften = () => resolve('tried often')
    })
    const server = createServer((socket) => {
      connections += 1
      if (connections > 10) triedOften()
      socket.on('error', () => {})
      socket.once('data', () => socket.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const open = await driver.load()
    const sql = open({ host: '127.0.0.1', port, max: 1, connect_timeout: 1, username: 'nobody' })
    const outcome = await Promise.race([
      sql`select 1`.then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
      often,
    ])
    const tried = connections
    server.close()
    await sql.end({ timeout: 0 })
    return { outcome, tried }
  }
  expect(await tries(mended)).toEqual({ outcome: 'CONNECTION_CLOSED', tried: 1 })
  expect(await tries(published)).toMatchObject({ outcome: 'tried often' })
})

describe('the process lives', () => {
  const scene = fileURLToPath(new URL('../../helpers/driver-in-process.mjs', import.meta.url))
  const run = (driver: typeof mended, name: string) =>
    promisify(execFile)(
      process.execPath,
      [scene, driver.entry, name, JSON.stringify(database.connection)],
      { timeout: 30_000 },
    ).then(
      ({ stdout }) => stdout,
      (error: { stderr: string }) => /(TypeError: .*)/.exec(error.stderr)?.[1] ?? error.stderr,
    )

  /** What ends the published driver's process, which chance may spare once or twice. */
  const runUntilItEnds = async (name: string) => {
    let outcome = await run(published, name)
    for (let more = 4; more > 0 && outcome.startsWith('healed'); more--) {
      outcome = await run(published, name)
    }
    return outcome
  }

  test('while connections break under load', async () => {
    expect(await run(mended, 'broken connections')).toBe('healed after some answers')
    expect(await runUntilItEnds('broken connections')).toMatch(
      /reading 'write'|triggerUncaughtException/,
    )
  })

  test('while connections break that are at their start', async () => {
    expect(await run(mended, 'broken starts')).toBe('healed after some answers')
    expect(await runUntilItEnds('broken starts')).toMatch(/triggerUncaughtException|TypeError/)
  })

  test('where a tool prepares stack traces as something else than text', async () => {
    expect(await run(mended, 'stack traces')).toBe('rejected with ECONNREFUSED')
    expect(await run(published, 'stack traces')).toContain('query.origin.replace')
  })

  test('where a server speaks nonsense while it is signed in to', async () => {
    expect(await run(mended, 'broken sign-in')).toBe('rejected with an error')
    expect(await run(published, 'broken sign-in')).toContain('TypeError')
  })
})

describe('the start', () => {
  test('goes on with the mended driver, and refuses the published one, another version and another text', async () => {
    expect(() => requireMendedDriver()).not.toThrow()
    expect(() => requireMendedDriver(mended.folder)).not.toThrow()
    expect(() => requireMendedDriver(published.folder)).toThrow(DriverError)
    const other = await copyDriver({ mended: true })
    const path = join(other.folder, 'src/index.js')
    await writeFile(path, `${await readFile(path, 'utf8')}\n// A newer one.\n`)
    expect(() => requireMendedDriver(other.folder)).toThrow('node patches/apply.mjs')
    await other.remove()
  })

  test('knows the driver that the patch makes', async () => {
    const apply = fileURLToPath(new URL('../../../patches/apply.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [apply, '--digest'])
    const known = await readFile(
      fileURLToPath(new URL('../../../src/db/connection/driver.ts', import.meta.url)),
    )
    expect(known.toString()).toContain(stdout.split(' ')[0])
    expect(driverFolder).toContain('node_modules')
  })
})

describe('behind the driver', () => {
  test('a result that is not as long as the server counted is an error, and its connections are dropped', async () => {
    const mixed = openDatabase(database.connection, { connections: 1, prepare: true })
    const whole = await mixed.query<{ pid: number }>('select pg_backend_pid() as pid', [])
    // What a driver of another kind of fault would do.
    const { unsafe } = mixed.sql
    mixed.sql.unsafe = ((...args: Parameters<typeof unsafe>) =>
      unsafe(...args).then((rows) => Object.assign(rows, { 1: rows[0] }))) as never
    await expect(mixed.query('select pg_backend_pid() as pid', [])).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      evidence: { reason: 'mixed_up' },
    })
    const after = await mixed.query<{ pid: number }>('select pg_backend_pid() as pid', [])
    expect(after).toHaveLength(1)
    expect(after[0]?.pid).not.toBe(whole[0]?.pid)
    await mixed.close()
  })
})

test('what a result knows beside its rows is read as in the published driver, and is no row', async () => {
  const { published, mended } = await byBoth(async (sql) => {
    const rows = await sql.unsafe(NUMBERS, [], { prepare: true })
    const { count, command, columns, statement } = rows
    return {
      keys: Object.keys(rows),
      json: JSON.stringify(rows),
      count,
      command,
      columns,
      statement,
    }
  })
  const known = {
    count: 3,
    command: 'SELECT',
    columns: [{ name: 'i' }],
    statement: { string: NUMBERS },
  }
  expect(mended).toMatchObject({ keys: ['0', '1', '2'], ...known })
  expect(published).toMatchObject({ keys: ['0', '1', '2'], json: mended.json, ...known })
})

test('of free connections the one is taken that rested shortest, while others are idle', async () => {
  const { published, mended } = await byBoth(
    async (sql) => {
      await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.2)`))
      const used = new Set<unknown>()
      for (let asked = 0; asked < 6; asked++)
        used.add((await sql`select pg_backend_pid() as pid`)[0]?.pid)
      return used.size
    },
    { max: 3 },
  )
  expect({ published, mended }).toEqual({ published: 3, mended: 1 })
})

describe('a pool that was ended has no connection left', () => {
  /** What came of it, and how many of the pool's connections the server still has a moment later. */
  const ended = async (
    { load }: typeof published,
    work: (sql: postgres.Sql) => Promise<unknown>,
  ): Promise<{ result: unknown; left: number }> => {
    const name = `pool ${randomUUID()}`
    const open = await load()
    const options = { ...database.connection, max_pipeline: 0, onnotice: () => {} }
    const watching = open({ ...options, max: 1 })
    // Asking for TLS is one step more until a connection is made.
    const connection = { application_name: name }
    const result = await work(open({ ...options, max: 3, ssl: 'prefer', connection }))
    await wait(300)
    const [row] = await watching`
      select count(*)::int from pg_stat_activity where application_name = ${name}`
    await watching.end()
    return { result, left: row?.count }
  }
  const outcome = (query: Promise<unknown>) =>
    query.then(
      () => 'answered',
      (error) => error.code,
    )

  test('where they were just being made', async () => {
    const work = async (sql: postgres.Sql) => {
      const asked = [1, 2, 3].map((i) => outcome(sql.unsafe(`select ${i}`)))
      await sql.end({ timeout: 0 })
      return Promise.all(asked)
    }
    const result = ['CONNECTION_DESTROYED', 'CONNECTION_DESTROYED', 'CONNECTION_DESTROYED']
    // On a busy machine not all of them are there by then.
    const before = await ended(published, work)
    expect(before).toEqual({ result, left: expect.any(Number) })
    expect(before.left).toBeGreaterThan(0)
    expect(await ended(mended, work)).toEqual({ result, left: 0 })
  })

  test('where statements still waited for one, which are refused', async () => {
    const work = async (sql: postgres.Sql) => {
      await Promise.all([1, 2, 3].map((i) => sql.unsafe(`select ${i}`)))
      const asked = [1, 2, 3, 4, 5].map((i) => outcome(sql.unsafe(`select ${i}, pg_sleep(0.1)`)))
      await wait(10)
      await sql.end({ timeout: 5 })
      return Promise.all(asked)
    }
    const begun = ['answered', 'answered', 'answered']
    expect(await ended(published, work)).toEqual({
      result: [...begun, 'answered', 'answered'],
      left: 2,
    })
    expect(await ended(mended, work)).toEqual({
      result: [...begun, 'CONNECTION_ENDED', 'CONNECTION_ENDED'],
      left: 0,
    })
  })
})

test('a statement costs the same after a hundred thousand others, though a connection was always free', async () => {
  const afterMany = async ({ folder }: { folder: string }) => {
    const { default: Queue } = (await import(pathToFileURL(join(folder, 'src/queue.js')).href)) as {
      default: () => FreeConnections
    }
    const queue = Queue()
    for (let place = 0; place < 10; place++) queue.push({ place })
    const statements = (amount: number) => {
      const began = performance.now()
      for (let done = 0; done < amount; done++) {
        const connection = queue.shift()
        queue.remove(connection)
        queue.push(connection)
      }
      return performance.now() - began
    }
    const few = () => Math.min(statements(1_000), statements(1_000), statements(1_000))
    const first = few()
    statements(94_000)
    const times = few() / first
    const order = Array.from({ length: 10 }, () => queue.shift().place)
    return { times, order, left: queue.length }
  }
  const inOrder = { order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], left: 0 }
  expect(await afterMany(published)).toEqual({ times: expect.toSatisfy(over(20)), ...inOrder })
  expect(await afterMany(mended)).toEqual({ times: expect.not.toSatisfy(over(20)), ...inOrder })
})

const over = (limit: number) => (times: number) => times > limit

interface FreeConnections {
  length: number
  push(connection: { place: number }): void
  shift(): { place: number }
  remove(connection: { place: number }): void
}
