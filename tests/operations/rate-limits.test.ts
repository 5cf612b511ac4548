import postgres from 'postgres'
import { Pool } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sweepBatch } from '../../src/db/stores/sweep.ts'
import { networkOf } from '../../src/operations/rate-limits.ts'
import { age } from '../helpers/age.ts'
import {
  API,
  APPS,
  authorizationQuery,
  getCode,
  post,
  SPA,
  VERIFIER,
  WEB,
} from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { holdTime, letPass } from '../helpers/clocks.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { countRows, type Latchkey, login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { ID_TOKEN, nativeClaims, TOKEN_EXCHANGE } from '../helpers/native.ts'
import { expectOAuthError } from '../helpers/oauth.ts'
import { expectProblem, lastProblem } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'

const provider = new FakeProvider()
let database: TestDatabase
/** Two replicas behind a proxy that is trusted: whoever asks says who they are. */
let replicas: [Latchkey, Latchkey]
/** One that trusts no proxy, with a database of its own. */
let direct: Latchkey

beforeAll(async () => {
  await provider.listen()
  database = await createTestDatabase()
  const env = { ...provider.settings(), ...APPS, RATE_LIMIT: 'on' }
  const behindProxy = { ...env, TRUST_PROXY: '127.0.0.1,::1' }
  replicas = [
    await startLatchkey(behindProxy, { testDatabase: database }),
    await startLatchkey(behindProxy, { testDatabase: database }),
  ]
  direct = await startLatchkey(env)
})
afterEach(() => provider.reset())
afterAll(async () => {
  await Promise.all([...replicas, direct].map((one) => one.close()))
  await provider.close()
  await database.drop()
})

let people = 0
/** The address of somebody who was not here before. */
const newAddress = () => `198.51.${Math.floor(++people / 250)}.${people % 250}`

const from = (address: string, headers: Record<string, string> = {}) => ({
  headers: { 'x-forwarded-for': address, ...headers },
})

const get = (path: string, address: string, { url }: Latchkey = replicas[0]) =>
  new Browser().send(`${url}${path}`, from(address))

/** As many answers, each asked for after the one before. */
async function repeat(times: number, ask: (place: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let place = 0; place < times; place++) answers.push(await ask(place))
  return answers
}

const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))]

function expectLimited(answer: Answer, windowSeconds = 60): void {
  expectProblem(answer, 429, 'rate_limited')
  expectRetryAfter(answer, windowSeconds)
}

function expectRetryAfter(answer: Answer, windowSeconds: number): void {
  const seconds = answer.headers.get('retry-after') ?? ''
  expect(seconds).toMatch(/^\d+$/)
  expect(Number(seconds)).toBeGreaterThan(0)
  expect(Number(seconds)).toBeLessThanOrEqual(windowSeconds)
}

/** Uses an address’s logins up. */
const useUp = async (address: string, at?: Latchkey) =>
  expect(statuses(await repeat(60, () => get('/login/fake', address, at)))).toEqual([302])

/** Lets the window of every address pass, for the database and for the processes. */
async function letWindowsPass(): Promise<void> {
  await age(replicas[0], '61 seconds')
  letPass(61_000)
}

