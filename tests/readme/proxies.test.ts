import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { makeSelfSigned } from '../helpers/self-signed.ts'
import { freePort } from '../helpers/server-process.ts'
import { english, onlyBlock } from './texts.ts'

const SITE = 'https://login.example.com'
/** Visitors whose address is not the proxy's; only Linux has all of 127.0.0.0/8. */
const VISITOR = '127.0.0.2'
const OTHER_VISITOR = '127.0.0.3'

const isInstalled = (command: string) => !spawnSync(command, ['-h'], { stdio: 'ignore' }).error
const run = promisify(execFile)

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** What the README's configuration of a proxy needs to run here. */
interface Stage {
  folder: string
  port: number
  /** The configuration of the README, with this machine's addresses and files. */
  aim(configuration: string): string
}

/** Two replicas, a provider, and a place for a proxy in front of them. */
function useReplicas(command: string) {
  const provider = new FakeProvider()
  const stage = {} as Stage
  const replicas: Latchkey[] = []
  let database: TestDatabase
  let cert = ''

  beforeAll(async () => {
    if (!isInstalled(command)) return
    await provider.listen()
    database = await createTestDatabase()
    const env = {
      ...provider.settings(),
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://stands-for@the.one.of.the.test/latchkey',
      TRUST_PROXY: '127.0.0.1',
      RATE_LIMIT: 'on',
    }
    const shared = { testDatabase: database, publicUrl: SITE }
    replicas.push(...(await Promise.all([startLatchkey(env, shared), startLatchkey(env, shared)])))
    const certificate = makeSelfSigned()
    cert = certificate.cert
    stage.folder = await mkdtemp(join(tmpdir(), 'latchkey-proxy-'))
    await chmod(stage.folder, 0o755)
    await mkdir(join(stage.folder, 'logs'))
    await writeFile(join(stage.folder, 'fullchain.pem'), cert)
    await writeFile(join(stage.folder, 'privkey.pem'), certificate.key)
    stage.port = await freePort()
    stage.aim = (configuration) =>
      replicas.reduce((text, { url }, place) => {
        const address = `10.0.0.1${place + 1}:3000`
        expect(text).toContain(address)
        return text.replaceAll(address, `127.0.0.1:${new URL(url).port}`)
      }, configuration)
  })
  beforeEach((context) => {
    if (!isInstalled(command)) context.skip(`needs ${command}: apt-get install ${command}`)
    if (process.platform !== 'linux') context.skip('needs Linux: a visitor at 127.0.0.2')
  })
  afterAll(async () => {
    if (!isInstalled(command)) return
    await Promise.all(replicas.map((replica) => replica.close()))
    await provider.close()
    await database.drop()
    await rm(stage.folder, { recursive: true, force: true })
  })

  /** A visitor's request to the proxy, with a stranger's idea of where it comes from. */
  const send = (
    path: string,
    headers: Record<string, string> = {},
    port = stage.port,
    localAddress = VISITOR,
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port, localAddress, path, ca: cert, agent: false },
          servername: 'login.example.com',
          checkServerIdentity: () => undefined,
          headers: { host: 'login.example.com', 'x-forwarded-for': '203.0.113.9', ...headers },
        },
        async (answer) => {
          let text = ''
          for await (const part of answer) text += part
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
        },
      )
      sent.on('error', reject).end()
    })

  /** A login through the proxy, whichever replicas answer. */
  async function signIn() {
    const start = await send('/login/fake')
    expect(start.status).toBe(302)
    const [flow = ''] = start.headers['set-cookie'] ?? []
    expect(flow).toMatch(/^__Host-latchkey-flow-.*; Secure; /)
    const authorization = new URL(start.headers.location ?? '')
    const { nonce = '', state, redirect_uri } = Object.fromEntries(authorization.searchParams)
    expect(redirect_uri).toBe(`${SITE}/login/fake/callback`)
    provider.nonce = nonce
    const query = new URLSearchParams({ code: 'a-code', state: state ?? '' })
    const cookie = flow.split(';', 1)[0] ?? ''
    const end = await send(`/login/fake/callback?${query}`, { cookie })
    expect(end.status, end.text).toBe(200)
    return JSON.parse(end.text) as { access_token: string }
  }
  return { stage, replicas, send, signIn }
}

