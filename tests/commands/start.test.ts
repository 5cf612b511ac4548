import { mkdir, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { askMe } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import {
  databasePid,
  freePort,
  isAlive,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'

const SECRET = 'a secret of the tests with more than 32 characters'

let folder: Awaited<ReturnType<typeof newFolder>>
let otherFolder: Awaited<ReturnType<typeof newFolder>>
const running: ServerProcess[] = []

beforeAll(async () => {
  folder = await newFolder()
  otherFolder = await newFolder()
})
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.child.kill('SIGKILL')
    await server.ended
  }
})
afterAll(async () => {
  await folder.remove()
  await otherFolder.remove()
})

interface Start {
  env?: Record<string, string>
  port?: number
  /** A folder of its own instead of the one of this file. */
  cwd?: string
}

async function start({ env = {}, port, cwd = folder.path }: Start = {}): Promise<ServerProcess> {
  const options = { cwd, port: port ?? (await freePort()) }
  const server = startServerProcess({ DATA_DIR: join(cwd, 'data'), ...env }, options)
  running.push(server)
  return server
}

async function serve(options: Start = {}): Promise<ServerProcess> {
  const server = await start(options)
  await server.serving
  return server
}

/** A start that must be refused: exit code 1, one message, no stack trace, nothing served. */
async function refusal(options: Start): Promise<string> {
  const server = await start(options)
  expect(await server.ended).toEqual({ code: 1, signal: null })
  expect(server.stderr()).not.toMatch(/^\s+at /m)
  expect(server.stderr()).not.toMatch(/Error:|node:internal|Node\.js v/)
  expect(server.stderr()).not.toContain('Latchkey serves')
  return server.stderr()
}

const signIn = (server: ServerProcess, persona: string, provider = 'kakao') =>
  new Browser().follow(`${server.url}/login/${provider}?login_hint=${persona}`)

const me = (server: ServerProcess, token: unknown) => askMe(server, token)

const userOf = (answer: Answer) => {
  expect(answer.status, answer.text).toBe(200)
  return answer.json().user as { sub: string; email: string | null }
}

/** An option of Node.js: runs this before the program. */
const runBefore = (text: string) => `--import=data:text/javascript,${encodeURIComponent(text)}`

/** Says at the end which packages were required. */
const TELLS_PACKAGES = runBefore(`import { createRequire } from 'node:module'
  process.on('exit', () => {
    const files = Object.keys(createRequire('/any').cache).join('\\n')
    const names = files.matchAll(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/g)
    process.stderr.write('Required: ' + [...new Set([...names].map(([, name]) => name))].join(' '))
  })`)

