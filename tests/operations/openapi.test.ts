import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Answer, Browser } from '../helpers/browser.ts'
import { type Latchkey, login } from '../helpers/latchkey.ts'
import { type Json, schemaOf } from '../helpers/openapi.ts'
import { setStage } from '../helpers/stage.ts'

const Schema = z.record(z.string(), z.unknown())

const Parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['query', 'path', 'header', 'cookie']),
  required: z.boolean().optional(),
  description: z.string(),
  schema: Schema,
  examples: Schema.optional(),
})

const MediaTypes = z.record(z.string().regex(/^[\w.+-]+\/[\w.+-]+$/), z.object({ schema: Schema }))

const Operation = z.strictObject({
  summary: z.string().min(3),
  description: z.string(),
  operationId: z.string(),
  tags: z.array(z.string()).min(1),
  parameters: z.array(Parameter).optional(),
  requestBody: z
    .strictObject({
      content: MediaTypes,
      required: z.boolean().optional(),
      description: z.string().optional(),
    })
    .optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  responses: z
    .record(
      z.string().regex(/^[1-5]\d\d$/),
      z.strictObject({
        description: z.string().min(1),
        headers: z.record(z.string(), z.unknown()).optional(),
        content: MediaTypes.optional(),
        'x-examples': Schema.optional(),
      }),
    )
    .refine((responses) => Object.keys(responses).length > 0, 'an operation has responses'),
})

/** OpenAPI 3.1, as far as it is used. */
const Document = z.strictObject({
  openapi: z.literal(['3.1.0', '3.1.1']),
  info: z.object({ title: z.string(), version: z.string() }),
  servers: z.array(z.object({ url: z.url() })).min(1),
  tags: z.array(z.object({ name: z.string() })),
  webhooks: z.record(z.string(), z.unknown()),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'delete', 'options', 'patch']), Operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), Schema),
    securitySchemes: z.record(z.string(), z.object({ type: z.string() })),
  }),
})
type Document = z.infer<typeof Document>
type Operation = z.infer<typeof Operation>

