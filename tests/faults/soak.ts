import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createOwnPostgres } from '../helpers/own-postgres.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { PEOPLE, startLoad } from './load.ts'
import { SCENES } from './scenes.ts'

// `npm run soak -- 30m`: the faults of the tests, one after the other at random, for as long as you like.

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 }
const [, amount = '2', unit = 'm'] = /^(\d+)([smh])$/.exec(process.env.SOAK_FOR ?? '') ?? []
const soakMs = Number(amount) * UNITS[unit as keyof typeof UNITS]

/** What the process holds in memory, in MiB. */
const memoryOf = (pid = 0) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

/** What of it is in use once garbage is collected, in MiB: only this tells a leak from an idle collector. */
async function inUse({ child, stderr }: ServerProcess): Promise<number> {
  const said = () => [...stderr().matchAll(/^in use: (\d+) MiB$/gm)]
  const before = said().length
  child.kill('SIGUSR2')
  await expect.poll(() => said().length, { timeout: 20_000 }).toBeGreaterThan(before)
  return Number(said().at(-1)?.[1])
}

const tell = (line: string) => process.stdout.write(`${line}\n`)

test(
  'under faults that never end the processes live, answers stay right, and memory does not grow',
  async () => {
    const postgres = await createOwnPostgres()
    const folder = await newFolder()
    const started: ServerProcess[] = []
    // However it ends, nothing of it goes on.
    onTestFinished(async () => {
      await Promise.all(started.map((replica) => replica.stop()))
      await postgres.remove()
      await folder.remove()
    })
    const replicas = await Promise.all(
      [await freePort(), await freePort()].map(async (port) => {
        const env = {
          DATA_DIR: join(folder.path, `data-${port}`),
          DATABASE_URL: postgres.url,
          DATABASE_POOL: '4',
          SECRET: 'a secret of the tests with more than 32 characters',
          EMULATE: 'all',
          ACCOUNT_LINKING: 'explicit',
          RATE_LIMIT: 'off',
          NODE_OPTIONS: `--import ${join(import.meta.dirname, 'living-memory.mjs')}`,
        }
        const replica = startServerProcess(env, { cwd: folder.path, port })
        started.push(replica)
        await replica.serving
        return replica
      }),
    )
    const loads = replicas.map(({ url }, place) =>
      startLoad(
        [url],
        PEOPLE.filter((_, turn) => turn % replicas.length === place),
      ),
    )
    const memory = async () => {
      const used = await Promise.all(replicas.map(inUse))
      const held = replicas.map(({ child }) => memoryOf(child.pid))
      return { used, text: `${held.join(', ')} MiB, in use ${used.join(', ')} MiB` }
    }
    const play = async (forMs: number) => {
      const end = Date.now() + forMs
      do {
        const scene = SCENES[Math.floor(Math.random() * SCENES.length)]
        await scene?.play(postgres)
        const healed = await Promise.all(loads.map((load) => load.heals(30_000)))
        expect(healed, scene?.name).toEqual([true, true])
        const wrong = loads.flatMap((load) => load.wrong)
        const ids = wrong.flatMap((what) => /"request_id":"([^"]+)"/.exec(what)?.[1] ?? [])
        const lines = replicas.flatMap(({ stdout }) => stdout().split('\n'))
        const said = lines.filter((line) => ids.some((id) => line.includes(id)))
        expect(wrong, said.join('\n')).toEqual([])
        tell(`${new Date().toISOString()} healed: ${scene?.name}; memory ${(await memory()).text}`)
      } while (Date.now() < end)
    }
    // Until caches are full and code is warm, memory grows for good reason.
    await play(soakMs / 3)
    const before = await memory()
    tell(`memory at the start: ${before.text}`)
    await play((soakMs * 2) / 3)
    await Promise.all(loads.map((load) => load.end()))
    const after = await memory()
    tell(`memory at the end: ${after.text}`)
    tell(`answers: ${JSON.stringify(loads.map(({ counts }) => Object.fromEntries(counts)))}`)
    for (const [place, now] of after.used.entries()) {
      // What is remembered of tokens and of the emulator's logins is bounded, and less than this.
      expect(now).toBeLessThan((before.used[place] ?? 0) + 20)
    }
  },
  soakMs + 600_000,
)
