import { createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { APPS, authorize, getCode, post, SPA, VERIFIER } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { exchange, nativeClaims } from '../helpers/native.ts'
import { expectProblem, expectProtected } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey, start } = setStage({ settings: { ...APPS, METRICS: 'on' } })

const send = (path: string, init: RequestInit = {}, at = latchkey) =>
  new Browser().send(`${at.url}${path}`, init)

/** Every series by its name and labels, as they stand in the text. */
async function scrape(at = latchkey): Promise<Map<string, number>> {
  const { text } = await send('/metrics', {}, at)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

/** Fails unless exactly these of Latchkey's own counters go up, by as much, while something happens. */
async function expectCounted(
  metric: string,
  counted: Record<string, number>,
  work: () => Promise<unknown>,
  at = latchkey,
): Promise<void> {
  const before = await scrape(at)
  await work()
  const after = await scrape(at)
  const grown = [...after].flatMap(([series, value]) => {
    const more = value - (before.get(series) ?? 0)
    return series.startsWith(`${metric}{`) && more > 0 ? [[series.slice(metric.length), more]] : []
  })
  expect(Object.fromEntries(grown)).toEqual(counted)
}

describe('/metrics', () => {
  test('is Prometheus’ text format, with what is usual of a process', async () => {
    const answer = await send('/metrics')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expectProtected(answer)
    const series = await scrape()
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes']) {
      expect(series.get(name), name).toBeGreaterThan(0)
    }
    // Background work may be at the database for a moment.
    await expect
      .poll(async () => (await scrape()).get('latchkey_database_operations_pending'))
      .toBe(0)
    // Of the event loop's lag there may be no sample yet, which Prometheus writes so.
    const unknown = [...series].filter(([, value]) => Number.isNaN(value)).map(([name]) => name)
    expect(unknown.filter((name) => !name.startsWith('nodejs_eventloop_lag_'))).toEqual([])
    // Each line is one that a scraper reads.
    const label = '[a-z_]+="(?:[^"\\\\\\n]|\\\\.)*"'
    const line = new RegExp(`^[a-z_:]+[a-z0-9_]*(?:\\{${label}(?:,${label})*\\})?$`, 'i')
    expect([...series.keys()].filter((key) => !line.test(key))).toEqual([])
  })

  test('is not there where METRICS is off, or not set', async () => {
    const usual = await startLatchkey(provider.settings())
    expectProblem(await send('/metrics', {}, usual), 404, 'not_found')
    expect((await login(usual, provider)).status).toBe(200)
    await usual.close()
  })

  test('is there by its own name only: a proxy may keep that back, and not what is the same as a URL', async () => {
    const ask = (path: string) => rawRequest(latchkey.url, { path })
    expect((await ask('/metrics?x')).status).toBe(200)
    for (const path of ['/%6detrics', '/%6D%65trics', '/metric%73?x=/metrics']) {
      expectProblem(await ask(path), 404, 'not_found')
    }
  })

  test('takes GET only', async () => {
    expectProblem(await send('/metrics', { method: 'POST' }), 405, 'method_not_allowed')
  })
})

describe('requests', () => {
  const COUNT = 'latchkey_http_request_duration_seconds_count'

  test('are measured by method, route and status', async () => {
    const session = `/me/sessions/${randomUUID()}`
    await expectCounted(
      COUNT,
      {
        '{method="GET",route="/login/:provider",status="302"}': 2,
        '{method="GET",route="/login/:provider",status="404"}': 1,
        '{method="DELETE",route="/me/sessions/:id",status="401"}': 1,
        '{method="GET",route="none",status="404"}': 1,
        // Of the first look.
        '{method="GET",route="/metrics",status="200"}': 1,
      },
      async () => {
        await send('/login/fake')
        await send('/login/fake?login_hint=canary')
        await send('/login/canary')
        await send(session, { method: 'DELETE' })
        await send('/canary')
      },
    )
  })

  test('with whatever a stranger makes up add no series', async () => {
    const stranger = () => {
      const made = `canary-${randomUUID()}`
      const form = { grant_type: made, client_id: made, refresh_token: made, subject_issuer: made }
      return Promise.all([
        send(`/${made}?${made}=${made}`, { headers: { 'user-agent': made } }),
        send(`/login/${made}`),
        send(`/login/fake/callback?state=${made}&code=${made}&error=${made}`),
        send(`/me/sessions/${made}`, { method: 'DELETE' }),
        post(`${latchkey.url}/token`, form),
        post(`${latchkey.url}/token`, { ...form, grant_type: 'refresh_token' }),
        post(`${latchkey.url}/token`, { ...form, grant_type: 'authorization_code' }),
        exchange(latchkey, made, { subject_issuer: made }),
        exchange(latchkey, made),
      ])
    }
    await stranger()
    const before = [...(await scrape()).keys()]
    for (let i = 0; i < 20; i++) await stranger()
    const after = [...(await scrape()).keys()]
    expect(after.filter((series) => /^latchkey_/.test(series)).sort()).toEqual(
      before.filter((series) => /^latchkey_/.test(series)).sort(),
    )
    expect(after.join('\n')).not.toContain('canary')
  })
})

