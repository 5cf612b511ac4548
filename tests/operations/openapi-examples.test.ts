import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleApp, exampleValues } from '../../src/http/routes/examples.ts'
import { age } from '../helpers/age.ts'
import { post } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { EXAMPLE_SETTINGS, ExampleScene } from '../helpers/example-scene.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { ID_TOKEN, TOKEN_EXCHANGE } from '../helpers/native.ts'
import {
  answersOf,
  type DescribedExample,
  type DescribedResponse,
  type Description,
  examplesOf,
  type Json,
  requestExamples,
  schemaOf,
} from '../helpers/openapi.ts'

// An OpenID provider that takes a connection and says nothing.
const sleepy = createServer(() => {})
await new Promise<void>((resolve) => sleepy.listen(0, '127.0.0.1', resolve))
const settings = {
  ...EXAMPLE_SETTINGS,
  METRICS: 'on',
  SLEEPY_ISSUER: `http://127.0.0.1:${(sleepy.address() as AddressInfo).port}`,
}

// Before the tests are named: each example is one.
const latchkey = await startLatchkey(settings, { outboundMs: 3_000 })
const description = (
  await new Browser().send(`${latchkey.url}/openapi.json`)
).json() as unknown as Description
const examples = examplesOf(description)

afterAll(async () => {
  await latchkey.close()
  sleepy.closeAllConnections()
  sleepy.close()
})

const schemas = description.components.schemas
const performed = new Set<string>()

// What can happen to any request of an operation: here to that of its first example.
const ANY_REQUEST = ['body_too_large', 'body_of_other_type', 'database_away']

const requestOf = (example: DescribedExample): DescribedExample => {
  const all = examples.filter(({ operation }) => operation === example.operation)
  const [first = example] = all
  // The page with the choice is not limited; what leads on is.
  if (isLimited(example) && !isGuess(example))
    return all.find(({ location }) => location !== undefined) ?? first
  return ANY_REQUEST.includes(example.name) ? first : example
}

/** What an example says of the circumstances of its request, by its name. */
const CIRCUMSTANCES: Record<string, (scene: ExampleScene) => Promise<Record<string, string>>> = {
  forged: async (scene) => {
    await scene.signInWithCookies()
    return { origin: 'https://stranger.example.com' }
  },
  signed_in_long_ago: async (scene) => {
    const token = await scene.fill('$ACCESS_TOKEN')
    await age(scene.latchkey, '31 minutes')
    return { authorization: `Bearer ${token}` }
  },
  sign_in_again: async (scene) => scene.keepOverGrant('kakao').then(() => ({})),
  refresh_fails: async (scene) => scene.keepOverGrant('acme').then(() => ({})),
  refresh_too_slow: async (scene) => scene.keepOverGrant('sleepy').then(() => ({})),
  cross_site: async () => ({ 'sec-fetch-site': 'cross-site' }),
  fetched_ahead: async () => ({ 'sec-purpose': 'prefetch' }),
  body_of_other_type: async () => ({ 'content-type': 'text/csv' }),
}

interface Prepared {
  scene: ExampleScene
  url: URL
  init: RequestInit
}

/** The access token that an example is asked with. */
function tokenFor({ name, operation }: DescribedExample, scene: ExampleScene): Promise<string> {
  if (name === 'scope_missing') return scene.narrowToken()
  return operation.tags.includes('admin') ? scene.adminToken() : scene.fill('$ACCESS_TOKEN')
}

