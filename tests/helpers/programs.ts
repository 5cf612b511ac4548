import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { vi } from 'vitest'
import type { ServerUser } from '../../src/db/embedded/folder.ts'
import { startWatched } from '../../src/db/embedded/process.ts'

/** Whether this file can be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first of these programs in PATH, or where Debian keeps servers; null where there is none. */
export function findProgram(...names: string[]): string | null {
  const { PATH: path = '' } = process.env
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin']
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return places.find(isExecutable) ?? null
}

/** Why the tests of a program are skipped, naming Debian's package; null where it is here. */
export const whyMissing = (program: string, debianPackage = program): string | null =>
  findProgram(program) === null ? `needs ${program}: apt-get install ${debianPackage}` : null

/**
 * Starts a program in the foreground and waits until it answers. Gives what ends it; it also ends
 * with this process, however that ends. No two may have the same `file`, its configuration.
 */
export async function startProgram(
  program: string,
  args: string[],
  answers: () => Promise<unknown>,
  options: { file: string; env?: Record<string, string>; user?: ServerUser | undefined },
): Promise<() => Promise<void>> {
  const { file, env = {}, user } = options
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const child = startWatched({
    command: '/usr/bin/env',
    args: [...variables, findProgram(program) ?? program, ...args],
    data: file,
    // There are none to remove.
    sockets: `${file}.sockets`,
    user,
  })
  await vi.waitFor(answers, { timeout: 30_000 }).catch(async (error) => {
    await child.stop()
    throw new Error(`${program} does not answer: ${error}; it said ${child.lines.join('\n')}`)
  })
  return child.stop
}