describe('1.09 logins', () => {
  test('60 in a minute start, the next is told when to come back, and others are not touched', async () => {
    const [address, other] = [newAddress(), newAddress()]
    await useUp(address)
    const answers = await repeat(3, () => get('/login/fake', address))
    for (const answer of answers) {
      expectLimited(answer)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.location).toBeNull()
    }
    expect(lastProblem(replicas[0])).toMatchObject({ code: 'rate_limited', limit: 'login' })
    expect((await get('/login/fake', other)).status).toBe(302)
    // A silent renewal is told what its app can mend, and this is not.
    const silent = `/login/fake${authorizationQuery({ prompt: 'none' })}`
    expectLimited(await get(silent, address))
    expect((await get(silent, other)).status).toBe(302)
  })

  test('whatever belongs to a login counts, and nothing else', async () => {
    const address = newAddress()
    const counting: [path: string, status: number][] = [
      ['/login/fake', 302],
      ['/login?provider=fake', 302],
      ['/login/nobody', 404],
      ['/login/fake/callback?code=a&state=b', 400],
      ['/login/fake?state=a&state=b', 400],
    ]
    for (const [path, status] of counting) {
      expect(statuses(await repeat(10, () => get(path, address)))).toEqual([status])
    }
    const form = () =>
      post(`${replicas[0].url}/login/nobody/callback`, 'a=b', from(address).headers)
    expect(statuses(await repeat(10, form))).toEqual([404])
    for (const [path] of counting) expectLimited(await get(path, address))
    expectLimited(await form())
    for (const path of ['/login', '/providers', '/healthz', '/.well-known/jwks.json']) {
      expect((await get(path, address)).status).toBe(200)
    }
  })

  test('a browser gets the page, which leads back', async () => {
    const address = newAddress()
    await useUp(address)
    const asked = from(address, { accept: 'text/html', 'accept-language': 'ko' })
    const page = await new Browser().send(`${replicas[0].url}/login/fake`, asked)
    expect(page.status).toBe(429)
    expectRetryAfter(page, 60)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(page.text).toContain('요청이 너무 많습니다')
    expect(page.text).toContain('href="/login/fake"')
    expect(page.headers.getSetCookie()).toEqual([])
  })

  test('a callback that is too much changes nothing and asks nobody; after the window it signs in', async () => {
    const address = newAddress()
    const browser = new Browser()
    const started = await startLogin(replicas[0], browser)
    provider.nonce = started.nonce ?? ''
    await useUp(address)
    const [rows, calls] = [await countRows(replicas[0]), provider.calls.length]
    const cookies = [...browser.jar()]
    const limited = await browser.send(started.callback(), from(address))
    expectLimited(limited)
    expect(limited.headers.getSetCookie()).toEqual([])
    expect([...browser.jar()]).toEqual(cookies)
    expect(await countRows(replicas[0])).toEqual(rows)
    expect(provider.calls.length).toBe(calls)
    await letWindowsPass()
    const { status, text } = await browser.send(started.callback(), from(address))
    expect(status, text).toBe(200)
  })

  test('a flood of a thousand from one address is one row, and a sweep takes it away', async () => {
    const address = newAddress()
    const count = async () => {
      const text = 'select count(*)::int as rows, max(count) as most from latchkey.request_counts'
      const [row] = await replicas[0].database.query<{ rows: number; most: number }>(text, [])
      return row
    }
    await replicas[0].database.query('delete from latchkey.request_counts', [])
    // However long it takes, the window does not pass meanwhile.
    holdTime()
    const seen: number[] = []
    const statuses = (status: number) => seen.filter((one) => one === status).length
    const pool = new Pool(replicas[0].url, { connections: 50, pipelining: 1 })
    const ask = async () => {
      const { statusCode, body } = await pool.request({
        ...{ method: 'GET', path: '/login/fake' },
        ...from(address),
      })
      await body.dump()
      seen.push(statusCode)
    }
    await Promise.all(Array.from({ length: 1_000 }, ask))
    await pool.close()
    expect([statuses(302), statuses(429)]).toEqual([60, 940])
    const flooded = await count()
    expect(flooded?.rows).toBe(1)
    // Once it is over, the database is not even asked: only what was under way is counted beyond it.
    expect(flooded?.most).toBeLessThan(60 + 50 + 1)
    expect(await sweepBatch(replicas[0].database)).toMatchObject({ removed: 0 })
    await age(replicas[0], '61 seconds')
    expect(await sweepBatch(replicas[0].database)).toMatchObject({ removed: 1 })
    expect((await count())?.rows).toBe(0)
  }, 60_000)
})

