import { request as send } from 'node:http'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, basic, SPA, VERIFIER, WEB } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { again, cases, nastyText, nastyValue } from './fuzz.ts'

const latchkey = useLatchkey({
  ...APPS,
  EMULATE: 'all',
  METRICS: 'on',
  CLIENT_WEB_ADMIN: 'on',
  CLIENT_WEB_PROVIDER_TOKENS: 'on',
  CLIENT_SPA_RESOURCES: 'https://api.example.com',
})

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  $ref?: string
}

interface Operation {
  method: string
  path: string
  parameters: { name: string; in: 'path' | 'query' | 'header' | 'cookie'; schema: Schema }[]
  bodies: [type: string, schema: Schema][]
  statuses: string[]
}

/** Longest that an answer may take, on a machine that others use too. */
const BOUND_MS = 20_000

/** What is good at one place or another, so that cases come further than the door. */
const good: Record<string, string[]> = {}
const known = (name: string): string[] => good[name] ?? []

/** One person signs in, and what came of it is good for the cases from here on. */
async function refill() {
  const { url } = latchkey
  const browser = new Browser()
  const begin = (query: string) => browser.send(`${url}/login/google${query}&login_hint=minji`)
  const back = async () => {
    const started = await begin(authorizationQuery({ scope: 'openid profile email account roles' }))
    return browser.send(started.location ?? '')
  }
  const callback = (await back()).location
  const landed = await browser.send(callback ?? '')
  const code = landed.location?.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', ...SPA, code, code_verifier: VERIFIER }
  const post = async (body: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(body),
    })
    return (await answer.json()) as Record<string, string>
  }
  const tokens = await post(form)
  const web = { authorization: basic(WEB.client_id, WEB.client_secret) }
  const admin = await post({ grant_type: 'client_credentials' }, web)
  // A callback that has not come yet, with its cookie.
  const waiting = (await back()).location
  const { sub = '', sid = '' } = JSON.parse(
    Buffer.from((tokens.access_token ?? '').split('.')[1] ?? '', 'base64url').toString() || '{}',
  ) as Record<string, string>
  Object.assign(good, {
    authorization: [
      ...[tokens.access_token, admin.access_token].map((token) => `Bearer ${token}`),
      web.authorization,
    ],
    cookie: [[...browser.jar()].map(([name, { value }]) => `${name}=${value}`).join('; ')],
    ...{
      code: [waiting?.searchParams.get('code') ?? '', code],
      state: [waiting?.searchParams.get('state') ?? ''],
    },
    ...{
      provider: ['google', 'kakao', 'apple', 'github', 'slack'],
      client_id: ['spa', 'web', 'native'],
    },
    ...{ redirect_uri: [SPA.redirect_uri, WEB.redirect_uri], code_verifier: [VERIFIER] },
    ...{ token: [tokens.access_token, tokens.refresh_token], id_token_hint: [tokens.id_token] },
    ...{
      refresh_token: [tokens.refresh_token],
      subject_token: [tokens.id_token, tokens.access_token],
    },
    subject_token_type: ['id_token', 'access_token'].map(
      (type) => `urn:ietf:params:oauth:token-type:${type}`,
    ),
    ...{ subject_issuer: ['google', 'kakao'], client_secret: [WEB.client_secret] },
    grant_type: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    ...{ response_type: ['code'], response_mode: ['query', 'form_post', 'web_message', 'cookie'] },
    ...{
      scope: ['openid', 'openid profile email account', 'admin'],
      resource: ['https://api.example.com'],
    },
    ...{ prompt: ['none', 'login', 'consent'], max_age: ['0', '60'], ui_locales: ['ko', 'ja en'] },
    ...{ code_challenge_method: ['S256'], intent: ['link'], roles: ['editor'], disabled: ['true'] },
    id: [sub, sid],
    ...{ cursor: [sub], q: ['minji', sub], part: ['data-deletion'], event: ['x'] },
  })
}

