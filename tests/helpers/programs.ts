import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { vi } from 'vitest'

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
 * with this process.
 */
export async function startProgram(
  program: string,
  args: string[],
  answers: () => Promise<unknown>,
  options: { env?: Record<string, string>; uid?: number; gid?: number } = {},
): Promise<() => Promise<void>> {
  const { env, ...user } = options
  const child: ChildProcess = spawn(findProgram(program) ?? program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const end = () => child.kill()
  process.once('exit', end)
  const stop = async () => {
    process.off('exit', end)
    end()
    await ended
  }
  await vi.waitFor(answers, { timeout: 10_000 }).catch(async (error) => {
    await stop()
    throw new Error(`${program} does not answer: ${error}; it said ${said}`)
  })
  return stop
}