describe('3.16 wrong client secrets', () => {
  const ask = (route: string, address: string, secret: string, id = API.client_id) =>
    post(
      `${replicas[0].url}${route}`,
      { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' },
      from(address, { authorization: `Basic ${btoa(`${id}:${secret}`)}` }).headers,
    )

  test('are thirty in a minute for address and client, wherever they are tried; a right one is not found among more', async () => {
    const [address, other] = [newAddress(), newAddress()]
    const routes = ['/token', '/revoke', '/introspect']
    const answers = await repeat(30, (place) => ask(routes[place % 3] ?? '', address, 'wrong'))
    expect(statuses(answers)).toEqual([401])
    for (const route of routes) {
      expectOAuthError(await ask(route, address, 'wrong'), 429, 'temporarily_unavailable')
      expectOAuthError(await ask(route, address, API.client_secret), 429, 'temporarily_unavailable')
    }
    expect((await ask('/introspect', other, API.client_secret)).status).toBe(200)
    const web = encodeURIComponent(WEB.client_secret)
    expect((await ask('/introspect', address, web, WEB.client_id)).status).toBe(200)
    await age(replicas[0], '61 seconds')
  })

  test('that come all at once do not have the right one found among them', async () => {
    const [address, other] = [newAddress(), newAddress()]
    const guesses = (from: string, many: number) =>
      Promise.all([
        ...Array.from({ length: many }, () => ask('/introspect', from, 'wrong')),
        ask('/introspect', from, API.client_secret),
      ])
    const answers = await guesses(address, 200)
    expect(answers.at(-1)?.status).toBe(429)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(30)
    // Control: among fewer it is.
    expect((await guesses(other, 20)).at(-1)?.status).toBe(200)
    await age(replicas[0], '61 seconds')
  })

  test('that the database has not counted yet count here already', async () => {
    const [address, other] = [newAddress(), newAddress()]
    let guesses: Promise<Answer[]> | undefined
    const sql = postgres({ ...database.connection, max: 1 })
    await sql.begin(async (lock) => {
      await lock.unsafe('lock table latchkey.request_counts in access exclusive mode')
      guesses = Promise.all(Array.from({ length: 31 }, () => ask('/introspect', address, 'wrong')))
      const right = () => ask('/introspect', address, API.client_secret)
      await expect.poll(async () => (await right()).status).toBe(429)
      expect((await ask('/introspect', other, API.client_secret)).status).toBe(200)
    })
    await sql.end()
    expect((await guesses)?.every(({ status }) => [401, 429].includes(status))).toBe(true)
    await age(replicas[0], '61 seconds')
  })

  test('of clients that nobody registered are counted together: making ids up makes no rows', async () => {
    const address = newAddress()
    const rows = async () =>
      (await replicas[0].database.query('select from latchkey.request_counts', [])).length
    const before = await rows()
    const answers = await repeat(30, (place) =>
      ask('/introspect', address, 'x', `made-up-${place}`),
    )
    expect(statuses(answers)).toEqual([401])
    expect(await rows()).toBe(before + 1)
    const next = await ask('/introspect', address, 'x', 'made-up-too')
    expectOAuthError(next, 429, 'temporarily_unavailable')
    // Control: one that is registered.
    expect((await ask('/introspect', address, API.client_secret)).status).toBe(200)
    await age(replicas[0], '61 seconds')
  })

  test('are counted together where a proxy writes the port behind the address', async () => {
    const address = newAddress()
    await repeat(30, (place) => ask('/introspect', `${address}:${40_000 + place}`, 'wrong'))
    const next = await ask('/introspect', `${address}:50000`, 'wrong')
    expectOAuthError(next, 429, 'temporarily_unavailable')
    await repeat(30, (place) => ask('/introspect', `[2001:db8::1]:${40_000 + place}`, 'wrong'))
    expectOAuthError(
      await ask('/introspect', '2001:db8::2', 'wrong'),
      429,
      'temporarily_unavailable',
    )
  })
})

describe('9.14 the token endpoint', () => {
  const guess = (address: string, at: Latchkey = replicas[0]) =>
    post(
      `${at.url}/token`,
      { grant_type: 'refresh_token', client_id: SPA.client_id, refresh_token: 'guessed' },
      from(address).headers,
    )
  const redeem = (code: string, address: string) =>
    post(
      `${replicas[0].url}/token`,
      { grant_type: 'authorization_code', ...SPA, code, code_verifier: VERIFIER },
      from(address, { origin: 'https://app.example.com' }).headers,
    )

  test('takes 150 in five minutes; what is more changes nothing', async () => {
    const [address, other] = [newAddress(), newAddress()]
    const code = await getCode(replicas[0], provider)
    for (const answer of await repeat(150, () => guess(address))) {
      expectOAuthError(answer, 400, 'invalid_grant')
    }
    const rows = await countRows(replicas[0])
    const limited = await redeem(code, address)
    expectOAuthError(limited, 429, 'temporarily_unavailable')
    expectRetryAfter(limited, 300)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(200)
    // A page of the app may read it.
    expect(Object.fromEntries(limited.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-expose-headers': expect.stringContaining('Retry-After'),
    })
    expect(await countRows(replicas[0])).toEqual(rows)
    expect((await get('/login/fake', address)).status).toBe(302)
    expect((await redeem(code, other)).status).toBe(200)
  })

  test('does not count a client that proved itself by its secret', async () => {
    const address = newAddress()
    const { client_id, client_secret } = API
    const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id, client_secret }
    const ask = () => post(`${replicas[0].url}/token`, form, from(address).headers)
    expect(statuses(await repeat(155, ask))).toEqual([400])
    expectOAuthError(await guess(address), 400, 'invalid_grant')
  })

  test('takes 30 native sign-ins in a minute and asks no provider about more; other grants go on', async () => {
    const [address, other] = [newAddress(), newAddress()]
    provider.subject = 'person-native'
    const exchange = async (by: string, token: string) =>
      post(
        `${replicas[0].url}/token`,
        {
          ...{ grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ID_TOKEN },
          ...{ subject_issuer: 'fake', client_id: 'latchkey' },
        },
        from(by).headers,
      )
    const newToken = () => provider.sign(nativeClaims(provider))
    const answers = await repeat(30, async () => exchange(address, await newToken()))
    expect(statuses(answers)).toEqual([200])
    const [rows, calls] = [await countRows(replicas[0]), provider.calls.length]
    const token = await newToken()
    const limited = await exchange(address, token)
    expectOAuthError(limited, 429, 'temporarily_unavailable')
    expectRetryAfter(limited, 60)
    expect(await countRows(replicas[0])).toEqual(rows)
    expect(provider.calls.length).toBe(calls)
    expectOAuthError(await guess(address), 400, 'invalid_grant')
    // The token was not used up.
    expect((await exchange(other, token)).status).toBe(200)
  })
})