describe('/openapi.json', () => {
  const { provider, latchkey } = setStage({ settings: { METRICS: 'on' } })
  let answer: Answer
  let document: Document

  beforeAll(async () => {
    answer = await send('/openapi.json')
    document = answer.json() as Document
  })

  const send = (path: string, headers: Record<string, string> = {}) =>
    new Browser().send(latchkey.url + path, { headers })

  const operations = (): [name: string, operation: Operation][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method} ${path}`,
        operation,
      ]),
    )

  test('is a public document of the shape of OpenAPI 3.1', () => {
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const read = Document.safeParse(answer.json())
    expect(read.error?.issues ?? []).toEqual([])
    expect(document.servers).toMatchObject([{ url: latchkey.url }])
  })

  test('does not pass with an operation that has no responses', () => {
    const broken = structuredClone(document)
    for (const operation of Object.values(broken.paths['/me'] ?? {})) operation.responses = {}
    expect(Document.safeParse(broken).success).toBe(false)
  })

  test('refers to nothing that is not there', () => {
    const names = Object.keys(document.components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    )
    const missing = referencesIn(document as Json).filter((name) => !names.includes(name))
    expect(missing).toEqual([])
    expect(referencesIn(document as Json).length).toBeGreaterThan(0)
    const schemes = Object.keys(document.components.securitySchemes)
    for (const [name, { security, tags }] of operations()) {
      for (const used of security.flatMap((one) => Object.keys(one))) {
        expect(schemes, name).toContain(used)
      }
      for (const tag of tags) expect(document.tags.map((one) => one.name)).toContain(tag)
    }
  })

  test('declares each parameter of a path, once and as required', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters = [] } of Object.values(methods)) {
        const declared = parameters.filter((one) => one.in === 'path')
        expect(declared.map(({ name }) => name).sort(), path).toEqual(inPath.sort())
        expect(declared.every(({ required }) => required === true)).toBe(true)
        const keys = parameters.map((one) => `${one.in} ${one.name}`)
        expect(new Set(keys).size).toBe(keys.length)
      }
    }
  })

  test('lists every registered route, and no other', async () => {
    const registered = await registeredRoutes(latchkey)
    expect(registered).toEqual(
      expect.arrayContaining([
        'get /me',
        'get /providers',
        'get /healthz',
        'get /metrics',
        'get /login/:provider',
      ]),
    )
    const templates = Object.entries(document.paths).map(([path, methods]) => ({
      pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
      methods: Object.keys(methods),
    }))
    const undocumented = registered.filter((route) => {
      const [method = '', path = ''] = route.split(' ')
      return !templates.some((one) => one.pattern.test(path) && one.methods.includes(method))
    })
    // The playground is for people.
    const hidden = ['get /', 'get /docs/viewer.js']
    expect(undocumented.sort()).toEqual(hidden)
    const invented = operations()
      .map(([name]) => name.replace(/\{(\w+)\}/g, ':$1'))
      .filter((route) => !registered.includes(route))
    expect(invented).toEqual([])
  })

  test('says of exactly the routes that need a token that they do', async () => {
    for (const [name, { security, responses }] of operations()) {
      const [method = '', path = ''] = name.split(' ')
      const { status } = await send(path.replace(/\{\w+\}/g, 'none'), {}).catch(() => ({
        status: 0,
      }))
      const needsToken = security.some((one) => 'accessToken' in one)
      if (method === 'get') expect([name, needsToken]).toEqual([name, status === 401])
      if (needsToken) expect(Object.keys(responses)).toContain('401')
    }
  })

  /** Checks a real answer against what is documented for its route and status. */
  function expectDocumented(path: string, real: Answer) {
    const response = document.paths[path]?.get?.responses[String(real.status)]
    expect(response, `${path} with ${real.status} is documented`).toBeDefined()
    const [media] = Object.values(response?.content ?? {})
    const schema = schemaOf(document.components.schemas, media?.schema as Json)
    expect(schema.safeParse(real.json()).error?.issues ?? [], path).toEqual([])
    return schema
  }

  const token = async () => (await login(latchkey, provider)).json().access_token

  test('describes /me as it is', async () => {
    const me = await send('/me', { authorization: `Bearer ${await token()}` })
    expect(me.status).toBe(200)
    const schema = expectDocumented('/me', me)
    const body = me.json()
    for (const [change, path] of [
      [{ email_verified: 'true' }, ['email_verified']],
      [{ sub: '1' }, ['sub']],
      [{ created_at: 'yesterday' }, ['created_at']],
      [{ identities: [{}] }, ['identities', 0, 'provider']],
    ] as const) {
      const issues = schema.safeParse({ ...body, ...change }).error?.issues ?? []
      expect(issues.map((issue) => issue.path)).toContainEqual(path)
    }
  })

  test('describes the answer of a login as it is', async () => {
    expectDocumented('/login/{provider}/callback', await login(latchkey, provider))
  })

  test.each(['/providers', '/.well-known/jwks.json', '/healthz', '/readyz'])(
    'describes %s as it is',
    async (path) => {
      const real = await send(path)
      expect(real.status).toBe(200)
      expectDocumented(path, real)
    },
  )

  const problems: [path: string, real: () => Promise<Answer>, status: number][] = [
    ['/me', () => send('/me'), 401],
    ['/login/{provider}', () => send('/login/none'), 404],
    ['/login/{provider}', () => send('/login/fake?state=a&state=b'), 400],
    ['/login', () => send('/login?provider=none'), 404],
    ['/login/{provider}/callback', () => send('/login/fake/callback?code=a&state=b'), 400],
    ['/login/{provider}/callback', () => send('/login/none/callback'), 404],
    [
      '/login/{provider}/callback',
      async () => {
        provider.answers = { token: { status: 500, body: {} } }
        return login(latchkey, provider).finally(() => provider.reset())
      },
      502,
    ],
  ]

  test.each(problems)('describes the problems of %s as they are', async (path, real, status) => {
    const problem = await real()
    expect(problem.status).toBe(status)
    const schema = expectDocumented(path, problem)
    expect(schema.safeParse({ ...problem.json(), status: 'bad' }).success).toBe(false)
  })

  test('keeps the ids by which generated clients call its operations', () => {
    const ids = operations().map(([name, { operationId }]) => `${operationId}: ${name}`)
    expect(ids).toEqual(expect.arrayContaining(PUBLISHED_IDS))
    for (const [, { operationId }] of operations()) expect(operationId).toMatch(/^[a-z][A-Za-z]+$/)
    const summaries = operations().map(([, { summary }]) => summary)
    expect(summaries.filter((one, place) => summaries.indexOf(one) !== place)).toEqual([])
  })

  test('says of every schema and each of its members what it is', () => {
    const bare = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      membersOf(name, schema as Json).filter(
        ([, member]) => typeof member.description !== 'string',
      ),
    )
    expect(bare.map(([place]) => place)).toEqual([])
  })

  test('names the scheme where a client that tried Basic is refused', async () => {
    const refuse = (authorization?: string) =>
      new Browser().send(`${latchkey.url}/introspect`, {
        method: 'POST',
        headers: authorization === undefined ? {} : { authorization },
        body: new URLSearchParams({ token: 'x', client_id: 'nobody' }),
      })
    const [basic, body] = [await refuse(`Basic ${btoa('nobody:x')}`), await refuse()]
    expect([basic.status, body.status]).toEqual([401, 401])
    expect(basic.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(body.headers.get('www-authenticate')).toBeNull()
    const described = document.paths['/introspect']?.post?.responses['401']?.headers
    expect(described?.['WWW-Authenticate']).toMatchObject({ required: false })
  })

  test('leaves answers open for members of later versions, and requests closed', () => {
    const { Account, AccountEdits } = document.components.schemas
    expect(Account).not.toHaveProperty('additionalProperties')
    expect(AccountEdits).toMatchObject({ additionalProperties: false })
    // What a double can hold and how a date is matched is no news to a reader.
    expect(JSON.stringify(document.components)).not.toMatch(/9007199254740991|"pattern":/)
  })

  test('names the content type that each answer has', async () => {
    const wrong: unknown[] = []
    const compare = (path: string, real: Answer) => {
      const response = document.paths[path]?.get?.responses[String(real.status)]
      const documented = Object.keys(response?.content ?? {})
      const type = real.headers.get('content-type')?.split(';')[0] ?? ''
      if (!documented.includes(type)) wrong.push({ path, status: real.status, type, documented })
    }
    compare('/me', await send('/me', { authorization: `Bearer ${await token()}` }))
    compare('/login', await send('/login'))
    for (const [path, real] of problems) compare(path, await real())
    expect(wrong).toEqual([])
  })
})

const PUBLISHED_IDS = [
  'getDescription: get /openapi.json',
  'listProviders: get /providers',
  'showSignIn: get /login',
  'startLogin: get /login/{provider}',
  'finishLogin: get /login/{provider}/callback',
  'finishLoginByForm: post /login/{provider}/callback',
  'getSigningKeys: get /.well-known/jwks.json',
  'getOpenIdMetadata: get /.well-known/openid-configuration',
  'getOAuthMetadata: get /.well-known/oauth-authorization-server',
  'logout: get /logout',
  'logoutByForm: post /logout',
  'logoutAtProvider: get /logout/{provider}',
  'finishLogout: get /logout/{provider}/callback',
  'getTokens: post /token',
  'revokeToken: post /revoke',
  'introspectToken: post /introspect',
  'getMe: get /me',
  'editMe: patch /me',
  'listSessions: get /me/sessions',
  'endOtherSessions: delete /me/sessions',
  'endSession: delete /me/sessions/{id}',
  'exportMe: get /me/export',
  'listIdentities: get /me/identities',
  'linkIdentity: post /me/identities',
  'unlinkIdentity: delete /me/identities/{provider}',
  'getHealth: get /healthz',
  'getReadiness: get /readyz',
  'showErrors: get /docs/errors',
  'showDocs: get /docs',
]

/** A schema and all members below it, by their place. */
function membersOf(place: string, schema: Json): [place: string, schema: Record<string, Json>][] {
  const node = schema as Record<string, Json>
  const below = Object.entries((node.properties ?? {}) as Record<string, Json>).flatMap(
    ([name, member]): [string, Record<string, Json>][] =>
      '$ref' in (member as object) ? [] : membersOf(`${place}.${name}`, member),
  )
  const ofItems = node.items === undefined ? [] : membersOf(`${place}[]`, node.items).slice(1)
  return [[place, node], ...below, ...ofItems]
}

/** Every `$ref` within a document. */
function referencesIn(node: Json): string[] {
  if (Array.isArray(node)) return node.flatMap(referencesIn)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) =>
    name === '$ref' && typeof value === 'string' ? [value] : referencesIn(value),
  )
}

/** The routes that the app has, as `method path`, without those that only say 405. */
async function registeredRoutes({ app }: Latchkey): Promise<string[]> {
  const routes: string[] = []
  const ancestors: string[] = []
  let wildcards = 0
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = ''] = /^([│├└─\s]*)(\S*)/.exec(line) ?? []
    if (part === '') continue
    // Printed without the path before it: the playground's scripts, and nothing else has a wildcard.
    if (part === '*') {
      wildcards += 1
      continue
    }
    const depth = indent.length / 4 - 1
    ancestors.length = depth
    const path = ancestors.join('') + part
    ancestors.push(part)
    const { headers, statusCode } = await app.inject({
      method: 'PUT',
      url: path.replace(/:\w+/g, 'none'),
    })
    expect(statusCode, path).toBe(405)
    for (const method of String(headers.allow).toLowerCase().split(', ')) {
      // HEAD is GET without the body; OPTIONS are asked by browsers only (CORS).
      if (!['head', 'options'].includes(method)) routes.push(`${method} ${path}`)
    }
  }
  expect(wildcards).toBe(1)
  return routes
}