describe('logins', () => {
  const LOGINS = 'latchkey_logins_total'
  const ended = (outcome: string, way = 'browser') => ({
    [`{provider="fake",way="${way}",outcome="${outcome}"}`]: 1,
  })
  const declined = { code: null, error: 'access_denied' }

  async function callBack(parameters: Record<string, string | null> = {}): Promise<Answer> {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    provider.nonce = started.nonce ?? ''
    return browser.send(started.callback(parameters))
  }

  test.each<[outcome: string, what: string, work: () => Promise<unknown>]>([
    ['success', 'one without a client', () => login(latchkey, provider)],
    ['success', 'one for an app', () => authorize(latchkey, provider)],
    [
      'success',
      'one in cookie mode',
      () => authorize(latchkey, provider, { response_mode: 'cookie', code_challenge: null }),
    ],
    ['access_denied', 'one that is declined', () => callBack(declined)],
    ['invalid_state', 'one that nobody started', () => send('/login/fake/callback?code=a&state=b')],
    [
      'provider_error',
      'one of a provider that fails',
      () => {
        provider.answers.token = { status: 500, body: {} }
        return callBack()
      },
    ],
    [
      'invalid_code',
      'one for an app, with a code that is refused',
      () => {
        provider.answers.token = { status: 400, body: { error: 'invalid_grant' } }
        return authorize(latchkey, provider)
      },
    ],
  ])('count as %s: %s', async (outcome, _what, work) => {
    await expectCounted(LOGINS, ended(outcome), work)
  })

  test('with the token of an SDK count as native', async () => {
    const token = await provider.sign(nativeClaims(provider))
    await expectCounted(LOGINS, ended('success', 'native'), () => exchange(latchkey, token))
    await expectCounted(LOGINS, ended('invalid_code', 'native'), () => exchange(latchkey, token))
  })
})

describe('calls to a provider', () => {
  const CALLS = 'latchkey_provider_call_duration_seconds_count'
  const called = (endpoint: string, outcome: string) => ({
    [`{provider="fake",endpoint="${endpoint}",outcome="${outcome}"}`]: 1,
  })

  test('count by endpoint and by how they end', async () => {
    await login(latchkey, provider)
    const both = { ...called('token', '2xx'), ...called('userinfo', '2xx') }
    await expectCounted(CALLS, both, () => login(latchkey, provider))
    provider.answers.userinfo = { status: 403, body: {} }
    const refused = { ...called('token', '2xx'), ...called('userinfo', '4xx') }
    await expectCounted(CALLS, refused, () => login(latchkey, provider))
    provider.answers.token = { status: 503, body: {} }
    await expectCounted(CALLS, called('token', '5xx'), () => login(latchkey, provider))
    provider.answers.token = { headers: { 'content-type': 'text/html' }, body: '<html>' }
    await expectCounted(CALLS, called('token', '2xx'), () => login(latchkey, provider))
  })

  test('are there for discovery and keys too', async () => {
    const series = await scrape()
    for (const endpoint of ['discovery', 'jwks']) {
      const [name] = Object.keys(called(endpoint, '2xx'))
      expect(series.get(`${CALLS}${name}`), endpoint).toBeGreaterThan(0)
    }
  })

  test('count in seconds', async () => {
    const sum = `${CALLS.replace('_count', '_sum')}{provider="fake",endpoint="token",outcome="4xx"}`
    provider.answers.token = (_call, response) => {
      const answer = () => response.writeHead(400, { 'content-type': 'application/json' }).end('{}')
      setTimeout(answer, 300)
    }
    await login(latchkey, provider)
    const seconds = (await scrape()).get(sum)
    expect(seconds).toBeGreaterThan(0.29)
    expect(seconds).toBeLessThan(10)
  })
})

test('requests for tokens count by grant type and outcome', async () => {
  const code = await getCode(latchkey, provider)
  const redeem = () =>
    post(`${latchkey.url}/token`, {
      ...{ grant_type: 'authorization_code', ...SPA, code, code_verifier: VERIFIER },
    })
  const ended = (type: string, outcome: string) => ({
    [`{grant_type="${type}",outcome="${outcome}"}`]: 1,
  })
  const GRANTS = 'latchkey_token_grants_total'
  let refreshToken = ''
  await expectCounted(GRANTS, ended('authorization_code', 'success'), async () => {
    refreshToken = String((await redeem()).json().refresh_token)
  })
  const refresh = (client_id: string) =>
    post(`${latchkey.url}/token`, {
      ...{ grant_type: 'refresh_token', client_id, refresh_token: refreshToken },
    })
  await expectCounted(GRANTS, ended('refresh_token', 'success'), () => refresh(SPA.client_id))
  await expectCounted(GRANTS, ended('refresh_token', 'invalid_client'), () => refresh('nobody'))
  await expectCounted(GRANTS, ended('authorization_code', 'invalid_grant'), redeem)
})