/** A proxy in the foreground, until it answers; and how to end it. */
async function startProxy(
  command: string,
  args: string[],
  answers: () => Promise<unknown>,
  folder = tmpdir(),
) {
  // Caddy keeps its last configuration at home.
  const env = { ...process.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  const child: ChildProcess = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const stop = async () => {
    child.kill()
    await ended
  }
  await vi.waitFor(answers, { timeout: 10_000 }).catch(async (error) => {
    await stop()
    throw new Error(`${command} does not answer: ${error}; it said ${said}`)
  })
  return stop
}

/** The same for both proxies. */
function describeProxy({ stage, replicas, send, signIn }: ReturnType<typeof useReplicas>) {
  test('signs in over both replicas, and tells the visitor’s address and no other', async () => {
    const before = replicas.map(({ logs }) => logs.length)
    const { access_token: token } = await signIn()
    const sessions = await send('/me/sessions', { authorization: `Bearer ${token}` })
    expect(JSON.parse(sessions.text)).toMatchObject([{ address: VISITOR }])
    for (const _ of replicas) await send('/me')
    const answered = replicas.map(({ logs }, place) => logs.length - (before[place] ?? 0))
    expect(Math.min(...answered)).toBeGreaterThan(0)
  })

  test('lets the cookies of several logins through', async () => {
    const cookie = `a=${'x'.repeat(10_000)}`
    expect(await send('/healthz', { cookie }, stage.port)).toMatchObject({ status: 200 })
  })

  test('lets Latchkey limit each visitor by the own address, over both replicas', async () => {
    const start = async (place: number) => {
      const forged = { 'x-forwarded-for': `203.0.113.${place}` }
      return (await send('/login/fake', forged, stage.port, OTHER_VISITOR)).status
    }
    const statuses = []
    for (let place = 0; place < 63; place++) statuses.push(await start(place))
    expect(statuses).toEqual([...Array(60).fill(302), 429, 429, 429])
    expect((await send('/login/fake')).status).toBe(302)
  })

  test('serves on while a replica is away', async () => {
    await replicas[0]?.app.close()
    for (let i = 0; i < 6; i++) expect((await send('/readyz')).status).toBe(200)
  })
}

describe('nginx with the configuration of the README', () => {
  const place = useReplicas('nginx')
  const { stage, send } = place
  const block = onlyBlock(english, 'nginx')
  let stop: (() => Promise<void>) | undefined

  /** The whole configuration of an nginx of our own. */
  async function write(name: string, site: string, port: number) {
    const inFolder = (text: string) =>
      text.replaceAll(/\/(?:etc\/ssl\/[\w.]+|var\/log\/nginx)\//g, './')
    const aimed = inFolder(stage.aim(site))
      .replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const paths = temporary.map((kind) => `${kind}_temp_path ${stage.folder}/${kind};`)
    const main = `daemon off; pid ./${name}.pid; error_log stderr; worker_processes 1; events {}`
    const file = join(stage.folder, `${name}.conf`)
    await writeFile(file, `${main}\nhttp { ${paths.join(' ')}\n${aimed} }\n`)
    return ['-p', stage.folder, '-c', file]
  }

  beforeAll(async () => {
    if (!isInstalled('nginx') || process.platform !== 'linux') return
    const args = await write('nginx', block, stage.port)
    await run('nginx', ['-t', ...args])
    stop = await startProxy('nginx', args, () => send('/healthz'))
  })
  afterAll(() => stop?.())

  test('needs its larger header buffers for that', async () => {
    const usual = block.replace(/ *large_client_header_buffers .*\n/, '')
    expect(usual).not.toBe(block)
    const port = await freePort()
    const args = await write('usual', usual, port)
    const stopUsual = await startProxy('nginx', args, () => send('/healthz', {}, port))
    try {
      const cookie = `a=${'x'.repeat(10_000)}`
      expect((await send('/healthz', { cookie }, port)).status).toBe(400)
      expect((await send('/healthz', { cookie })).status).toBe(200)
    } finally {
      await stopUsual()
    }
  })

  describeProxy(place)

  test('keeps codes and states out of its log', async () => {
    const log = await readFile(join(stage.folder, 'latchkey.log'), 'utf8')
    expect(log).toContain('"GET /login/fake/callback" 200')
    expect(log).not.toMatch(/[?]|state=|a-code/)
  })
})

describe('Caddy with the configuration of the README', () => {
  const place = useReplicas('caddy')
  const { stage, send } = place
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    if (!isInstalled('caddy') || process.platform !== 'linux') return
    const own = `{
      admin off
      auto_https disable_redirects
      default_bind 127.0.0.1
      https_port ${stage.port}
      storage file_system ${stage.folder}/caddy
    }\n`
    const tls = `tls ${stage.folder}/fullchain.pem ${stage.folder}/privkey.pem`
    const site = stage.aim(onlyBlock(english, 'caddyfile'))
    const file = join(stage.folder, 'Caddyfile')
    await writeFile(file, own + site.replace('login.example.com {', `$&\n\t${tls}`))
    const args = ['run', '--config', file, '--adapter', 'caddyfile']
    const answers = async () => expect((await send('/healthz')).status).toBe(200)
    stop = await startProxy('caddy', args, answers, stage.folder)
  })
  afterAll(() => stop?.())

  describeProxy(place)
})