describe('the built server, with no setting but a port and a folder', () => {
  test('signs a person in with an emulated provider, and the token opens /me, after a restart, too', async () => {
    const port = await freePort()
    const server = await serve({ port, env: { NODE_OPTIONS: TELLS_PACKAGES } })
    expect(server.stderr()).toMatch(/EMULATED providers.*kakao/)
    const answer = await signIn(server, 'minji')
    const user = userOf(answer)
    expect(user.email).toBe('minji@kakao.example.kr')
    const { access_token: token, refresh_token: refresh } = answer.json()
    const shown = await me(server, token)
    expect([shown.status, shown.json()]).toEqual([200, user])
    for (const path of ['/healthz', '/readyz', '/providers', '/login', '/openapi.json']) {
      expect((await new Browser().send(server.url + path)).status).toBe(200)
    }
    const keys = await new Browser().send(`${server.url}/.well-known/jwks.json`)
    await server.stop()
    const lines = server.stdout().trim().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'info' })
    for (const secret of [token, refresh, 'minji@', 'code=', 'state=']) {
      expect(server.stdout()).not.toContain(secret)
      expect(server.stderr()).not.toContain(secret)
    }
    // What compiles schemas takes a tenth of a start, and none of our routes has one; Fastify is in the build.
    const required = /^Required: (.*)$/m.exec(server.stderr())?.[1]?.split(' ')
    expect(required).toContain('@fastify/oauth2')
    for (const name of ['fastify', 'ajv', '@fastify/ajv-compiler']) {
      expect(required).not.toContain(name)
    }
    const second = await serve({ port })
    const again = await me(second, token)
    expect([again.status, again.json()]).toEqual([200, user])
    const sameKeys = await new Browser().send(`${second.url}/.well-known/jwks.json`)
    // The one of ID tokens may have been made in between.
    expect(sameKeys.json().keys).toEqual(expect.arrayContaining(keys.json().keys as unknown[]))
    expect(userOf(await signIn(second, 'minji')).sub).toBe(user.sub)
  })

  test('refuses a folder that another instance uses, by its name', async () => {
    const first = await serve()
    const told = await refusal({})
    expect(told).toContain(join(folder.path, 'data/postgres'))
    expect(told).toContain('in use by another running Latchkey')
    userOf(await signIn(first, 'minji'))
    const other = await serve({ cwd: otherFolder.path })
    userOf(await signIn(other, 'minji'))
  })

  test('loses no row when it is killed, and its database ends with it', async () => {
    const port = await freePort()
    const first = await serve({ port })
    const pid = await databasePid(join(folder.path, 'data'))
    expect(isAlive(pid)).toBe(true)
    const answers: Answer[] = []
    const provide = async (persona: string, provider: string) => {
      for (;;) {
        const answer = await signIn(first, persona, provider).catch(() => null)
        if (answer === null) return
        answers.push(answer)
      }
    }
    const busy = ['google', 'kakao', 'github'].map((provider) => provide('sora', provider))
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(15), { timeout: 15_000 })
    first.child.kill('SIGKILL')
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await Promise.all(busy)
    const second = await serve({ port })
    expect(isAlive(pid)).toBe(false)
    for (const answer of answers) {
      const shown = await me(second, answer.json().access_token)
      expect(shown.status, 'a session that was acknowledged').toBe(200)
      expect(shown.json().sub).toBe(userOf(answer).sub)
    }
  })

  test('reads a file .env in the folder where it is started; the environment wins', async () => {
    const port = await freePort()
    await writeFile(join(otherFolder.path, '.env'), `TOKEN_AUDIENCE=from-file\nPORT=1\n`)
    const server = await serve({ cwd: otherFolder.path, port })
    const token = String((await signIn(server, 'minji')).json().access_token)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.aud).toContain('from-file')
  })
})

describe('a signal to end', () => {
  test('that comes with the first connection is heard', async () => {
    const server = await start()
    for (;;) {
      if (await canConnect(server.url)) break
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })
  })

  test('that comes before anything is loaded is heard', async () => {
    // Sent at the very moment in which the server's own code begins to be read.
    const load = `export async function load(url, context, next) {
      if (/\\/parts\\/start-\\w+\\.js$/.test(url)) process.kill(process.pid, 'SIGTERM')
      return next(url, context)
    }`
    const url = `data:text/javascript,${encodeURIComponent(load)}`
    const hooked = `import { register } from 'node:module'; register(${JSON.stringify(url)})`
    const server = await start({ env: { NODE_OPTIONS: runBefore(hooked) } })
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
  })

  test('that comes before it serves is heard, and leaves no database behind', async () => {
    const server = await start()
    const pid = await vi.waitFor(() => databasePid(join(folder.path, 'data')), {
      timeout: 20_000,
      interval: 1,
    })
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(server.stderr()).not.toContain('Latchkey serves')
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000 })
    await serve()
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s finishes the request in flight, exits 0 and leaves no database behind',
    async (signal) => {
      const provider = await new FakeProvider().listen()
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      try {
        const server = await serve({ env: provider.settings() })
        const pid = await databasePid(join(folder.path, 'data'))
        const browser = new Browser()
        const { location } = await browser.send(`${server.url}/login/fake`)
        provider.nonce = location?.searchParams.get('nonce') ?? ''
        const state = location?.searchParams.get('state') ?? ''
        const idToken = await provider.sign(provider.claims())
        provider.answers.token = async (_call, response) => {
          await released
          response.writeHead(200, { 'content-type': 'application/json' })
          const tokens = { access_token: 'a', token_type: 'Bearer', id_token: idToken }
          response.end(JSON.stringify(tokens))
        }
        const inFlight = browser.send(`${server.url}/login/fake/callback?code=c&state=${state}`)
        await vi.waitFor(() => expect(provider.count('token')).toBe(1), { timeout: 20_000 })
        server.child.kill(signal)
        // No new connection is taken while the old request is waited for.
        await vi.waitFor(() => expect(canConnect(server.url)).resolves.toBe(false), {
          timeout: 20_000,
        })
        expect(isAlive(pid)).toBe(true)
        release()
        const answer = await inFlight
        expect([answer.status, answer.json().token_type]).toEqual([200, 'Bearer'])
        expect(await server.ended).toEqual({ code: 0, signal: null })
        expect(isAlive(pid)).toBe(false)
        expect(server.stderr()).not.toMatch(/^\s+at /m)
      } finally {
        release()
        await provider.close()
      }
    },
  )
})

