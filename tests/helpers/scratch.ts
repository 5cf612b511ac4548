import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const NEEDED_BYTES = 4 * 1024 ** 3

/**
 * A folder for all that a test run writes, in memory where the machine has enough of it and runs
 * programs from there: on a disk a new database costs ten times as much. Everybody may enter it.
 */
export async function makeScratch(): Promise<{ path: string; remove(): Promise<void> }> {
  const inMemory = (await hasRoom()) ? await makeFolder(MEMORY) : null
  if (inMemory !== null && (await canRunFrom(inMemory.path))) return inMemory
  await inMemory?.remove()
  return makeFolder(tmpdir())
}

async function makeFolder(parent: string) {
  const path = await mkdtemp(join(parent, 'latchkey-tests-'))
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
