import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { vi } from 'vitest'
import { admin } from '../../src/commands/admin/index.ts'
import { MAIN } from './server-process.ts'

/** What `latchkey admin` said, and how it ended. */
export interface AdminAnswer {
  code: number
  stdout: string
  stderr: string
}

/** Where it is typed: the folder, and the settings. */
export interface Terminal {
  cwd: string
  env: Readonly<Record<string, string>>
}

/** Runs the command in this process: a program of its own costs half a second of computing each time. */
export async function runAdmin({ cwd, env }: Terminal, args: string[]): Promise<AdminAnswer> {
  const answer: AdminAnswer = { code: 0, stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      answer[stream] += text
      return true
    })
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const before = process.cwd()
  process.chdir(cwd)
  try {
    await admin(args)
    return { ...answer, code: Number(process.exitCode ?? 0) }
  } finally {
    process.exitCode = undefined
    process.chdir(before)
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  }
}

/** The same by the built program. */
export async function spawnAdmin({ cwd, env }: Terminal, args: string[]): Promise<AdminAnswer> {
  const options = { cwd, env: { PATH: process.env.PATH ?? '', ...env }, timeout: 50_000 }
  return promisify(execFile)(process.execPath, [MAIN, 'admin', ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: AdminAnswer) => error,
  )
}
