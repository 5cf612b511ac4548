import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
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

test('says its version and its commands to whoever asks, and serves nobody then', () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  for (const flag of ['--version', '-v']) {
    expect(run(flag)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
  }
  for (const asked of [['help'], ['--help'], ['-h'], ['start', '--help'], ['start', '-h']]) {
    const { status, stdout } = run(...asked)
    expect(stdout, asked.join(' ')).toMatch(/^Usage: latchkey \[start\|doctor\|admin\]/)
    expect(status).toBe(0)
  }
})

test('start takes no options: one that is given is named, and nothing is served', () => {
  for (const given of ['--port', 'now']) {
    const { status, stderr } = run('start', given, '8080')
    expect(stderr).toContain(`latchkey start takes no "${given}"`)
    expect(status).toBe(1)
  }
})

test('a reader that has had enough is no fault of a command, and a disk that is full is told', () => {
  const into = (where: string) =>
    spawnSync('sh', ['-c', `"$0" "$1" admin --help ${where}`, process.execPath, MAIN], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH ?? '' },
      encoding: 'utf8',
    })
  expect(into('| true')).toMatchObject({ status: 0, stderr: '' })
  const stderr = 'The output of this command cannot be written (ENOSPC).\n'
  if (existsSync('/dev/full')) expect(into('> /dev/full')).toMatchObject({ status: 1, stderr })
})

test.each([
  [{}, '16'],
  // The control: the operator's own.
  [{ UV_THREADPOOL_SIZE: '7' }, '7'],
])('with %o in the environment names are looked up by half of %s threads', (env, threads) => {
  const telling = 'process.on("exit", () => console.error(process.env.UV_THREADPOOL_SIZE))'
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${telling}`, MAIN, '--version'],
    { cwd: tmpdir(), env: { PATH: process.env.PATH ?? '', ...env }, encoding: 'utf8' },
  )
  expect(stderr).toBe(`${threads}\n`)
})