const described = async (): Promise<Operation[]> => {
  const document = (await (await fetch(`${latchkey.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
    components: { schemas: Record<string, Schema>; parameters?: Record<string, never> }
  }
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, it]) => {
        const {
          parameters = [],
          requestBody,
          responses,
        } = it as {
          parameters?: Operation['parameters']
          requestBody?: { content: Record<string, { schema?: Schema }> }
          responses: object
        }
        return {
          ...{ method: method.toUpperCase(), path, parameters },
          bodies: Object.entries(requestBody?.content ?? {}).map(
            ([type, { schema = {} }]): [string, Schema] => [type, resolve(schema)],
          ),
          statuses: Object.keys(responses),
        }
      }),
  )
}

/** A value for a parameter of this name: a good one, one of its schema, or anything. */
function valueFor(name: string, schema: Schema = {}): fc.Arbitrary<string> {
  const listed = [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])]
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.nat(50).map((at) => {
        const all = known(name)
        return all[at % Math.max(all.length, 1)] ?? ''
      }),
    },
    { weight: listed.length > 0 ? 3 : 0, arbitrary: fc.constantFrom(...listed.map(String), '') },
    { weight: 3, arbitrary: nastyText },
    { weight: 1, arbitrary: fc.uuid() },
  )
}

/** Names and values that go into a query or a form, some left out, some twice, some made up. */
const pairsOf = (named: [string, Schema][]): fc.Arbitrary<[string, string][]> =>
  fc
    .tuple(
      ...named.map(([name, schema]) =>
        fc.option(
          valueFor(name, schema).map((value): [string, string] => [name, value]),
          { freq: 4 },
        ),
      ),
      fc.array(fc.tuple(nastyText, nastyText), { maxLength: 1 }),
      fc.nat(9),
    )
    .map((made) => {
      const twice = made.at(-1) as number
      const extra = made.at(-2) as [string, string][]
      const pairs = (made.slice(0, -2) as ([string, string] | null)[]).filter((one) => one !== null)
      const again = twice === 0 ? pairs.slice(0, 1) : []
      return [...pairs, ...again, ...extra]
    })

/** Percent-encoded, or left as it came where a server would see it so. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed())
const queryOf = (pairs: [string, string][]) =>
  pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')

/** Header values as Node lets them pass. */
const headerText = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 4_000)

const HEADERS: Record<string, string[]> = {
  accept: ['text/html', 'application/json', '*/*'],
  'accept-language': ['ko-KR,ko;q=0.9', 'ja', ';q=', 'en;q=9'],
  origin: ['https://app.example.com', 'https://evil.example', 'null'],
  referer: ['https://evil.example/'],
  'sec-fetch-site': ['same-origin', 'cross-site', 'none'],
  'sec-fetch-mode': ['navigate', 'cors'],
  'sec-purpose': ['prefetch', 'prefetch;prerender'],
  'user-agent': ['Mozilla/5.0 (iPhone) KAKAOTALK 10.0', 'Instagram 1'],
  'x-forwarded-for': ['1.2.3.4', '[::1]:80'],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  'if-none-match': ['*', '"x"'],
  'content-encoding': ['gzip'],
  'access-control-request-method': ['DELETE'],
  host: ['evil.example'],
}

const headers: fc.Arbitrary<Record<string, string>> = fc
  .tuple(
    fc.option(valueFor('authorization'), { freq: 2 }),
    fc.option(valueFor('cookie'), { freq: 2 }),
    fc.dictionary(fc.constantFrom(...Object.keys(HEADERS)), nastyText, { maxKeys: 3 }),
    fc.nat(20),
  )
  .map(([authorization, cookie, others, at]) => {
    const chosen = Object.entries(others).map(([name, odd]) => {
      const usual = HEADERS[name] ?? []
      return [name, usual[at % (usual.length + 1)] ?? odd]
    })
    const all = { ...Object.fromEntries(chosen), authorization, cookie }
    const given = Object.entries(all).filter(([, value]) => value !== null) as [string, string][]
    return Object.fromEntries(given.map(([name, value]) => [name, headerText(value)]))
  })

type Body = { type: string; text: string } | null

function bodyFor(bodies: Operation['bodies']): fc.Arbitrary<Body> {
  const odd = fc.record({
    type: fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      '',
    ),
    text: fc.oneof(
      nastyText,
      fc.json(),
      fc.constant('x'.repeat(70_000)),
      fc.constant('{"a":'.repeat(3_000)),
    ),
  })
  const right = bodies.map(([type, schema]): fc.Arbitrary<Body> => {
    const named = Object.entries(schema.properties ?? {})
    if (type.includes('json')) {
      return fc
        .tuple(pairsOf(named), fc.option(fc.tuple(nastyText, nastyValue)))
        .map(([pairs, extra]) => {
          const document = Object.fromEntries([...pairs, ...(extra === null ? [] : [extra])])
          return { type, text: JSON.stringify(document) }
        })
    }
    return pairsOf(named).map((pairs) => ({ type, text: queryOf(pairs) }))
  })
  return fc.oneof(
    {
      weight: right.length > 0 ? 6 : 0,
      arbitrary: fc.oneof(...(right.length > 0 ? right : [fc.constant(null)])),
    },
    { weight: 1, arbitrary: odd },
    { weight: right.length > 0 ? 1 : 4, arbitrary: fc.constant(null) },
  )
}

interface Case {
  path: string
  headers: Record<string, string>
  body: Body
}

function caseFor({ path, parameters, bodies }: Operation): fc.Arbitrary<Case> {
  const query = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, schema }): [string, Schema] => [name, schema])
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return fc
    .tuple(
      fc.tuple(...inPath.map((name) => valueFor(name))),
      pairsOf(query),
      headers,
      bodyFor(bodies),
      fc.nat(30),
      nastyText,
    )
    .map(([values, pairs, sent, body, raw, odd]) => {
      let filled = path
      for (const [place, name] of inPath.entries()) {
        filled = filled.replace(`{${name}}`, encoded(values[place] || 'x').slice(0, 8_000))
      }
      // What is not even percent-encoded as it should be.
      const broken = raw === 0 ? '%' : raw === 1 ? `&${odd.replace(/[^\x21-\x7e]/g, '%00')}` : ''
      return { path: `${filled}?${queryOf(pairs)}${broken}`.slice(0, 15_000), headers: sent, body }
    })
}

/** Sends it as it is; gives the status. */
function perform(
  method: string,
  { path, headers: sent, body }: Case,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(latchkey.url)
  const type = body?.type ? { 'content-type': body.type } : {}
  const payload = body === null ? null : Buffer.from(body.text)
  const length = payload === null ? {} : { 'content-length': String(payload.length) }
  return new Promise((resolve, reject) => {
    const request = send(
      {
        ...{ hostname, port, method, path, timeout: BOUND_MS },
        headers: { ...sent, ...type, ...length },
        // A fault is told with the state as it was sent.
        maxHeaderSize: 64 * 1024,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer in ${BOUND_MS} ms`)))
    request.on('error', reject)
    request.end(payload)
  })
}

