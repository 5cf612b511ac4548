import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const NEEDED_BYTES = 4 * 1024 ** 3
const PREFIX = 'latchkey-tests-'
const OLD_MS = 24 * 60 * 60_000

/**
 * A folder for all that a test run writes, in memory where the machine has enough of it and runs
 * programs from there: on a disk a new database costs ten times as much. Everybody may enter it.
 */
export async function makeScratch(): Promise<{ path: string; remove(): Promise<void> }> {
  await removeLeftovers()
  const inMemory = (await hasRoom()) ? await makeFolder(MEMORY) : null
  if (inMemory !== null && (await canRunFrom(inMemory.path))) return inMemory
  await inMemory?.remove()
  return makeFolder(tmpdir())
}

async function makeFolder(parent: string) {
  const path = await mkdtemp(join(parent, PREFIX))
  await chmod(path, 0o1777)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

async function hasRoom(): Promise<boolean> {
  const found = await statfs(MEMORY).catch(() => null)
  if (found === null || freemem() < NEEDED_BYTES) return false
  return found.bavail * found.bsize >= NEEDED_BYTES
}

/** Containers may forbid it. */
async function canRunFrom(folder: string): Promise<boolean> {
  const program = join(folder, 'program')
  try {
    await writeFile(program, '#!/bin/sh\n', { mode: 0o755 })
    execFileSync(program)
    return true
  } catch {
    return false
  } finally {
    await rm(program, { force: true })
  }
}

/** What a run that was killed left there takes memory until the machine starts anew. */
async function removeLeftovers(): Promise<void> {
  const names = await readdir(MEMORY).catch(() => [])
  for (const path of names.filter((name) => name.startsWith(PREFIX)).map((n) => join(MEMORY, n))) {
    const found = await stat(path).catch(() => null)
    const isOld = found !== null && Date.now() - found.mtimeMs > OLD_MS
    // That of another user stays.
    if (isOld) await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}
