import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { MAIN } from '../helpers/server-process.ts'

/** What the built program says to these arguments, without any setting. */
const run = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '' },
    encoding: 'utf8',
  })

test('latchkey doctor is the doctor, with its own options', () => {
  const { status, stdout } = run('doctor', '--help')
  expect(stdout).toContain('--explain TEXT')
  expect(status).toBe(0)
})

test('a command that is not there is named, with those that are', () => {
  const { status, stderr } = run('docter')
  expect(stderr).toContain('latchkey knows no command "docter"')
  expect(stderr).toContain('latchkey [start|doctor|admin]')
  expect(status).toBe(1)
})