describe('a start that cannot be', () => {
  test('in production names everything that is missing, each once', async () => {
    const told = await refusal({ env: { NODE_ENV: 'production', GOOGEL_CLIENT_ID: 'id' } })
    expect(told).toContain('NODE_ENV=production needs:\n')
    expect(told).toContain('GOOGLE_CLIENT_ID')
    expect(told.trimEnd().endsWith('`npm run doctor` says more.')).toBe(true)
    for (const missing of [
      'PUBLIC_URL is missing',
      'SECRET is missing',
      'DATABASE_URL is missing',
      'No provider is set',
    ]) {
      expect(told.split(missing), missing).toHaveLength(2)
    }
  })

  test('outside loopback prints no secret', async () => {
    const told = await refusal({
      env: {
        PUBLIC_URL: 'http://login.example.com',
        SECRET: 'canary-secret',
        DATABASE_URL: 'mysql://user:canary-password@h/db',
        GOOGLE_CLIENT_SECRET: 'canary-client',
      },
    })
    for (const name of ['PUBLIC_URL', 'SECRET', 'DATABASE_URL', 'GOOGLE_CLIENT_ID']) {
      expect(told).toContain(name)
    }
    expect(told).not.toContain('canary')
  })

  test('with a .env that cannot be read as text, or a secret that is none, says so', async () => {
    const cwd = await newFolder()
    await writeFile(join(cwd.path, '.env'), Buffer.from('PORT=4000\n', 'utf16le'))
    expect(await refusal({ cwd: cwd.path })).toContain('it looks like UTF-16')
    await rm(join(cwd.path, '.env'))
    await mkdir(join(cwd.path, 'data'))
    await writeFile(join(cwd.path, 'data/secret'), 'short\n')
    expect(await refusal({ cwd: cwd.path })).toMatch(/The secret in .* is too short/)
    await cwd.remove()
  })

  test('because the port is in use says so, and leaves no database behind', async () => {
    const first = createServer()
    await new Promise<void>((resolve) => first.listen(0, 'localhost', resolve))
    try {
      const { port } = first.address() as AddressInfo
      expect(await refusal({ port })).toContain(`Port ${port} is in use`)
      await expect(databasePid(join(folder.path, 'data'))).rejects.toThrow('ENOENT')
    } finally {
      await new Promise((resolve) => first.close(resolve))
    }
  })

  test('because HOST is no name that is known says which setting it is', async () => {
    const env = { HOST: 'nowhere.invalid', EMULATE: '' }
    expect(await refusal({ env })).toContain('HOST is nowhere.invalid, which this machine knows no')
  })

  test('while nobody answers at DATABASE_URL says so and waits, without the password', async () => {
    const port = await freePort()
    const url = `postgres://user:canary-password@localhost:${port}/db`
    const server = await start({ env: { DATABASE_URL: url } })
    await expect
      .poll(() => server.stderr(), { timeout: 40_000 })
      .toContain(
        `The database cannot be used (ECONNREFUSED) at localhost:${port}, database "db", user "user". Nothing listens there`,
      )
    expect(server.stderr()).toContain('Trying for 30 seconds')
    expect(server.stderr()).not.toContain('canary')
    expect(server.child.exitCode).toBeNull()
  })

  test('because the host of DATABASE_URL is unknown ends at once', async () => {
    const told = await refusal({ env: { DATABASE_URL: 'postgres://u:canary@nowhere.invalid/db' } })
    expect(told).toMatch(
      /cannot be used \((ENOTFOUND|EAI_AGAIN)\) at nowhere\.invalid:5432.* There is no such host/,
    )
    expect(told).not.toContain('canary')
  })
})

