import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { freePort } from '../helpers/server-process.ts'
import {
  makeProxySite,
  OTHER_VISITOR,
  type ProxySite,
  SITE,
  SITE_BELOW,
  startCaddy,
  startNginx,
  VISITOR,
  whyNoProxy,
} from './proxy.ts'
import { blockWith, codeBlocks, english } from './texts.ts'

const MANY_COOKIES = { headers: { cookie: `a=${'x'.repeat(10_000)}` } }

interface Place {
  site: ProxySite
  provider: FakeProvider
  replicas: Latchkey[]
}

/** Two replicas, a provider, and a proxy in front of them. */
function useProxy(
  program: string,
  start: (site: ProxySite) => Promise<() => Promise<void>>,
  url = SITE,
) {
  const missing = whyNoProxy(program)
  const provider = new FakeProvider()
  const place = { provider, replicas: [] as Latchkey[] } as Place
  let database: TestDatabase
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    if (missing !== null) return
    await provider.listen()
    database = await createTestDatabase()
    const env = {
      ...provider.settings(),
      NODE_ENV: 'production',
      DIRECT_ANSWER: 'on',
      DATABASE_URL: 'postgres://stands-for@the.one.of.the.test/latchkey',
      TRUST_PROXY: '127.0.0.1',
      RATE_LIMIT: 'on',
      METRICS: 'on',
    }
    const shared = { testDatabase: database, publicUrl: url }
    place.replicas.push(
      ...(await Promise.all([startLatchkey(env, shared), startLatchkey(env, shared)])),
    )
    place.site = await makeProxySite(
      place.replicas.map((replica) => Number(new URL(replica.url).port)),
      url,
    )
    stop = await start(place.site)
  })
  beforeEach(({ skip }) => skip(missing !== null, missing ?? ''))
  afterAll(async () => {
    if (missing !== null) return
    await stop?.()
    await Promise.all(place.replicas.map((replica) => replica.close()))
    await provider.close()
    await database.drop()
    await place.site.remove()
  })
  return place
}

/** The same for both proxies. */
function describeProxy(place: Place) {
  test('signs in over both replicas, and tells the visitor’s address and no other', async () => {
    const { site, replicas, provider } = place
    const before = replicas.map(({ logs }) => logs.length)
    const { access_token: token } = await site.signIn(provider)
    const headers = { authorization: `Bearer ${token}` }
    const sessions = await site.send('/me/sessions', { headers })
    expect(JSON.parse(sessions.text)).toMatchObject([{ address: VISITOR }])
    for (const _ of replicas) await site.send('/me')
    const answered = replicas.map(({ logs }, index) => logs.length - (before[index] ?? 0))
    expect(Math.min(...answered)).toBeGreaterThan(0)
  })

  test('lets the cookies of several logins through', async () => {
    expect(await place.site.send('/healthz', MANY_COOKIES)).toMatchObject({ status: 200 })
  })

  test('keeps the metrics inside', async () => {
    expect((await place.site.send('/metrics')).status).toBe(404)
    for (const { url } of place.replicas) expect((await fetch(`${url}/metrics`)).status).toBe(200)
  })

  test('lets Latchkey limit each visitor by the own address, over both replicas', async () => {
    const { site } = place
    const statuses = []
    for (let number = 0; number < 63; number++) {
      const headers = { 'x-forwarded-for': `203.0.113.${number}` }
      statuses.push((await site.send('/login/fake', { headers, from: OTHER_VISITOR })).status)
    }
    expect(statuses).toEqual([...Array(60).fill(302), 429, 429, 429])
    expect((await site.send('/login/fake')).status).toBe(302)
  })

  test('serves on while a replica is away', async () => {
    await place.replicas[0]?.app.close()
    for (let i = 0; i < 6; i++) expect((await place.site.send('/readyz')).status).toBe(200)
  })
}

describe('nginx with the configuration of docs/production.md', () => {
  const place = useProxy('nginx', startNginx)

  test('needs its larger header buffers for that', async () => {
    const { site } = place
    const pages = blockWith(english('production'), 'nginx', 'upstream latchkey')
    const block = pages.replace(/ *large_client_header_buffers .*\n/, '')
    expect(block).not.toBe(pages)
    const port = await freePort()
    const stopUsual = await startNginx(site, { block, port })
    try {
      expect((await site.send('/healthz', { ...MANY_COOKIES, port })).status).toBe(400)
      expect((await site.send('/healthz', MANY_COOKIES)).status).toBe(200)
    } finally {
      await stopUsual()
    }
  })

  describeProxy(place)

  test('writes to no log but its own, so that an ordinary user can start it', () => {
    const servers = codeBlocks(english('production'))
      .filter(({ language }) => language === 'nginx')
      .flatMap(({ code }) => code.split(/^server \{$/m).slice(1))
    expect(servers).toHaveLength(3)
    expect(servers.filter((server) => !/^ {4}access_log /m.test(server))).toEqual([])
  })

  test('keeps codes and states out of its log', async () => {
    const log = await readFile(join(place.site.folder, 'latchkey.log'), 'utf8')
    expect(log).toContain('"GET /login/fake/callback" 200')
    expect(log).not.toMatch(/[?]|state=|a-code/)
  })
})

describe('Caddy with the configuration of docs/production.md', () => {
  describeProxy(useProxy('caddy', startCaddy))
})

describe.each([
  ['nginx', startNginx],
  ['caddy', startCaddy],
] as const)('Latchkey below a path, beside an app, with the page’s %s', (program, start) => {
  const place = useProxy(program, start, SITE_BELOW)

  test('signs in, tells where it is, and leaves the rest of the origin to the app', async () => {
    const { site, provider } = place
    await writeFile(join(site.folder, 'index.html'), 'the app')
    const { access_token: token } = await site.signIn(provider)
    const headers = { authorization: `Bearer ${token}` }
    expect((await site.send('/auth/me', { headers })).status).toBe(200)
    for (const path of [
      '/auth/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/auth',
    ]) {
      const { issuer, token_endpoint } = JSON.parse((await site.send(path)).text)
      expect([issuer, token_endpoint]).toEqual([SITE_BELOW, `${SITE_BELOW}/token`])
    }
    const page = await site.send('/auth/login', { headers: { accept: 'text/html' } })
    expect(page.text).toContain('/auth/login/fake')
    expect((await site.send('/index.html')).text).toBe('the app')
    expect((await site.send('/authors')).text).not.toContain('application/problem+json')
    for (const path of ['/auth/metrics', '/me', '/login']) {
      expect((await site.send(path, { headers })).status, path).toBe(404)
    }
  })
})
