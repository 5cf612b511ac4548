import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createTestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { TEST_SECRET } from '../helpers/latchkey.ts'
import { freePort, newFolder, startServerProcess } from '../helpers/server-process.ts'
import { makeProxySite, type ProxySite, SITE, startCaddy, startNginx, whyNoProxy } from './proxy.ts'

/** Two replicas as processes of their own, each of which can be restarted as the README says. */
async function startReplicas(provider: FakeProvider, ports: [number, number]) {
  const folder = await newFolder()
  const database = await createTestDatabase()
  const { host, username, database: name } = database.connection
  const env = {
    ...provider.settings(),
    NODE_ENV: 'production',
    PUBLIC_URL: SITE,
    HOST: '127.0.0.1',
    SECRET: TEST_SECRET,
    DATABASE_URL: `postgres://${username}@localhost/${name}?host=${host}`,
    TRUST_PROXY: '127.0.0.1',
  }
  const start = (port: number) => startServerProcess(env, { cwd: folder.path, port })
  const running = ports.map(start)
  const replicas = {
    async restart(place: number) {
      await running[place]?.stop()
      running[place] = start(ports[place] ?? 0)
      await replicas.ready(place)
    },
    ready: (place: number) =>
      vi.waitFor(
        async () =>
          expect((await fetch(`http://127.0.0.1:${ports[place]}/readyz`)).status).toBe(200),
        { timeout: 30_000 },
      ),
    async stop() {
      await Promise.all(running.map((one) => one.stop()))
      await database.drop()
      await folder.remove()
    },
  }
  return replicas
}

/** Asks again and again until it is told to stop; then counts the answers by their statuses. */
function ask(pauseMs: number, send: () => Promise<number>) {
  const statuses: Record<string, number> = {}
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const status = await send().catch((error: Error) => error.message)
      statuses[status] = (statuses[status] ?? 0) + 1
      await sleep(pauseMs)
    }
  })()
  return async () => {
    isOver = true
    await asking
    return statuses
  }
}

/** People who come all the time: some who are signed in, one who signs in, an app that refreshes. */
async function sendPeople(site: ProxySite, provider: FakeProvider) {
  let { access_token: token, refresh_token } = await site.signIn(provider)
  const readMe = async () =>
    (await site.send('/me', { headers: { authorization: `Bearer ${token}` } })).status
  const refresh = async () => {
    const form = { grant_type: 'refresh_token', client_id: 'latchkey', refresh_token }
    const answer = await site.send('/token', { form })
    if (answer.status === 200) ({ access_token: token, refresh_token } = JSON.parse(answer.text))
    return answer.status
  }
  const signIn = async () => {
    await site.signIn(provider)
    return 200
  }
  const asked = [ask(20, readMe), ask(20, readMe), ask(200, refresh), ask(800, signIn)]
  return async () => {
    const [one, other, posts, logins] = await Promise.all(asked.map((stop) => stop()))
    return { one, other, logins, posts: posts ?? {} }
  }
}

describe.concurrent.each([
  ['nginx', startNginx, 0],
  // Up to 2.11.1 it does not send a POST again, so the first one that meets the replica may fail.
  ['caddy', startCaddy, 1],
] as const)('two replicas behind the %s of the README', (program, startProxy, failedPosts) => {
  test('are restarted one after the other while requests come, and none fails', async ({
    skip,
  }) => {
    const missing = whyNoProxy(program)
    skip(missing !== null, missing ?? '')
    const provider = await new FakeProvider().listen()
    const ports: [number, number] = [await freePort(), await freePort()]
    const replicas = await startReplicas(provider, ports)
    const site = await makeProxySite(ports)
    let stopProxy: (() => Promise<void>) | undefined
    try {
      await Promise.all([replicas.ready(0), replicas.ready(1)])
      stopProxy = await startProxy(site)
      const count = await sendPeople(site, provider)
      for (const place of [0, 1]) {
        await replicas.restart(place)
        await sleep(2_000)
      }
      const { posts, ...others } = await count()
      for (const statuses of Object.values(others)) {
        expect(statuses).toEqual({ 200: expect.any(Number) })
      }
      const { 200: good = 0, 502: bad = 0, ...rest } = posts
      expect(rest).toEqual({})
      expect(bad).toBeLessThanOrEqual(failedPosts * 2)
      expect(good).toBeGreaterThan(10)
    } finally {
      await stopProxy?.()
      await site.remove()
      await replicas.stop()
      await provider.close()
    }
  })
})
