import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { FakeProvider } from '../helpers/fake-provider.ts'
import { findProgram, startProgram, whyMissing } from '../helpers/programs.ts'
import { makeSelfSigned } from '../helpers/self-signed.ts'
import { freePort } from '../helpers/server-process.ts'
import { aim, blockWith, english } from './texts.ts'

/** PUBLIC_URL of whoever stands behind the page's proxies. */
export const SITE = 'https://login.example.com'
/** PUBLIC_URL below a path, beside an app. */
export const SITE_BELOW = 'https://example.com/auth'

const page = english('production')
const NGINX = blockWith(page, 'nginx', 'upstream latchkey')
const CADDY = blockWith(page, 'caddyfile', 'login.example.com')
/** The page's configurations for a Latchkey below a path. */
const BELOW = {
  nginx: `${NGINX.slice(0, NGINX.indexOf('server {'))}${blockWith(page, 'nginx', '/var/www/shop')}`,
  caddy: blockWith(page, 'caddyfile', '/var/www/shop'),
}
/** Visitors whose address is not the proxy's; only Linux has all of 127.0.0.0/8. */
export const VISITOR = '127.0.0.2'
export const OTHER_VISITOR = '127.0.0.3'

/** Why the tests of a proxy are skipped; null where they can run. */
export const whyNoProxy = (program: string): string | null =>
  process.platform === 'linux' ? whyMissing(program) : 'needs Linux: a visitor at 127.0.0.2'

export interface ProxyAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** What a visitor sends to the proxy. */
export interface Visit {
  headers?: Record<string, string>
  /** Makes it a POST. */
  form?: Record<string, string>
  /** Of another proxy than the one of the site. */
  port?: number
  /** The visitor's address; by default VISITOR. */
  from?: string
}

/** A place for a proxy of docs/production.md in front of two replicas. */
export interface ProxySite {
  /** PUBLIC_URL. */
  url: string
  /** Holds the certificate `fullchain.pem`, the key `privkey.pem` and what the proxy writes. */
  folder: string
  port: number
  /** The page's configuration, with the addresses of the replicas. */
  aim(configuration: string): string
  /** A visitor's request, with a stranger's idea of where it comes from. */
  send(path: string, visit?: Visit): Promise<ProxyAnswer>
  /** A login, whichever replicas answer; gives the tokens. */
  signIn(provider: FakeProvider): Promise<{ access_token: string; refresh_token: string }>
  remove(): Promise<void>
}

/** Makes the place for these replicas, by their ports. */
export async function makeProxySite(replicas: number[], url = SITE): Promise<ProxySite> {
  const { hostname, pathname } = new URL(url)
  const base = pathname.replace(/\/$/, '')
  const { cert, key } = makeSelfSigned()
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-proxy-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'logs'))
  await writeFile(join(folder, 'fullchain.pem'), cert)
  await writeFile(join(folder, 'privkey.pem'), key)
  const ownPort = await freePort()
  const send: ProxySite['send'] = (
    path,
    { headers = {}, form, port = ownPort, from = VISITOR } = {},
  ) =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port, localAddress: from, path, ca: cert, agent: false },
          servername: hostname,
          checkServerIdentity: () => undefined,
          method: form === undefined ? 'GET' : 'POST',
          headers: {
            host: hostname,
            'x-forwarded-for': '203.0.113.9',
            ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...headers,
          },
        },
        async (answer) => {
          let text = ''
          for await (const part of answer) text += part
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
        },
      )
      sent.on('error', reject).end(form && String(new URLSearchParams(form)))
    })
  return {
    url,
    folder,
    port: ownPort,
    aim: (configuration) =>
      aim(
        configuration,
        Object.fromEntries(
          replicas.map((port, place) => [`10.0.0.1${place + 1}:3000`, `127.0.0.1:${port}`]),
        ),
      ),
    send,
    async signIn(provider) {
      const start = await send(`${base}/login/fake`)
      expect(start.status, start.text).toBe(302)
      const [flow = ''] = start.headers['set-cookie'] ?? []
      expect(flow).toMatch(/^__Host-latchkey-.*flow-.*; Secure; /)
      const authorization = new URL(start.headers.location ?? '')
      const { nonce = '', state, redirect_uri } = Object.fromEntries(authorization.searchParams)
      expect(redirect_uri).toBe(`${url}/login/fake/callback`)
      provider.nonce = nonce
      const query = new URLSearchParams({ code: 'a-code', state: state ?? '' })
      const cookie = flow.split(';', 1)[0] ?? ''
      const end = await send(`${base}/login/fake/callback?${query}`, { headers: { cookie } })
      expect(end.status, end.text).toBe(200)
      return JSON.parse(end.text)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Starts an nginx with the page's configuration, or with `block`; gives what ends it. */
export async function startNginx(
  { folder, port: ownPort, aim: aimed, send, url }: ProxySite,
  { block = url === SITE ? NGINX : BELOW.nginx, port = ownPort } = {},
): Promise<() => Promise<void>> {
  const inFolder = (text: string) =>
    text.replaceAll(/\/(?:etc\/ssl\/[\w.]+|var\/log\/nginx)\//g, './')
  const site = aim(inFolder(aimed(block)), { 'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;` })
    .replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
    .replace('/var/www/shop', folder)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const paths = temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`)
  const main = `daemon off; pid ./${port}.pid; error_log stderr; worker_processes 1; events {}`
  const file = join(folder, `${port}.conf`)
  await writeFile(file, `${main}\nhttp { ${paths.join(' ')}\n${site} }\n`)
  const args = ['-p', folder, '-c', file]
  await promisify(execFile)(findProgram('nginx') ?? '', ['-t', ...args])
  return startProgram('nginx', args, () => send(new URL(`${url}/healthz`).pathname, { port }), {
    file,
  })
}

/** Starts a Caddy with the page's configuration; gives what ends it. */
export async function startCaddy({
  folder,
  port,
  aim: aimed,
  send,
  url,
}: ProxySite): Promise<() => Promise<void>> {
  const own = `{
    admin off
    auto_https off
    default_bind 127.0.0.1
    https_port ${port}
    storage file_system ${folder}/caddy
  }\n`
  const tls = `tls ${folder}/fullchain.pem ${folder}/privkey.pem`
  const site = aimed(url === SITE ? CADDY : BELOW.caddy).replace('/var/www/shop', folder)
  const { hostname } = new URL(url)
  const file = join(folder, 'Caddyfile')
  await writeFile(file, own + aim(site, { [`${hostname} {`]: `${hostname} {\n\t${tls}` }))
  const args = ['run', '--config', file, '--adapter', 'caddyfile']
  const answers = async () =>
    expect((await send(new URL(`${url}/healthz`).pathname)).status).toBe(200)
  // It keeps its last configuration at home.
  const env = { XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  return startProgram('caddy', args, answers, { file, env })
}
