import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createOwnPostgres } from '../helpers/own-postgres.ts'
import type { ServerProcess } from '../helpers/server-process.ts'
import { startReplicas } from './replicas.ts'
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
    const replicas = await startReplicas(postgres, {
      NODE_OPTIONS: `--import ${join(import.meta.dirname, 'living-memory.mjs')}`,
    }).catch(async (error) => {
      await postgres.remove()
      throw error
    })
    // However it ends, nothing of it goes on.
    onTestFinished(async () => {
      await replicas.stop()
      await postgres.remove()
    })
    const { processes } = replicas
    const loads = replicas.startLoads({ longestPauseMs: 20 })
    const memory = async () => {
      const used = await Promise.all(processes.map(inUse))
      const held = processes.map(({ child }) => memoryOf(child.pid))
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
        const lines = processes.flatMap(({ stdout }) => stdout().split('\n'))
        const said = lines.filter((line) => ids.some((id) => line.includes(id)))
        expect(wrong, said.join('\n')).toEqual([])
        tell(`${new Date().toISOString()} healed: ${scene?.name}; memory ${(await memory()).text}`)
      } while (Date.now() < end)
    }
    expect(await Promise.all(loads.map((load) => load.warmsUp()))).toEqual([true, true])
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