describe('11.14 two replicas', () => {
  test('count together', async () => {
    const address = newAddress()
    const turn = (place: number) => get('/login/fake', address, replicas[place % 2])
    expect(statuses(await repeat(60, turn))).toEqual([302])
    for (const answer of await repeat(2, turn)) expectLimited(answer)
  })

  test('count together what comes at once', async () => {
    const address = newAddress()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, place) => get('/login/fake', address, replicas[place % 2])),
    )
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(60)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40)
  })

  test('let an address in again when the window is over, each', async () => {
    const address = newAddress()
    await useUp(address)
    for (const replica of replicas) expectLimited(await get('/login/fake', address, replica))
    await letWindowsPass()
    for (const replica of replicas) {
      expect((await get('/login/fake', address, replica)).status).toBe(302)
    }
  })
})

describe('10.11 an address', () => {
  test('is the peer’s where no proxy is trusted, whatever X-Forwarded-For says', async () => {
    const spoof = (place: number) =>
      rawRequest(direct.url.replace('localhost', '127.0.0.1'), {
        path: '/login/fake',
        headers: ['x-forwarded-for', `203.0.${Math.floor(place / 250)}.${place % 250}`],
      })
    const answers = await repeat(1000, spoof)
    expect(statuses(answers.slice(0, 60))).toEqual([302])
    expect(statuses(answers.slice(60))).toEqual([429])
    const [row] = await direct.database.query(
      'select count(*)::int from latchkey.request_counts',
      [],
    )
    expect(row).toEqual({ count: 1 })
  })

  test('of another peer has a limit of its own', async ({ skip }) => {
    skip(process.platform !== 'linux', 'needs Linux: other peers at 127.0.0.2 and on')
    const ask = (localAddress: string) =>
      rawRequest(direct.url.replace('localhost', '127.0.0.1'), {
        path: '/login/fake',
        localAddress,
      })
    expect(statuses(await repeat(60, () => ask('127.0.0.2')))).toEqual([302])
    expectLimited(await ask('127.0.0.2'))
    expect((await ask('127.0.0.3')).status).toBe(302)
  })

  test('control: behind a trusted proxy as many different ones are that many people', async () => {
    const answers = await repeat(100, () => get('/login/fake', newAddress()))
    expect(statuses(answers)).toEqual([302])
  })

  test('that a stranger puts before the one of the proxy does not count', async () => {
    const address = newAddress()
    const spoof = (place: number) => get('/login/fake', `203.0.113.${place}, ${address}`)
    expect(statuses(await repeat(60, spoof))).toEqual([302])
    expectLimited(await spoof(99))
  })

  test('that a proxy adds behind all other headers is seen: where it cannot be, nothing is answered', async () => {
    const address = newAddress()
    const ask = (others: number) =>
      rawRequest(replicas[0].url, {
        path: '/login/fake',
        headers: [...Array(others).fill(['a', '']).flat(), 'x-forwarded-for', address],
      })
    expect((await ask(900)).status).toBe(302)
    expectProblem(await ask(1100), 400, 'invalid_request')
    // The one that was seen was counted as the stranger's, and none as the proxy's.
    await repeat(59, () => get('/login/fake', address))
    expectLimited(await ask(900))
  })

  test('of IPv6 is one with all others of its /64, and with none of the next', async () => {
    const within = (place: number) => get('/login/fake', `2001:db8:0:1:${place}::${place}`)
    expect(statuses(await repeat(60, within))).toEqual([302])
    expectLimited(await within(9_999))
    expect((await get('/login/fake', '2001:db8:0:2::1')).status).toBe(302)
  })

  test('of IPv4 is the same in IPv6’s way of writing', async () => {
    await useUp('192.0.2.77')
    expectLimited(await get('/login/fake', '::ffff:192.0.2.77'))
    expectLimited(await get('/login/fake', '::FFFF:c000:24d'))
    expect((await get('/login/fake', '::ffff:192.0.2.78')).status).toBe(302)
  })

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0.0.0.0.0.0.0.0'],
    ['2001:DB8::1', '32.1.13.184.0.0.0.0'],
    ['fe80::1%eth0', '254.128.0.0.0.0.0.0'],
    ['unknown', 'unknown'],
  ])('%s is counted as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test('is not kept, only a hash of it under the secret', async () => {
    const address = newAddress()
    const since = replicas[0].logs.length
    await get('/login/fake', address)
    const rows = await replicas[0].database.query('select * from latchkey.request_counts', [])
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row).toMatchObject({ key: expect.stringMatching(/^[\w-]{43}$/) })
    expect(JSON.stringify(rows)).not.toContain(address)
    expect(replicas[0].logs.slice(since).join('\n')).not.toContain(address)
  })
})

