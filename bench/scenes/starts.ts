import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../database.ts'
import { startServerProcess } from '../server-process.ts'
import { latchkeyModule, type Stand } from '../stand.ts'

/** Milliseconds from the start of the process to its first answer, and bytes while nobody asks. */
export interface Starts {
  cold: number[]
  warm: number[]
  idle: number[]
}

/** How long nobody asks before the memory is read. */
const IDLE_MS = 5_000

/** Starts with no setting but the port: the embedded server and the emulator run too. */
export async function measureStarts(times: number): Promise<Starts> {
  const starts: Starts = { cold: [], warm: [], idle: [] }
  for (let round = 0; round < times; round++) {
    const folder = await makeFolder()
    try {
      for (const kind of ['cold', 'warm'] as const) {
        const before = performance.now()
        const server = await startServerProcess(latchkeyModule, { DATA_DIR: folder })
        starts[kind].push(performance.now() - before)
        if (kind === 'warm') {
          await sleep(IDLE_MS)
          starts.idle.push(await server.memory())
        }
        await server.stop()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return starts
}

/** Bytes of a server with a database of its own elsewhere, while nobody asks. */
export async function measureMemory(stand: Stand): Promise<number> {
  const { server } = await stand.latchkey({})
  await sleep(IDLE_MS)
  const memory = await server.memory()
  await server.stop()
  return memory
}
