import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { startProgram, whyMissing } from '../helpers/programs.ts'
import { freePort, newFolder } from '../helpers/server-process.ts'

const ROOT = join(import.meta.dirname, '../..')
const UNIT = join(ROOT, 'deploy/latchkey.service')
const run = promisify(execFile)
const analyze = (...args: string[]) => run('systemd-analyze', args, { timeout: 60_000 })
const unitText = await readFile(UNIT, 'utf8')

const noSystemd = whyMissing('systemd-analyze', 'systemd')

describe('the unit of systemd', () => {
  test('is one that systemd reads without a complaint', async ({ skip }) => {
    skip(noSystemd !== null, noSystemd ?? '')
    const complaints = await analyze('verify', UNIT)
    // It reads other units of this machine, too, and says what it thinks of them.
    expect(complaints.stderr.split('\n').filter((line) => line.includes('latchkey'))).toEqual([])
    // As a control: a setting that there is not is complained of.
    const folder = await newFolder()
    onTestFinished(folder.remove)
    const wrong = join(folder.path, 'latchkey-wrong.service')
    await writeFile(wrong, unitText.replace('PrivateTmp=', 'PrivateTemp='))
    const { stderr } = await analyze('verify', wrong).catch((error) => error)
    expect(stderr).toMatch(/latchkey.*Unknown key.* 'PrivateTemp'/)
  })

  test('is started again however often a start fails: without that, five in ten seconds are the last', () => {
    const [, unit = ''] = /^\[Unit\]\n([^[]*)/m.exec(unitText) ?? []
    expect(unit).toMatch(/^StartLimitIntervalSec=0$/m)
    expect(unitText).toMatch(/^Restart=always$/m)
  })

  test('leaves little open, in systemd’s own judgement', async ({ skip }) => {
    skip(noSystemd !== null, noSystemd ?? '')
    const { stdout } = await analyze('security', '--offline=true', '--threshold=15', UNIT)
    expect(stdout).toMatch(/Overall exposure level for latchkey.service: [01]\.\d OK/)
  })

  test('lets in all the system calls that a login needs', async ({ skip }) => {
    const missing = noSystemd ?? whyMissing('python3')
    skip(missing !== null, missing ?? '')
    const { stdout: sets } = await analyze('syscall-filter')
    const python = ['-c', UNDER_FILTER, allowedCalls(sets).join()]
    const canFilter = await run('python3', [...python, '/bin/true']).then(
      () => true,
      () => false,
    )
    skip(!canFilter, 'needs seccomp and libseccomp2')
    // As a control: the filter is in force, so what it leaves out is refused.
    const chown = "import os; os.chown('/tmp', -1, -1)"
    await expect(run('python3', [...python, 'python3', '-c', chown])).rejects.toThrow(
      /PermissionError/,
    )

    const folder = await newFolder()
    const database = await createTestDatabase()
    const port = await freePort()
    const url = `http://localhost:${port}`
    const file = join(folder.path, 'server')
    await writeFile(file, '')
    const [, command = ''] = /^ExecStart=(.+)$/m.exec(unitText) ?? []
    const started = command.replace('dist/', `${join(ROOT, 'dist')}/`).split(' ')
    const stop = await startProgram(
      'python3',
      [...python, ...started],
      async () => expect((await fetch(`${url}/readyz`)).status).toBe(200),
      {
        file,
        env: {
          PORT: String(port),
          DATA_DIR: join(folder.path, 'data'),
          DATABASE_URL: database.url,
          METRICS: 'on',
        },
      },
    )
    onTestFinished(async () => {
      await stop()
      await database.drop()
      await folder.remove()
    })
    const answer = await new Browser().follow(`${url}/login/kakao?login_hint=minji`)
    expect(answer.status, answer.text).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_open_fds')
  })
})

/** What the unit's filters let in, from the sets that systemd knows. */
function allowedCalls(listing: string): string[] {
  const sets = new Map<string, string[]>()
  let members: string[] = []
  for (const line of listing.split('\n')) {
    if (line.startsWith('@')) {
      members = []
      sets.set(line.trim(), members)
    } else if (/^\s+[@\w]/.test(line)) members.push(line.trim())
  }
  const callsOf = (name: string): string[] =>
    name.startsWith('@') ? (sets.get(name) ?? []).flatMap(callsOf) : [name]
  const allowed = new Set<string>()
  for (const [, isLeftOut, names = ''] of unitText.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)) {
    for (const call of names.split(' ').flatMap(callsOf)) {
      if (isLeftOut) allowed.delete(call)
      else allowed.add(call)
    }
  }
  // systemd always lets these in.
  for (const call of callsOf('@default')) allowed.add(call)
  return [...allowed]
}

/** Runs a program with these system calls and no others: the rest fails with EPERM. */
const UNDER_FILTER = `
import ctypes, os, sys
lib = ctypes.CDLL('libseccomp.so.2')
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
context = lib.seccomp_init(0x00050001)
for name in sys.argv[1].split(','):
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if number >= 0: lib.seccomp_rule_add(context, 0x7fff0000, number, 0)
if lib.seccomp_load(context) != 0: sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
`