describe('without the limiter’s database', () => {
  const lastWarning = ({ logs }: Latchkey) =>
    logs.map((line) => JSON.parse(line)).findLast(({ event }) => event === 'rate_limit_away')

  test('a login starts all the same, and the log says that nobody was counted', async () => {
    const testDatabase = await createTestDatabase()
    const env = { ...provider.settings(), RATE_LIMIT: 'on' }
    const stranded = await startLatchkey(env, { testDatabase })
    expect((await login(stranded, provider)).status).toBe(200)
    expect(lastWarning(stranded)).toBeUndefined()
    await testDatabase.drop()
    const answers = await repeat(70, () => new Browser().send(`${stranded.url}/login/fake`))
    expect(statuses(answers)).toEqual([302])
    expect(lastWarning(stranded)).toMatchObject({ level: 'warn' })
    // Whatever needs the database fails as it does without limits.
    expectProblem(await login(stranded, provider), 503, 'temporarily_unavailable')
    const form = { grant_type: 'refresh_token', client_id: 'latchkey', refresh_token: 'x' }
    const answer = await post(`${stranded.url}/token`, form)
    expectOAuthError(answer, 503, 'temporarily_unavailable')
    await stranded.close()
  })

  test('a login waits for two seconds at most, and the next does not wait', async () => {
    const address = newAddress()
    const held = await replicas[0].database.sql.begin(async (transaction) => {
      await transaction`lock table latchkey.request_counts in access exclusive mode`
      const before = performance.now()
      const first = await get('/login/fake', address)
      const middle = performance.now()
      const second = await get('/login/fake', address)
      const waited = [middle - before, performance.now() - middle]
      return { statuses: statuses([first, second]), waited }
    })
    expect(held.statuses).toEqual([302])
    expect(held.waited[0]).toBeGreaterThan(1_900)
    expect(held.waited[0]).toBeLessThan(5_000)
    expect(held.waited[1]).toBeLessThan(1_900)
    expect(lastWarning(replicas[0])).toMatchObject({ level: 'warn' })
    letPass(2_000)
    // The two were not counted afterwards: what was given up is not done later.
    await useUp(address)
    expectLimited(await get('/login/fake', address))
  })
})

test('RATE_LIMIT=off limits nobody and counts nothing', async () => {
  const unlimited = await startLatchkey({ ...provider.settings(), RATE_LIMIT: 'off' })
  const answers = await repeat(100, () => new Browser().send(`${unlimited.url}/login/fake`))
  expect(statuses(answers)).toEqual([302])
  const [row] = await unlimited.database.query(
    'select count(*)::int from latchkey.request_counts',
    [],
  )
  expect(row).toEqual({ count: 0 })
  await unlimited.close()
})

test('RATE_LIMIT is on where it is not set', async () => {
  const usual = await startLatchkey({ ...provider.settings(), RATE_LIMIT: undefined })
  const answers = await repeat(61, () => new Browser().send(`${usual.url}/login/fake`))
  expect(statuses(answers.slice(0, 60))).toEqual([302])
  expectLimited(answers[60] as Answer)
  await usual.close()
})
