import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOwnPostgres, type OwnPostgres } from '../helpers/own-postgres.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { PEOPLE, startLoad } from './load.ts'
import { SCENES } from './scenes.ts'

// Real processes, a real PostgreSQL, and people who never pause. Whatever happens to the database: only
// stated statuses in bounded time, nobody gets another's answer, nothing that was answered is lost, the
// processes live, and all heals by itself.

let postgres: OwnPostgres
let folder: Awaited<ReturnType<typeof newFolder>>
const replicas: ServerProcess[] = []

beforeAll(async () => {
  postgres = await createOwnPostgres()
  folder = await newFolder()
  const ports = [await freePort(), await freePort()]
  for (const port of ports) {
    replicas.push(
      startServerProcess(
        {
          DATA_DIR: join(folder.path, `data-${port}`),
          DATABASE_URL: postgres.url,
          DATABASE_POOL: '4',
          SECRET: 'a secret of the tests with more than 32 characters',
          EMULATE: 'all',
          ACCOUNT_LINKING: 'explicit',
          RATE_LIMIT: 'off',
        },
        { cwd: folder.path, port },
      ),
    )
  }
  await Promise.all(replicas.map(({ serving }) => serving))
})
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()))
  await postgres.remove()
  await folder.remove()
})

describe('while people sign in, read and refresh', () => {
  test.each(SCENES.map((scene) => [scene.name, scene] as const))('%s', async (_, scene) => {
    // Each person stays at one replica: the emulators of two have subjects of their own.
    const loads = replicas.map(({ url }, place) =>
      startLoad(
        [url],
        PEOPLE.filter((_, turn) => turn % replicas.length === place),
      ),
    )
    const healed = () => Promise.all(loads.map((load) => load.heals(20_000)))
    expect(await healed()).toEqual([true, true])
    await scene.play(postgres)
    expect(await healed()).toEqual([true, true])
    await Promise.all(loads.map((load) => load.end()))
    expect(loads.flatMap(({ wrong }) => wrong)).toEqual([])
    // The fault was felt, or this would show nothing.
    const felt = loads.flatMap(({ counts }) => [...counts.keys()])
    expect(felt.filter((answer) => answer.endsWith(' 503'))).not.toEqual([])
    for (const { child } of replicas) expect(child.exitCode).toBeNull()
  })
})