/** Makes everything that a request of an example needs. */
async function prepare(
  at: Latchkey,
  example: DescribedExample,
  contentType: string | undefined,
): Promise<Prepared> {
  const { parameters, body } = requestOf(example)
  const { name, method, operation, status } = example
  const scene = new ExampleScene(at, JSON.stringify([parameters, body]))
  const url = new URL(at.url)
  url.pathname = example.path
  for (const one of parameters) {
    const value = await scene.fill(one.value)
    if (one.in === 'query') url.searchParams.set(one.name, value)
    else url.pathname = decodeURI(url.pathname).replace(`{${one.name}}`, encodeURIComponent(value))
  }
  const headers: Record<string, string> = {}
  const isProtected = operation.security.some((one) => 'accessToken' in one)
  if (isProtected && status !== 401 && name !== 'forged') {
    headers.authorization = `Bearer ${await tokenFor(example, scene)}`
  }
  const init: RequestInit = { method: method.toUpperCase(), headers }
  if (body !== undefined && contentType !== undefined) {
    const filled: Record<string, Json> = {}
    for (const [key, value] of Object.entries(body)) {
      filled[key] = typeof value === 'string' ? await scene.fill(value) : value
    }
    if (name === 'body_too_large') filled.padding = 'a'.repeat(100 * 1024)
    const isJson = contentType === 'application/json'
    headers['content-type'] = contentType
    init.body = isJson
      ? JSON.stringify(filled)
      : new URLSearchParams(filled as Record<string, string>).toString()
  }
  Object.assign(headers, await CIRCUMSTANCES[name]?.(scene))
  return { scene, url, init }
}

const perform = ({ scene, url, init }: Prepared) => scene.browser.send(url, init)

/** Compares an answer with what is documented of it. */
function expectDocumented(example: DescribedExample, answer: Answer): void {
  const { status, response, location } = example
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status })
  expectHeaders(response, answer)
  const [type, media] = Object.entries(response.content ?? {})[0] ?? []
  if (location !== undefined) {
    expectLocation(location, answer)
    return
  }
  if (type === undefined || media === undefined) {
    expect(answer.text).toBe('')
    return
  }
  expect(answer.headers.get('content-type')?.split(';')[0]).toBe(type)
  const isJson = type.endsWith('json')
  const real = isJson ? (JSON.parse(answer.text) as Json) : answer.text
  const schema = schemaOf(schemas, media.schema)
  for (const value of [real, example.answer]) {
    expect(schema.safeParse(value).error?.issues ?? []).toEqual([])
  }
  if (type === 'text/html') expect(answer.text).toMatch(/^<!doctype html>/)
  else if (!isJson) expect(answer.text).toContain(String(example.answer).split('{', 1)[0])
  else if (status >= 400) expect(withoutId(example.answer)).toEqual(withoutId(real))
  else expectAlike(example.answer, real)
}

/** What a client relies on; other headers are the same everywhere. */
const TELLING = ['location', 'retry-after', 'www-authenticate', 'allow', 'set-cookie']

/** Fails unless an answer has the headers that are documented, and no telling one beside them. */
function expectHeaders({ headers = {} }: DescribedResponse, answer: Answer): void {
  for (const [name, { required, schema }] of Object.entries(headers)) {
    const real = answer.headers.get(name)
    if (!required && real === null) continue
    const isNumber = (schema as { type?: string }).type === 'integer'
    const value = isNumber ? Number(real) : real
    expect(schemaOf(schemas, schema).safeParse(value).error?.issues ?? [], name).toEqual([])
  }
  const documented = Object.keys(headers).map((name) => name.toLowerCase())
  const sent = TELLING.filter((name) => answer.headers.has(name))
  expect(sent.filter((name) => !documented.includes(name))).toEqual([])
}

/** Any replica may perform an example, each at an address of its own. */
function withoutId(answer: unknown) {
  const problem = answer as { type?: string }
  const type = problem.type?.replace(/^http:\/\/localhost:\d+/, '')
  return { ...problem, type, request_id: null }
}

/** Fails unless whatever is in the example is in the answer, of the same type. */
function expectAlike(example: Json | undefined, real: Json | undefined, place = ''): void {
  if (example === null || real === null) return
  expect(typeof real, place).toBe(typeof example)
  if (typeof example !== 'object' || typeof real !== 'object') return
  for (const [key, value] of Object.entries(example)) {
    expectAlike(value, (real as Record<string, Json>)[key], `${place}/${key}`)
  }
}

