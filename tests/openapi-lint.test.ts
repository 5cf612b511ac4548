import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { Browser } from './helpers/browser.ts'
import { type Latchkey, startLatchkey } from './helpers/latchkey.ts'
import type { DescribedOperation, Description } from './helpers/openapi.ts'

/** What the linter is not asked, and why. */
const NOT_ASKED = {
  // Public documents and health checks refuse nothing that their own method can ask.
  'operation-4xx-response': 'off',
  // A redirect is all that some routes answer.
  'operation-2xx-response': 'off',
  // The server of a test is on loopback.
  'no-server-example.com': 'off',
} as const

describe('the linter and /openapi.json', () => {
  let latchkey: Latchkey
  let document: Description

  beforeAll(async () => {
    latchkey = await startLatchkey({ EMULATE: 'kakao' })
    const answer = await new Browser().send(`${latchkey.url}/openapi.json`)
    document = answer.json() as unknown as Description
  })
  afterAll(() => latchkey.close())

  const lint = async (source: unknown) => {
    const config = await createConfig({ extends: ['recommended'], rules: NOT_ASKED })
    const problems = await lintFromString({ source: JSON.stringify(source), config })
    return problems.map(
      ({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`,
    )
  }

  test('it finds nothing', async () => {
    expect(await lint(document)).toEqual([])
  })

  test('it would find an operation without an id, a wrong example and a schema that nobody uses', async () => {
    const broken = structuredClone(document)
    const me: Partial<DescribedOperation> = broken.paths['/me']?.get ?? {}
    delete me.operationId
    const answer = me.responses?.['200']?.content?.['application/json']?.examples?.signed_in
    Object.assign(answer?.value ?? {}, { email_verified: 'yes' })
    broken.components.schemas.Unused = {}
    expect((await lint(broken)).map((line) => line.split(':')[0]).sort()).toEqual([
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
