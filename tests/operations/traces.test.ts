import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { summaryOf } from '../../src/db/connection/summary.ts'
import { readSettings } from '../../src/settings/index.ts'
import { APPS, authorizationQuery, redeem, SPA } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import type { Latchkey } from '../helpers/latchkey.ts'
import { listenForEvents } from '../helpers/receiver.ts'
import { freePort, newFolder, startServerProcess } from '../helpers/server-process.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number }
}

/** A collector that takes OTLP over HTTP. */
async function startCollector() {
  const posts: { path: string; type: string; headers: object; body: Buffer }[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const { url: path = '', headers } = request
      const body = Buffer.concat(parts)
      posts.push({ path, type: headers['content-type'] ?? '', headers, body })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    spans: (): Span[] =>
      posts.flatMap(({ body }) =>
        JSON.parse(body.toString('utf8')).resourceSpans.flatMap(
          ({ scopeSpans }: { scopeSpans: { spans: Span[] }[] }) =>
            scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
  }
}

const collector = await startCollector()
const receiver = await listenForEvents()
const provider = new FakeProvider()
let database: TestDatabase
let folder: Awaited<ReturnType<typeof newFolder>>

beforeAll(async () => {
  await provider.listen()
  database = await createTestDatabase()
  folder = await newFolder()
  return async () => {
    await provider.close()
    await database.drop()
    await folder.remove()
  }
})

/** A server process over the database of this file, with these settings beside. */
async function start(settings: Record<string, string>) {
  const server = startServerProcess(
    {
      DATABASE_URL: database.url,
      SECRET: 'a secret of the tests with more than 32 characters',
      RATE_LIMIT: 'on',
      LOG_LEVEL: 'debug',
      ...provider.settings(),
      ...APPS,
      ...settings,
    },
    { cwd: folder.path, port: await freePort() },
  )
  onTestFinished(() => server.stop())
  return server
}

const attributesOf = (span: Span | undefined) =>
  Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
  )

describe('with an endpoint of OTLP', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c'
  const CALLER = 'b7ad6b7169203331'

  test('a whole login is one tree of spans for each request, and nothing in them is a secret or of a person', async () => {
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=key-of-collector',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_SERVICE_NAME: 'sign-in',
      WEBHOOK_URL: `${receiver.url}/hook`,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    })
    await server.serving
    const latchkey = { url: server.url } as Latchkey
    provider.person = { name: 'Canary Name', email: 'canary@mail.test', email_verified: true }

    // The caller's own trace goes on at the start, and at the callback another one begins.
    const browser = new Browser()
    const query = authorizationQuery({ state: 'canary-state', login_hint: 'canary@mail.test' })
    const begun = await browser.send(`${server.url}/login/fake${query}`, {
      headers: {
        traceparent: `00-${TRACE}-${CALLER}-01`,
        ...{ tracestate: 'vendor=canary', baggage: 'who=canary', 'user-agent': 'canary-agent' },
      },
    })
    const sent = new URL(begun.headers.get('location') ?? '').searchParams
    provider.nonce = sent.get('nonce') ?? ''
    const state = sent.get('state') ?? ''
    const back = await browser.send(
      `${server.url}/login/fake/callback?code=canary-upstream&state=${state}`,
    )
    const code = back.location?.searchParams.get('code') ?? ''
    expect(code).not.toBe('')
    const tokens = (await redeem(latchkey, code)).json() as Record<string, string>
    const authorization = `Bearer ${tokens.access_token}`
    const me = await browser.send(`${server.url}/me?canary=query`, { headers: { authorization } })
    expect(me.status).toBe(200)
    // Failures, and what matches no route.
    await browser.send(
      `${server.url}/login/fake/callback?code=canary-upstream&state=canary-foreign`,
    )
    await browser.send(`${server.url}/canary-path/x?canary=query`)
    await expect.poll(() => receiver.requests.length).toBeGreaterThan(0)
    await server.stop()

    // Whatever waited was sent as the process ended.
    const spans = collector.spans()
    const named = (name: string) => spans.filter((span) => span.name === name)
    const below = (parent: Span | undefined) =>
      spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
    const [login] = named('GET /login/:provider')
    expect(login).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2 })
    const [callback] = named('GET /login/:provider/callback')
    expect(callback?.parentSpanId ?? '').toBe('')
    expect(attributesOf(callback)).toEqual({
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'http.route': '/login/:provider/callback',
      'url.path': '/login/:provider/callback',
      'http.response.status_code': 303,
      'latchkey.request_id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(below(callback).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'INSERT request_counts',
        'INSERT finished_flows',
        'POST fake token',
        'GET fake userinfo',
      ]),
    )
    expect(below(callback).some(({ name }) => /\bINSERT sessions\b|\bsessions\b/.test(name))).toBe(
      true,
    )
    expect(below(callback).every(({ traceId }) => traceId === callback?.traceId)).toBe(true)
    const calls = below(callback).filter(({ name }) => name === 'POST fake token')
    expect(calls.map(attributesOf)).toEqual([
      {
        'http.request.method': 'POST',
        'latchkey.provider': 'fake',
        'latchkey.endpoint': 'token',
        'http.response.status_code': 200,
      },
    ])
    // A body comes in the context of its socket.
    expect(below(named('POST /token')[0]).some(({ name }) => name.includes('login_codes'))).toBe(
      true,
    )
    expect(below(named('GET /me')[0]).filter(({ name }) => name.includes('users'))).toHaveLength(1)
    expect(attributesOf(named('GET')[0])).toMatchObject({ 'http.response.status_code': 404 })
    expect(named('GET /login/:provider/callback').map(attributesOf)).toContainEqual(
      expect.objectContaining({ 'http.response.status_code': 400 }),
    )

    // To a webhook the trace goes on, to a provider it does not.
    const [hook] = named('outbox webhook')
    expect(hook?.parentSpanId ?? '').toBe('')
    const { traceparent } = receiver.requests[0]?.headers ?? {}
    const posts = named('POST').map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
    expect(posts).toContain(traceparent)
    expect(provider.calls.length).toBeGreaterThan(2)
    const carried = provider.calls.filter(
      ({ headers }) => headers.traceparent || headers.tracestate,
    )
    expect(carried).toEqual([])

    // The collector is told who it is, and nothing else.
    const resource = JSON.parse(collector.posts[0]?.body.toString() ?? '').resourceSpans[0].resource
    expect(attributesOf(resource)).toMatchObject({
      'service.name': 'sign-in',
      'deployment.environment': 'test',
    })
    expect(collector.posts[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'x-key': 'key-of-collector' },
    })
    const canaries = [
      ...['canary', 'Canary', '127.0.0.1', 'localhost', '::1', SPA.redirect_uri, 'app.example.com'],
      ...[state, code, provider.nonce, String(me.json().sub), ...Object.values(tokens)],
    ].filter((value) => typeof value === 'string' && value.length > 2)
    const text = collector.posts.map(({ body }) => body.toString()).join('\n')
    const found = canaries.filter(
      (canary) => text.includes(canary) && !/^(Bearer|openid.*)$/.test(canary),
    )
    expect(found).toEqual([])
    // As a control: what must be there is found in the same way.
    expect(text).toContain('INSERT finished_flows')
    const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)))
    expect([...keys].sort()).toEqual([
      'db.query.summary',
      'db.system.name',
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'latchkey.endpoint',
      'latchkey.outbox.kind',
      'latchkey.outbox.target',
      'latchkey.provider',
      'latchkey.request_id',
      'url.path',
      'url.scheme',
    ])
    // A line of the log leads to its trace.
    const lines = server.stdout().split('\n')
    const line = lines.find((one) => one.includes('"route":"/me"'))
    expect(JSON.parse(line ?? '{}').trace_id).toBe(named('GET /me')[0]?.traceId)
  })

  test('protobuf is what is spoken where nothing else is asked for', async () => {
    const before = collector.posts.length
    // From .env, which the SDK does not read itself.
    const file = join(folder.path, '.env')
    await writeFile(file, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${collector.url}/my/traces\n`)
    const server = await start({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })
    await server.serving
    await rm(file)
    const sampled = { traceparent: `00-${'1'.repeat(32)}-${CALLER}-01` }
    await fetch(`${server.url}/providers`, { headers: sampled })
    await fetch(`${server.url}/healthz`)
    await server.stop()
    const [post] = collector.posts.slice(before)
    expect(post).toMatchObject({ path: '/my/traces', type: 'application/x-protobuf' })
    // The sampler is that of the setting: only the trace that its caller keeps.
    const text = post?.body.toString('latin1') ?? ''
    expect(text).toContain('GET /providers')
    expect(text).not.toContain('/healthz')
  })

  test('a collector that is away keeps nobody waiting, and is told of once', async () => {
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    })
    await server.serving
    for (let turn = 0; turn < 5; turn++) {
      expect((await fetch(`${server.url}/providers`)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await expect.poll(() => server.stdout()).toContain('"event":"traces_failed"')
    await server.stop()
    expect(await server.ended).toMatchObject({ code: 0 })
    expect(server.stdout().match(/"event":"traces_failed"/g)).toHaveLength(1)
  })
})

describe('where OpenTelemetry cannot be loaded', () => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name.startsWith('@opentelemetry/')) throw new Error('not installed')
    return next(name, context)
  }`
  const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
  const code = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))})`
  const without = { NODE_OPTIONS: `--import=${dataUrl(code)}` }
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }

  test('it is not missed where no traces are asked for', async () => {
    const before = collector.posts.length
    const server = await start({ ...endpoint, OTEL_SDK_DISABLED: 'true', ...without })
    await server.serving
    expect((await fetch(`${server.url}/providers`)).status).toBe(200)
    await server.stop()
    expect(collector.posts.slice(before)).toEqual([])
  })

  test('one sentence says what to install where they are', async () => {
    const server = await start({ ...endpoint, ...without })
    expect((await server.ended).code).toBe(1)
    expect(server.stderr()).toBe(
      'The OTEL_ settings ask for traces, and the packages that send them are not installed: run ' +
        '`npm ci` without --omit=optional, or set OTEL_SDK_DISABLED=true.\n' +
        '`npm run doctor` says more.\n',
    )
  })
})

describe('at the start', () => {
  const read = (env: Record<string, string>) => readSettings({ ...env }).traces
  const ENDPOINT = 'http://localhost:4318'

  test.each<Record<string, string>>([
    {},
    { OTEL_SERVICE_NAME: 'sign-in' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ])('%j asks for no traces', (env) => {
    expect(read(env)).toBeNull()
  })

  test('an endpoint or the exporter otlp asks for traces', () => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT })).toEqual({
      ...{ protocol: 'http/protobuf', url: `${ENDPOINT.replace(/\/$/, '')}/v1/traces` },
    })
    expect(read({ OTEL_TRACES_EXPORTER: 'otlp' })).toEqual({
      ...{ protocol: 'http/protobuf', url: 'http://localhost:4318/v1/traces' },
    })
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://otel.example/own' }
    expect(read(own)).toMatchObject({ url: 'https://otel.example/own' })
    const json = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    }
    expect(read({ OTEL_TRACES_EXPORTER: 'otlp', ...json })).toMatchObject({ protocol: 'http/json' })
    const sampled = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }
    expect(read({ OTEL_TRACES_EXPORTER: 'otlp', ...sampled })).not.toBeNull()
  })

  test.each<[Record<string, string>, RegExp]>([
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      /OTEL_EXPORTER_OTLP_PROTOCOL is grpc, .*http\/protobuf/,
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      /OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is grpc/,
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http' }, /must be one of http\/protobuf, http\/json/],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /OTEL_TRACES_EXPORTER must be one of otlp, none/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      /OTEL_EXPORTER_OTLP_ENDPOINT must be an http/,
    ],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /OTEL_TRACES_SAMPLER must be one of always_on/],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10' },
      /OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1/,
    ],
  ])('%j is refused with a word', (env, word) => {
    expect(() => read(env)).toThrow(word)
  })
})

test('a statement is named by what it does to which tables, never by a value', () => {
  const quoted = (table: string) => `"latchkey"."${table}"`
  const named: [text: string, name: string][] = [
    [
      `select 1 from ${quoted('users')} join ${quoted('sessions')} on true`,
      'SELECT users sessions',
    ],
    [
      `with "a" as (update ${quoted('users')} set "x" = 'canary' returning 1) insert into ${quoted('sessions')} select 1 from "a" join ${quoted('users')} on true`,
      'UPDATE users INSERT sessions',
    ],
    [`delete from ${quoted('users')} where "id" = $1`, 'DELETE users'],
    ["select pg_advisory_xact_lock('canary')", 'SELECT pg_advisory_xact_lock'],
    ["set local lock_timeout = 'canary'", 'SET'],
    ['', 'SQL'],
  ]
  for (const [text, name] of named) expect(summaryOf(text)).toBe(name)
})