/** Fails unless a redirect goes where the example says, with the same parameters. */
function expectLocation(documented: string, { location }: Answer): void {
  const example = new URL(documented, latchkey.url)
  expect(location).not.toBeNull()
  // The emulator plays a provider's paths below its own.
  const { pathname, searchParams, origin } = location as URL
  const isEmulated = origin.startsWith('http://127.0.0.1:')
  if (!isEmulated) expect([origin, pathname]).toEqual([example.origin, example.pathname])
  else expect(pathname.slice(-example.pathname.length)).toBe(example.pathname)
  const names = [...searchParams.keys()]
  for (const [name, value] of example.searchParams) {
    expect(names).toContain(name)
    if (name === 'state' && value !== '…') expect(searchParams.get(name)).toBe(value)
  }
}

/** Performs an example once for every content type that its body may have. */
async function play(example: DescribedExample): Promise<void> {
  const types = Object.keys(example.operation.requestBody?.content ?? {})
  const asked = types.length === 0 ? [undefined] : types
  await Promise.all(
    asked.map(async (type) =>
      expectDocumented(example, await perform(await prepare(latchkey, example, type))),
    ),
  )
  performed.add(example.id)
}

/** Sends a request as a browser does, which gets the same as a page. */
async function expectPage(example: DescribedExample, { scene, url, init }: Prepared) {
  const headers = { ...init.headers, accept: 'text/html' }
  const answer = await scene.browser.send(url, { ...init, headers })
  expect(answer.status).toBe(example.status)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expectHeaders(example.response, answer)
  expect(answer.text).toContain(String((example.answer as { code: string }).code))
}

const isAway = ({ name }: DescribedExample) => name === 'database_away'
const isLimited = ({ name }: DescribedExample) => name === 'rate_limited'
/** Three seconds pass before their answer. */
const isSlow = ({ name }: DescribedExample) =>
  ['provider_silent', 'refresh_too_slow'].includes(name)
/** Counted only where it fails. */
const isGuess = ({ path }: DescribedExample) => /^\/(introspect|revoke)$|\/events\b/.test(path)
const named = (list: DescribedExample[]) => list.map((one) => [one.id, one] as const)

describe('the examples of /openapi.json', () => {
  const quick = examples.filter((one) => !isAway(one) && !isLimited(one) && !isSlow(one))

  test.each(named(quick))('%s', (_id, example) => play(example), 20_000)
})

describe('the same requests by a browser', () => {
  const codeOf = ({ answer }: DescribedExample) => (answer as { code: string }).code
  const refusals = examples.filter(
    (one) =>
      !isAway(one) &&
      !isSlow(one) &&
      !isLimited(one) &&
      one.status >= 400 &&
      'text/html' in (one.response.content ?? {}),
  )
  // One page is made for all routes: each code once.
  const pages = [...new Map(refusals.map((one) => [codeOf(one), one])).values()]

  test.each(named(pages))('%s is a page', async (_id, example) => {
    const types = Object.keys(example.operation.requestBody?.content ?? {})
    await expectPage(example, await prepare(latchkey, example, types[0]))
  })

  test('are of many codes', () => {
    expect(pages.length).toBeGreaterThan(10)
  })
})

describe.concurrent('the examples of a provider that says nothing', () => {
  test.each(named(examples.filter(isSlow)))('%s', (_id, example) => play(example), 40_000)
})