/** What may be answered beyond what the description names of the operation. */
const ANYWHERE = [302, 303, 304, 307, 400, 401, 403, 404, 405, 406, 408, 413, 415, 417, 429, 431]

describe(`every operation of /openapi.json answers whatever is sent ${again}`, () => {
  let operations: Operation[]
  beforeAll(async () => {
    operations = await described()
    await refill()
    // As a control: what the cases are made of is good.
    const me = await perform('GET', {
      path: '/me',
      headers: { authorization: known('authorization')[0] ?? '' },
      body: null,
    })
    expect(me.status, me.text).toBe(200)
    const users = await perform('GET', {
      path: '/admin/users',
      headers: { authorization: known('authorization')[1] ?? '' },
      body: null,
    })
    expect(users.status, users.text).toBe(200)
  })

  test('with a status that it names, in time, and the process lives', async () => {
    expect(operations.length).toBeGreaterThan(30)
    const seen = new Map<number, number>()
    for (const operation of operations) {
      const { method, statuses } = operation
      await refill()
      await fc.assert(
        fc.asyncProperty(caseFor(operation), async (one) => {
          const { status, text } = await perform(method, one)
          seen.set(status, (seen.get(status) ?? 0) + 1)
          const isNamed = statuses.includes(String(status)) || ANYWHERE.includes(status)
          const about = `${method} ${one.path}: ${status} ${text.slice(0, 300)}\n${latchkey.logs.at(-1)}`
          // 503 is for what is fetched ahead.
          const isAhead = status === 503 && /prefetch/.test(one.headers['sec-purpose'] ?? '')
          if (!isNamed && !isAhead) throw new Error(about)
          if (status === 500) throw new Error(about)
        }),
        cases(25),
      )
    }
    // Cases come further than the door.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404]))
    expect(latchkey.logs.filter((line) => line.includes('"server_error"'))).toEqual([])
    expect((await fetch(`${latchkey.url}/readyz`)).status).toBe(200)
  })
})
