import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import type { DescribedOperation, Description } from '../helpers/openapi.ts'

/** What the linter finds, and is meant to. */
const MEANT = [
  // Public documents and health checks refuse nothing that their own method can ask.
  ...[
    'operation-4xx-response: /.well-known/jwks.json get',
    'operation-4xx-response: /.well-known/oauth-authorization-server get',
    'operation-4xx-response: /.well-known/openid-configuration get',
    'operation-4xx-response: /docs get',
    'operation-4xx-response: /docs/errors get',
    'operation-4xx-response: /healthz get',
    'operation-4xx-response: /openapi.json get',
    'operation-4xx-response: /providers get',
    'operation-4xx-response: /readyz get',
  ],
  // A redirect is all that these do.
  ...['operation-2xx-response: /login/{provider}/callback post'],
]

/** What the linter finds with all of its recommended rules. */
async function lint(source: unknown): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: JSON.stringify(source), config })
  return problems.map(({ ruleId, message, location }) => {
    const [, path, method] = /^#\/paths\/([^/]+)\/(\w+)/.exec(location[0]?.pointer ?? '') ?? []
    const place = path && `${path.replaceAll('~1', '/')} ${method}`
    return ruleId.endsWith('xx-response')
      ? `${ruleId}: ${place}`
      : `${ruleId}: ${message} (${place})`
  })
}

/** Found wherever the server is on loopback. */
const LOOPBACK = /^no-server-example\.com: /

const describedBy = async ({ url }: Latchkey) =>
  (await new Browser().send(`${url}/openapi.json`)).json() as unknown as Description

describe('the linter and /openapi.json', () => {
  let latchkey: Latchkey
  let document: Description

  beforeAll(async () => {
    latchkey = await startLatchkey({ EMULATE: 'kakao' })
    document = await describedBy(latchkey)
  })
  afterAll(() => latchkey.close())

  test('it finds nothing but what is meant', async () => {
    const found = await lint(document)
    expect(found.filter((line) => LOOPBACK.test(line))).toHaveLength(1)
    expect(found.filter((line) => !LOOPBACK.test(line)).sort()).toEqual([...MEANT].sort())
  })

  test('it would find an operation without an id, a wrong example and a schema that nobody uses', async () => {
    const broken = structuredClone(document)
    const me: Partial<DescribedOperation> = broken.paths['/me']?.get ?? {}
    delete me.operationId
    const answer = me.responses?.['200']?.content?.['application/json']?.examples?.signed_in
    Object.assign(answer?.value ?? {}, { email_verified: 'yes' })
    broken.components.schemas.Unused = {}
    const found = (await lint(broken)).filter((line) => !LOOPBACK.test(line))
    const news = found.filter((line) => !MEANT.includes(line))
    expect(news.map((line) => line.split(':')[0]).sort()).toEqual([
      'no-invalid-media-type-examples',
      'no-unused-components',
      'operation-operationId',
    ])
  })

  const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path))

  test('every operation and parameter says what it is', () => {
    for (const { operationId, summary, description, tags, security, parameters } of operations()) {
      const texts = [
        operationId,
        summary,
        description,
        ...(parameters ?? []).map((one) => one.description),
      ]
      for (const text of texts) expect(text, operationId).toMatch(/\S{2}/)
      expect(tags, operationId).toHaveLength(1)
      expect(security, operationId).toBeInstanceOf(Array)
    }
  })

  test('each tag is described, and used', () => {
    const used = new Set(operations().flatMap(({ tags }) => tags))
    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort())
    for (const { description } of document.tags) expect(description).toMatch(/\S/)
  })

  test('no component is there twice', () => {
    const texts = Object.values(document.components.schemas).map((schema) => JSON.stringify(schema))
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts.length).toBeGreaterThan(5)
  })

  test('names version, licence, contact and server', () => {
    expect(document.info).toMatchObject({
      version: packageJson.version,
      license: { identifier: 'MIT' },
      contact: { url: latchkey.url },
    })
    expect(document.servers).toEqual([{ url: latchkey.url, description: 'This Latchkey' }])
  })
})

describe('with other settings /openapi.json', () => {
  test.each([
    { alg: 'RS256', members: ['kty', 'n', 'e', 'kid', 'alg', 'use'] },
    { alg: 'EdDSA', members: ['kty', 'crv', 'x', 'kid', 'alg', 'use'] },
  ])('in production, with one provider and $alg, is as true', async ({ alg, members }) => {
    const latchkey = await startLatchkey(
      {
        ...{ NODE_ENV: 'production', DATABASE_URL: 'postgres://unused.test/latchkey' },
        ...{ NAVER_CLIENT_ID: 'an-id', NAVER_CLIENT_SECRET: 'a-secret' },
        ...{ CLIENTS: 'shop', CLIENT_SHOP_REDIRECT_URIS: 'https://shop.test/' },
        SIGNING_ALG: alg,
      },
      { publicUrl: 'https://login.shop.test' },
    )
    try {
      const document = await describedBy(latchkey)
      expect((await lint(document)).sort()).toEqual([...MEANT].sort())
      expect(document.servers).toEqual([
        { url: 'https://login.shop.test', description: 'This Latchkey' },
      ])
      const answerOf = (path: string) => {
        const content = document.paths[path]?.get?.responses['200']?.content
        return Object.values(content?.['application/json']?.examples ?? {})[0]?.value
      }
      const real = async (path: string) => (await new Browser().send(latchkey.url + path)).json()
      expect(answerOf('/providers')).toEqual(await real('/providers'))
      const metadata = '/.well-known/openid-configuration'
      expect(answerOf(metadata)).toEqual(await real(metadata))
      const keys = '/.well-known/jwks.json'
      for (const answer of [answerOf(keys), await real(keys)]) {
        const [key = {}] = (answer as { keys: Record<string, string>[] }).keys
        expect(Object.keys(key).sort()).toEqual([...members].sort())
        expect(key.alg).toBe(alg)
      }
      const names = Object.values(document.components.securitySchemes).map(({ name }) => name)
      expect(names.filter(Boolean)).toEqual(['__Host-latchkey-access', '__Host-latchkey-refresh'])
    } finally {
      await latchkey.close()
    }
  })
})