describe('the examples of an address that asks too often', () => {
  const limited = examples.filter(isLimited)
  const prepared = new Map<string, Prepared>()

  beforeAll(async () => {
    const busy = await startLatchkey({ ...settings, RATE_LIMIT: 'on' })
    for (const example of limited) {
      const [type] = Object.keys(example.operation.requestBody?.content ?? {})
      prepared.set(example.id, await prepare(busy, example, type))
    }
    const ask = (method: string, path: string) => new Browser().send(busy.url + path, { method })
    for (let i = 0; i < 60; i++) await ask('GET', '/login/nobody')
    const nativeToken = {
      grant_type: TOKEN_EXCHANGE,
      client_id: exampleApp.client_id,
      subject_token: 'x',
      subject_token_type: ID_TOKEN,
      subject_issuer: 'google',
    }
    for (let i = 0; i < 30; i++) await post(`${busy.url}/token`, nativeToken)
    for (let i = 0; i < 150; i++) await post(`${busy.url}/token`, { grant_type: 'none' })
    for (const { init } of prepared.values()) {
      const { authorization } = init.headers as Record<string, string>
      if (authorization !== undefined) {
        await new Browser().send(`${busy.url}/me/sessions`, { headers: { authorization } })
      }
    }
    for (const guess of limited.filter(isGuess)) {
      await perform(prepared.get(guess.id) as Prepared)
    }
    // As if each had asked as often as nobody may.
    await busy.database.query(
      `update latchkey.request_counts set count = count + 1000, expires_at = now() + interval '1 hour'`,
      [],
    )
    return () => busy.close()
  }, 60_000)

  test.each(named(limited))('%s', async (id, example) => {
    const request = prepared.get(id) as Prepared
    expectDocumented(example, await perform(request))
    performed.add(id)
    if ('text/html' in (example.response.content ?? {})) await expectPage(example, request)
  })
})

describe('the examples of a database that is away', () => {
  const away = examples.filter(isAway)
  const prepared = new Map<string, Prepared>()

  beforeAll(async () => {
    const testDatabase = await createTestDatabase()
    const stranded = await startLatchkey(settings, { testDatabase })
    for (const example of away) {
      const [type] = Object.keys(example.operation.requestBody?.content ?? {})
      prepared.set(example.id, await prepare(stranded, example, type))
    }
    await testDatabase.drop()
    // The first answers tell of the connections that were cut.
    await Promise.all(
      Array.from({ length: 20 }, () => new Browser().send(`${stranded.url}/readyz`)),
    )
    return () => stranded.close()
  }, 60_000)

  test.each(named(away))('%s', async (id, example) => {
    expectDocumented(example, await perform(prepared.get(id) as Prepared))
    performed.add(id)
  })
})

describe('the examples, all of them,', () => {
  test('were performed', () => {
    expect(examples.map(({ id }) => id).filter((id) => !performed.has(id))).toEqual([])
    expect(examples.length).toBeGreaterThan(80)
  })

  test('cover each answer of each operation', () => {
    // What a provider proves only it can send; each proof is sent by the emulator in the tests of events.
    const shown = Object.entries(description.paths).filter(([path]) => !/\/events\b/.test(path))
    const bare = shown.flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.entries(responses)
          .filter(([, response]) => Object.keys(answersOf(response)).length === 0)
          .map(([status]) => `${method} ${path} ${status}`),
      ),
    )
    expect(bare).toEqual([])
  })

  test('have an answer for each request', () => {
    const answered = new Set(examples.map(({ id }) => id))
    const lost = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) =>
        requestExamples(operation)
          .map((name) => `${method} ${path} ${name}`)
          .filter((id) => !answered.has(id)),
      ),
    )
    expect(lost).toEqual([])
  })

  test('stand under the status that their code has', () => {
    for (const { id, status, answer } of examples) {
      const said = (answer as { status?: unknown } | undefined)?.status
      if (typeof said === 'number') expect([id, said]).toEqual([id, status])
    }
  })

  test('say what the values that begin with $ stand for', () => {
    const text = JSON.stringify(description.paths)
    const used = new Set(text.match(/(?<=")\$[A-Z][A-Z_]+(?=")/g))
    // The access token is sent by the security scheme.
    expect([...used].concat('$ACCESS_TOKEN')).toEqual(
      expect.arrayContaining(Object.keys(exampleValues)),
    )
    const known = new ExampleScene(latchkey, '').values
    expect(Object.keys(known).sort()).toEqual(Object.keys(exampleValues).sort())
    for (const name of Object.keys(exampleValues)) {
      expect(text).toContain(`| \`${name}\` |`)
    }
    expect(description.info.description).toContain(exampleApp.redirect_uri)
  })
})