describe('with a database of its own choice', () => {
  const name = 'process_test'
  const server = inject('postgres')
  const sockets = new Set<Socket>()
  let bridge: Server
  let url = ''

  beforeAll(async () => {
    // The test run's server has a socket only; DATABASE_URL names a host.
    bridge = createServer((client) => {
      const socket = connect(join(server.host, `.s.PGSQL.${server.port}`))
      for (const one of [client, socket]) sockets.add(one)
      client.on('error', () => socket.destroy()).on('close', () => socket.destroy())
      socket.on('error', () => client.destroy()).on('close', () => client.end())
      client.pipe(socket).pipe(client)
    })
    await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve))
    const { port } = bridge.address() as AddressInfo
    url = `postgres://${server.username}:canary-password@127.0.0.1:${port}/`
    await asAdmin(`create database ${name}`)
  })
  afterAll(async () => {
    await asAdmin(`drop database ${name} with (force)`)
    const closed = new Promise((resolve) => bridge.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })

  async function asAdmin(statement: string) {
    const sql = postgres({ ...server, database: 'postgres', max: 1 })
    await sql.unsafe(statement).finally(() => sql.end())
  }

  test('that is not there, says so', async () => {
    const told = await refusal({ env: { DATABASE_URL: `${url}no_such_database`, SECRET } })
    expect(told).toContain('The database cannot be used (3D000) at 127.0.0.1:')
    expect(told).toContain('database "no_such_database"')
    expect(told).toContain('There is no such database')
    expect(told).toContain('`npm run doctor` says more.')
    expect(told).not.toContain('canary')
  })

  test('that says no in words that nobody explains is quoted', async () => {
    const DATABASE_URL = `${url}${name}?options=-c%20no_such_setting%3D1`
    const told = await refusal({ env: { DATABASE_URL, SECRET } })
    expect(told).toContain('The database cannot be used (42704) at 127.0.0.1:')
    expect(told).toContain(
      'PostgreSQL says: unrecognized configuration parameter "no_such_setting".',
    )
    expect(told).not.toContain('canary')
  })

  test('two processes that start at once migrate once and agree on users and keys', async () => {
    const provider = await new FakeProvider().listen()
    try {
      const ports = [await freePort(), await freePort()]
      const env = {
        ...provider.settings(),
        DATABASE_URL: url + name,
        DATABASE_POOL: '3',
        SECRET,
        PUBLIC_URL: `http://localhost:${ports[0]}`,
      }
      const [one, two] = (await Promise.all(ports.map((port) => start({ env, port })))) as [
        ServerProcess,
        ServerProcess,
      ]
      await Promise.all([one.serving, two.serving])
      const [keys, sameKeys] = await Promise.all(
        [one, two].map(({ url }) => new Browser().send(`${url}/.well-known/jwks.json`)),
      )
      // That of access tokens and that of ID tokens.
      expect(keys?.json().keys).toHaveLength(2)
      expect(sameKeys?.json()).toEqual(keys?.json())

      // Started at the first, finished at the second, read at the first.
      const browser = new Browser()
      const { location } = await browser.send(`${one.url}/login/fake`)
      provider.nonce = location?.searchParams.get('nonce') ?? ''
      const state = location?.searchParams.get('state')
      const answer = await browser.send(`${two.url}/login/fake/callback?code=c&state=${state}`)
      const shown = await me(one, answer.json().access_token)
      expect([shown.status, shown.json()]).toEqual([200, userOf(answer)])

      const sql = postgres({ ...server, database: name, max: 1 })
      const [migrations] = await sql`select count(*)::int as applied, count(distinct hash)::int
        as different from drizzle.latchkey_migrations`
      await sql.end()
      expect(migrations?.applied).toBeGreaterThan(0)
      expect(migrations?.different).toBe(migrations?.applied)
    } finally {
      await provider.close()
    }
  })
})

/** Whether anybody takes a connection there. */
function canConnect(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), 'localhost')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
