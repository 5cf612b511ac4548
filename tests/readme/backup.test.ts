import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { post } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import {
  type InstalledPostgres,
  startInstalledPostgres,
  whyNoInstalledPostgres,
} from '../helpers/installed-postgres.ts'
import { TEST_SECRET } from '../helpers/latchkey.ts'
import { whyMissing } from '../helpers/programs.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { aim, blockWith, english } from './texts.ts'

const operating = english('operating')
const PASSWORD = 'password-of-the-role'
const OTHER_SECRET = 'another secret with more than 32 characters'
const missing =
  whyMissing('pg_dump', 'postgresql-client') ??
  whyMissing('pg_restore', 'postgresql-client') ??
  (await whyNoInstalledPostgres())

const provider = new FakeProvider()
const running: ServerProcess[] = []
let folder: Awaited<ReturnType<typeof newFolder>>
let port: number

beforeAll(async () => {
  await provider.listen()
  folder = await newFolder()
  port = await freePort()
})
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})
afterAll(async () => {
  await provider.close()
  await folder.remove()
})

/** Starts Latchkey, always at the same URL. */
function start(env: Record<string, string>, cwd = folder.path): ServerProcess {
  const latchkey = startServerProcess({ ...provider.settings(), ...env }, { cwd, port })
  running.push(latchkey)
  return latchkey
}

/** Runs a command of the page in a folder. */
const shell = (command: string, env: Record<string, string> = {}, cwd = folder.path) =>
  promisify(execFile)('sh', ['-ec', command], { cwd, env: { ...process.env, ...env } })

/** Signs the person in; gives the tokens and the user. */
async function signIn({ url }: ServerProcess) {
  const browser = new Browser()
  const { location } = await browser.send(`${url}/login/fake`)
  provider.nonce = location?.searchParams.get('nonce') ?? ''
  const state = location?.searchParams.get('state') ?? ''
  const answer = await browser.send(`${url}/login/fake/callback?code=c&state=${state}`)
  expect(answer.status, answer.text).toBe(200)
  const { access_token, refresh_token, user } = answer.json()
  return {
    accessToken: String(access_token),
    refreshToken: String(refresh_token),
    sub: (user as { sub: string }).sub,
  }
}

const meStatus = async ({ url }: ServerProcess, token: string) =>
  (await new Browser().send(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })).status

const refresh = ({ url }: ServerProcess, refreshToken: string) =>
  post(`${url}/token`, {
    grant_type: 'refresh_token',
    client_id: 'latchkey',
    refresh_token: refreshToken,
  })

describe('with DATABASE_URL, on an installed PostgreSQL, the commands of docs/operating.md', () => {
  const dump = blockWith(operating, 'sh', 'pg_dump')
  const restore = blockWith(operating, 'sh', 'pg_restore')
  let server: InstalledPostgres
  let before: Awaited<ReturnType<typeof signIn>>

  const settings = (database: string, SECRET = TEST_SECRET) => ({
    DATABASE_URL: server.url(PASSWORD, database),
    SECRET,
  })
  const restoreInto = async (database: string, command = restore) => {
    await server.asSuperuser(`create database ${database} owner latchkey`)
    await shell(command, settings(database))
  }

  beforeAll(async () => {
    if (missing !== null) return
    server = await startInstalledPostgres()
    const role = blockWith(english('production'), 'sql', 'create role')
    await server.asSuperuser(aim(role, { '…': PASSWORD }))
    const latchkey = start(settings('latchkey'))
    await latchkey.serving
    before = await signIn(latchkey)
    await latchkey.stop()
    await shell(dump, settings('latchkey'))
  })
  beforeEach(({ skip }) => skip(missing !== null, missing ?? ''))
  afterAll(() => server?.stop())

  test('bring users, sessions and keys back into an empty database', async () => {
    await restoreInto('restored')
    const latchkey = start(settings('restored'))
    await latchkey.serving
    expect(await meStatus(latchkey, before.accessToken)).toBe(200)
    expect((await signIn(latchkey)).sub).toBe(before.sub)
    expect((await refresh(latchkey, before.refreshToken)).status).toBe(200)
  })

  test('bring it all to a role of another name, as where a database is moved', async () => {
    await server.asSuperuser(
      `create role elsewhere login password '${PASSWORD}';\ncreate database moved owner elsewhere`,
    )
    const DATABASE_URL = server.url(PASSWORD, 'moved').replace('//latchkey:', '//elsewhere:')
    await shell(restore, { DATABASE_URL })
    const latchkey = start({ DATABASE_URL, SECRET: TEST_SECRET })
    await latchkey.serving
    expect(await meStatus(latchkey, before.accessToken)).toBe(200)
    expect((await signIn(latchkey)).sub).toBe(before.sub)
  })

  test('replace what is there once the schemas are dropped, and refuse to before', async () => {
    await restoreInto('changed')
    const names = () => server.asSuperuser('select name from latchkey.users', 'changed')
    const backedUp = await names()
    expect(backedUp).toHaveLength(1)
    await server.asSuperuser(`update latchkey.users set name = 'after the backup'`, 'changed')
    await expect(shell(restore, settings('changed'))).rejects.toThrow('already exists')
    expect(await names()).toEqual([{ name: 'after the backup' }])
    const [drop = ''] = /drop schema [a-z, ]+ cascade/.exec(operating) ?? []
    await server.asSuperuser(drop, 'changed')
    await shell(restore, settings('changed'))
    expect(await names()).toEqual(backedUp)
  })

  test('need the schema drizzle: without it a restored database does not start', async () => {
    const file = { 'latchkey.dump': 'partial.dump' }
    await shell(aim(dump, { ...file, ' --schema=drizzle': '' }), settings('latchkey'))
    await restoreInto('partial', aim(restore, file))
    const latchkey = start(settings('partial'))
    expect((await latchkey.ended).code).toBe(1)
    expect(latchkey.stderr()).toContain('The database cannot be used (42P0')
  })

  test('without the SECRET of then sessions live on, access tokens do not', async () => {
    await restoreInto('secretless')
    const latchkey = start(settings('secretless', OTHER_SECRET))
    await latchkey.serving
    expect(await meStatus(latchkey, before.accessToken)).toBe(401)
    const refreshed = await refresh(latchkey, before.refreshToken)
    expect(refreshed.status, refreshed.text).toBe(200)
    expect(await meStatus(latchkey, String(refreshed.json().access_token))).toBe(200)
  })
})

test('with the embedded server, a copy of the stopped data folder brings users, keys and secret', async () => {
  const [copy = ''] = blockWith(operating, 'sh', 'tar -chzf').split('#')
  const [, unpack = ''] = /to restore: (tar -xzf \S+)/.exec(operating) ?? []
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')]
  for (const path of [from, to]) await mkdir(path)
  const latchkey = start({}, from)
  await latchkey.serving
  const before = await signIn(latchkey)
  await latchkey.stop()
  await shell(copy, {}, from)
  await shell(`mv ../from/latchkey-data.tgz . && ${unpack}`, {}, to)

  const restored = start({}, to)
  await restored.serving
  expect(await meStatus(restored, before.accessToken)).toBe(200)
  expect((await refresh(restored, before.refreshToken)).status).toBe(200)
  expect((await signIn(restored)).sub).toBe(before.sub)
})