test('requests that were one too many count by limit', async () => {
  const limited = await startLatchkey({
    ...provider.settings(),
    METRICS: 'on',
    RATE_LIMIT: 'on',
  })
  const start = () => send('/login/fake', {}, limited)
  const LIMITED = 'latchkey_rate_limited_total'
  await expectCounted(
    LIMITED,
    {},
    async () => {
      for (let i = 0; i < 60; i++) await start()
    },
    limited,
  )
  await expectCounted(
    LIMITED,
    { '{limit="login"}': 2 },
    async () => {
      await start()
      await start()
    },
    limited,
  )
  await limited.close()
})

test('what a provider tells counts by what comes of it, and what the outbox tries by how it ends', async () => {
  const secret = 'a webhook secret of the tests'
  const hook = createServer((_request, response) => response.writeHead(204).end())
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void hook.close())
  const WEBHOOK_URL = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`
  const at = await startLatchkey({
    ...{ ...APPS, ...provider.settings(), METRICS: 'on', WEBHOOK_URL },
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    ...{ GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b', GITHUB_WEBHOOK_SECRET: secret },
  })
  onTestFinished(() => at.close())
  const body = JSON.stringify({ action: 'revoked', sender: { id: 1 } })
  const tell = (event: string, key = secret) =>
    send(
      '/providers/github/events',
      {
        method: 'POST',
        body,
        headers: {
          ...{ 'content-type': 'application/json', 'x-github-event': event },
          'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
        },
      },
      at,
    )
  const metric = 'latchkey_provider_events_total'
  const of = (outcome: string) => ({ [`{provider="github",outcome="${outcome}"}`]: 1 })
  await expectCounted(metric, of('acted'), () => tell('github_app_authorization'), at)
  await expectCounted(metric, of('nothing'), () => tell('ping'), at)
  const forged = () => tell('github_app_authorization', 'another secret')
  await expectCounted(metric, of('invalid_key'), forged, at)
  const attempts = 'latchkey_outbox_attempts_total{kind="webhook",outcome="done"}'
  await login(at, provider)
  await vi.waitFor(async () => expect((await scrape(at)).get(attempts)).toBe(2), 20_000)
})

test('what waits in the outbox is what waits now, at each look, and not what waited at the one before', async () => {
  const shown = async () => {
    const found = await scrape(latchkey)
    const of = (name: string) =>
      found.get(`latchkey_outbox_${name}{kind="revocation",target="nowhere"}`)
    return [of('waiting'), of('given_up'), of('oldest_seconds')]
  }
  await latchkey.database.query(
    `insert into latchkey.outbox (kind, target, subject, created_at, next_attempt_at, failed_at)
     select 'revocation', 'nowhere', i::text, now() - interval '90 seconds', 'infinity',
       case when i > 2 then now() end
     from generate_series(1, 3) i`,
    [],
  )
  expect(await shown()).toEqual([2, 1, expect.toSatisfy((age) => age >= 90 && age < 150)])
  await latchkey.database.query(`delete from latchkey.outbox where target = 'nowhere'`, [])
  expect(await shown()).toEqual([undefined, undefined, undefined])
})

test('what cannot be counted in the database is missing, and the log says so', async () => {
  const unread = (at: typeof latchkey) => at.logs.filter((line) => line.includes('metrics_unread'))
  const at = await start()
  await scrape(at)
  expect(unread(at)).toEqual([])
  await at.database.query('alter table latchkey.outbox rename to outbox_away', [])
  try {
    expect((await send('/metrics', {}, at)).status).toBe(200)
    expect(unread(at)).toHaveLength(1)
  } finally {
    await at.database.query('alter table latchkey.outbox_away rename to outbox', [])
  }
})

test('nothing in it is of a person, a token or an address', async () => {
  const answer = await login(latchkey, provider)
  const { access_token: token, user } = answer.json() as {
    access_token: string
    user: { sub: string }
  }
  await send('/me', { headers: { authorization: `Bearer ${token}` } })
  const { text } = await send('/metrics')
  const personal = ['person', 'example.com', user.sub, token, '127.0.0.1', '::1', 'a-code']
  expect(personal.filter((one) => text.includes(one))).toEqual([])
  const own = text.match(/^latchkey_.*$/gm)?.join('\n') ?? ''
  const labels = new Set([...own.matchAll(/(\w+)="/g)].map(([, name]) => name))
  const known = ['endpoint', 'grant_type', 'le', 'method', 'node', 'outcome', 'provider', 'route']
  expect([...labels].sort()).toEqual([...known, 'status', 'version', 'way'])
})
