import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runAdmin, spawnAdmin } from '../helpers/admin.ts'
import { Browser } from '../helpers/browser.ts'
import {
  freePort,
  MAIN,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'

let folder: Awaited<ReturnType<typeof newFolder>>
let server: ServerProcess
let userId: string
let tokens: { access_token: string; refresh_token: string }

beforeAll(async () => {
  folder = await newFolder()
  server = startServerProcess(
    { DATA_DIR: join(folder.path, 'data') },
    { cwd: folder.path, port: await freePort() },
  )
  await server.serving
  await signIn()
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

async function signIn() {
  const answer = await new Browser().follow(`${server.url}/login/kakao?login_hint=minji`)
  if (answer.status !== 200) return answer
  const body = answer.json() as typeof tokens & { user: { sub: string } }
  userId = body.user.sub
  tokens = body
  return answer
}

const terminal = () => ({ cwd: folder.path, env: { DATA_DIR: join(folder.path, 'data') } })
const admin = (...args: string[]) => runAdmin(terminal(), args)
const json = async (...args: string[]) => JSON.parse((await admin(...args, '--json')).stdout)
const me = () =>
  fetch(`${server.url}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
const refresh = () =>
  fetch(`${server.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: 'latchkey',
    }),
  })

describe('the operator, beside a running server', () => {
  test('finds a user by id, subject and e-mail, and sees what is known', async () => {
    const user = await json('users', 'show', userId)
    expect(user).toMatchObject({ sub: userId, roles: [], disabled_at: null })
    const [{ subject }] = user.identities
    for (const text of [userId, subject, user.email.slice(0, 5).toUpperCase()]) {
      expect((await json('users', 'find', text)).map(({ sub }: { sub: string }) => sub)).toContain(
        userId,
      )
    }
    const { stdout: read } = await admin('users', 'show', userId)
    expect(read).toMatch(/^roles +-$/m)
    expect(read).toMatch(new RegExp(`^identities +provider=kakao  subject=${subject}  `, 'm'))
    // Who has no address is found by name, and nobody by a name that nobody has.
    await new Browser().follow(`${server.url}/login/kakao?login_hint=sora`)
    const [sora, ...others] = await json('users', 'find', '소라')
    expect(sora).toMatchObject({ name: '이소라' })
    expect(sora).not.toHaveProperty('email')
    expect(others).toEqual([])
    const { stdout } = await admin('users', 'find')
    const [head = '', ...rows] = stdout.split('\n')
    expect(head).toMatch(/^id +name +email/)
    // A terminal draws each letter of a Korean name over two columns.
    const row = rows.find((line) => line.includes('이소라')) ?? ''
    expect(row.indexOf(' - ') + 1 + '이소라'.length).toBe(head.indexOf('email'))
    expect(await admin('users', 'find', 'nobody@nowhere.example')).toMatchObject({
      stdout: 'None.\n',
    })
  })

  test('sees no wrapped table on a narrow terminal: columns go in which nothing is known, then it is lines', async () => {
    const { isTTY, columns } = process.stdout
    const at = async (width: number | undefined) => {
      Object.assign(process.stdout, { isTTY: width !== undefined, columns: width })
      try {
        const { stdout } = await admin('users', 'find', '소라')
        return stdout.trimEnd().split('\n')
      } finally {
        Object.assign(process.stdout, { isTTY, columns })
      }
    }
    const whole = await at(undefined)
    expect(whole[0]).toMatch(/^id +name +email +verified +disabled +roles +identities +sessions$/)
    expect(await at(200)).toEqual(whole)
    const [head, row] = await at(80)
    expect(head).toMatch(/^id +name +identities +sessions$/)
    expect(row).toContain('이소라')
    const lines = await at(60)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^id=\S+ {2}name=이소라 {2}identities=kakao {2}sessions=1$/)
  })

  test('disables a user at once everywhere, and enables again', async () => {
    expect((await me()).status).toBe(200)
    expect((await admin('users', 'disable', userId)).code).toBe(0)
    expect((await me()).status).toBe(401)
    expect((await refresh()).status).toBe(400)
    expect((await signIn()).status).toBe(403)
    expect((await admin('users', 'enable', userId)).code).toBe(0)
    expect((await signIn()).status).toBe(200)
    expect((await me()).status).toBe(200)
  })

  test('grants a role and takes it back', async () => {
    expect((await json('users', 'grant', userId, 'support:read')).roles).toEqual(['support:read'])
    expect((await json('users', 'grant', userId, 'admin')).roles).toEqual(['admin', 'support:read'])
    expect((await json('users', 'revoke', userId, 'admin')).roles).toEqual(['support:read'])
    expect(await admin('users', 'grant', userId, 'Not A Role')).toMatchObject({ code: 1 })
  })

  test('nothing is done where a part of the command would be unheard', async () => {
    const unheard: [string[], string][] = [
      [['users', 'delete', userId, '--dry-run'], 'users delete takes no --dry-run.'],
      [['users', 'disable', userId, 'another'], 'users disable takes no "another".'],
      [['users', 'grant', userId, 'editor', 'author'], 'users grant takes no "author".'],
      [['keys', 'rotate', 'now'], 'keys rotate takes no "now".'],
      [['outbox', 'drop', '--type', 'webhook'], 'outbox drop takes no --type.'],
      [['audit', 'sign_in.failed'], 'audit takes no "sign_in.failed".'],
    ]
    const [before, keys] = [await json('users', 'show', userId), await json('keys', 'list')]
    for (const [words, said] of unheard) {
      const { code, stderr } = await admin(...words)
      expect([code, stderr.split('\n')[0]]).toEqual([1, said])
    }
    expect(await json('users', 'show', userId)).toEqual(before)
    expect(await json('keys', 'list')).toEqual(keys)
    const heard = await json('users', 'grant', userId, 'editor')
    expect(heard.roles).toContain('editor')
    await admin('users', 'revoke', userId, 'editor')
    // A name has several words.
    const [found] = await json('users', 'find', ...before.name.split(' '))
    expect(found.sub).toBe(userId)
  })

  test('ends sessions, rotates keys, exports and deletes', async () => {
    expect((await json('users', 'end-sessions', userId)).ended).toBeGreaterThan(0)
    expect((await me()).status).toBe(401)
    await signIn()
    const before = await json('keys', 'list')
    expect((await json('keys', 'rotate', '--now')).length).toBeGreaterThan(before.length)
    const { stdout } = await admin('users', 'export', userId)
    expect(JSON.parse(stdout)).toMatchObject({ user: { id: userId } })
    expect((await admin('users', 'delete', userId)).code).toBe(0)
    expect((await me()).status).toBe(401)
    expect(await admin('users', 'show', userId)).toMatchObject({
      code: 1,
      stderr: `There is no user ${userId}.\n`,
    })
  })

  test('retires a leaked key, but not the one that signs', async () => {
    const ring: { kid: string; state: string; alg: string }[] = await json('keys', 'rotate')
    const kidOf = (state: string) =>
      ring.findLast((key) => key.state === state && key.alg === 'ES256')?.kid ?? ''
    expect(await admin('keys', 'retire', kidOf('in force'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('It signs.'),
    })
    expect(await admin('keys', 'retire', 'nope')).toMatchObject({ code: 1 })
    const left: typeof ring = await json('keys', 'retire', kidOf('to come'))
    expect(left.find(({ kid }) => kid === kidOf('to come'))).toMatchObject({ state: 'retired' })
  })

  test('imports people of another system, who are told of line by line where they are not taken', async () => {
    const file = join(folder.path, 'export.ndjson')
    const lines = [
      { id: 'u1', identities: [{ provider: 'kakao', subject: '900001' }] },
      { id: 'u2', identities: [] },
      { id: 'u3', identities: [{ provider: 'myspace', subject: '7' }] },
    ]
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'))
    const run = (...more: string[]) => admin('users', 'import', file, '--from', 'latchkey', ...more)
    const dry = await run('--dry-run')
    expect(dry).toMatchObject({ code: 0 })
    expect(dry.stdout).toContain('Would be new: 1 user, 1 identity.')
    expect(await json('users', 'find', '900001')).toEqual([])
    const { code, stdout } = await run()
    expect(code).toBe(0)
    expect(stdout).toContain('line 2  u2  not taken: has no account at a provider')
    expect(stdout).toContain('line 3 #1  u3  myspace  7  not taken: Latchkey has no such provider')
    expect(await json('users', 'find', '900001')).toHaveLength(1)
    await writeFile(file, '{"id":"u1"')
    expect(await run()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('cannot be read'),
    })
    expect(await admin('users', 'import', file)).toMatchObject({ code: 1 })
    expect(await admin('users', 'import', `${file}.not`, '--from', 'latchkey')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no file'),
    })
  })

  test('reads the audit, where each command has left its row, and follows it until Ctrl+C', async () => {
    await admin('users', 'find', 'x')
    const rows = await json('audit', '--type', 'admin')
    const types = rows.map(({ type }: { type: string }) => type)
    expect(types).toEqual(
      expect.arrayContaining([
        ...['admin.users_find', 'admin.users_import', 'admin.keys_rotate'],
        'admin.users_end_sessions',
      ]),
    )
    expect((await admin('audit', '--type', 'user')).stdout).toMatch(/^at +type +user/)
    for (const since of ['yesterday', '90', '2026-02-30', '2026-11-28T25:00Z']) {
      const stderr = expect.stringContaining('--since must be')
      expect(await admin('audit', '--since', since)).toMatchObject({ code: 1, stderr })
    }
    for (const since of ['90m', '2026-02-28', '2026-11-28T10:00:00+09:00', '2026-11-28 10:00']) {
      expect(await admin('audit', '--since', since)).toMatchObject({ code: 0 })
    }
    // One that is misspelt would follow nothing for ever.
    for (const type of ['sesion', 'user.create', 'users', 'admin.']) {
      const stderr = expect.stringContaining(`--type ${type} is no event`)
      expect(await admin('audit', '--follow', '--type', type)).toMatchObject({ code: 1, stderr })
    }
    for (const type of ['session', 'user.created', 'admin', 'admin.users_find']) {
      expect(await admin('audit', '--type', type)).toMatchObject({ code: 0 })
    }
    const found = async (...args: string[]) =>
      (await json('audit', ...args)).map(({ type }: { type: string }) => type)
    expect(await found('--since', '1h', '--type', 'admin.*')).toContain('admin.users_find')
    await expect
      .poll(() => found('--since', '1s', '--type', 'admin.users_import'), { interval: 300 })
      .toEqual([])
    expect(await admin('audit', '--user', 'minji')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--user minji is no user’s id'),
    })
    const { cwd, env } = terminal()
    const args = [MAIN, 'admin', 'audit', '--follow', '--json', '--type', 'session.created']
    const child = spawn(process.execPath, args, { cwd, env })
    let said = ''
    child.stdout.on('data', (text) => (said += String(text)))
    const ended = new Promise((resolve) => child.once('close', resolve))
    await vi.waitFor(
      async () => {
        await signIn()
        expect(said).not.toBe('')
      },
      { timeout: 40_000, interval: 500 },
    )
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    const [first = ''] = said.split('\n')
    expect(JSON.parse(first)).toMatchObject({ type: 'session.created', user: userId })
  })

  test('lists what the outbox holds, has it tried again, and drops it', async () => {
    await signIn()
    expect((await admin('users', 'delete', userId)).code).toBe(0)
    expect((await admin('outbox', 'list')).code).toBe(0)
    expect(await json('outbox', 'retry', 'webhook')).toEqual([{ retried: 0 }])
    expect(await json('outbox', 'drop')).toEqual([{ dropped: 0 }])
    expect(await admin('outbox', 'drop', '123456789')).toMatchObject({
      code: 1,
      stderr: 'There is no entry 123456789 in the outbox.\n',
    })
    expect(await admin('outbox', 'drop', 'everything')).toMatchObject({ code: 1 })
    expect(await admin('outbox', 'explode')).toMatchObject({ code: 1 })
    expect(await admin('google-risc', 'status')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('played by the emulator'),
    })
  })

  test('is told what a wrong command is, and what there is', async () => {
    expect(await admin('users', 'show')).toMatchObject({ code: 1 })
    // As much of the usage as it is about, below what is wrong: both are to be seen on one screen.
    for (const [args, wrong, shown, hidden] of [
      ['users explode', 'There is no command users "explode".', 'users find', 'keys list'],
      ['users', 'users needs a word behind it.', 'users find', 'keys list'],
      ['users grant me X!', 'A role has', 'users grant', 'users find'],
      ['outbox list --kind x', "Unknown option '--kind'", 'outbox list', 'outbox drop'],
      ['user find x', 'There is no command "user".', 'users, keys, outbox', 'users find'],
      ['--kind x', "Unknown option '--kind'", 'users, keys, outbox', 'users find'],
    ] as const) {
      const { code, stdout, stderr } = await admin(...args.split(' '))
      expect([code, stdout, stderr.split('\n').length < 24], args).toEqual([1, '', true])
      expect(stderr.startsWith(wrong), stderr).toBe(true)
      expect(stderr).toContain(`  ${shown}`)
      expect(stderr).not.toContain(hidden)
    }
    const { stdout: all } = await admin('--help')
    for (const one of ['users find', 'keys list', 'audit [']) expect(all).toContain(`  ${one}`)
    // The program itself ends as the command does.
    expect(await spawnAdmin(terminal(), ['users', 'show', 'nobody'])).toMatchObject({ code: 1 })
    expect(await spawnAdmin(terminal(), ['--help'])).toMatchObject({ code: 0 })
  })
})

test('without a running server the embedded one is started for the command', async () => {
  await signIn()
  await server.stop()
  const { stdout } = await spawnAdmin(terminal(), ['users', 'show', userId, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ sub: userId })
})
