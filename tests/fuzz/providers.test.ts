import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LatchkeyError } from '../../src/core/errors.ts'
import { settingsPrefix } from '../../src/core/settings/prefix.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { oidcProvider } from '../../src/providers/oidc.ts'
import { readProvider } from '../../src/settings/parts/providers.ts'
import { Reader } from '../../src/settings/reader.ts'
import type { Outbound } from '../../src/upstream/outbound/outbound.ts'
import type { Answer } from '../../src/upstream/outbound/read-answer.ts'
import { createProvider } from '../../src/upstream/provider.ts'
import { applePrivateKey } from '../helpers/apple-key.ts'
import { login } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'
import { fixtures } from '../providers/fixtures.ts'
import { again, cases, mutated, nastyText } from './fuzz.ts'

const ISSUER = 'https://issuer.example'
const CLIENT = 'client'
const STATE = 'a-state-of-22-letters.'
const NONCE = 'a-nonce-of-22-letters.'
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }

const part = (value: unknown) => Buffer.from(JSON.stringify(value) ?? 'null').toString('base64url')
function sign(header: unknown, claims: unknown): string {
  const input = `${part(header)}.${part(claims)}`
  const isShared = (header as { alg?: unknown } | null)?.alg === 'HS256'
  const signature = isShared
    ? createHmac('sha256', 'secret').update(input).digest('base64url')
    : createSign('sha256').update(input).sign(privateKey, 'base64url')
  return `${input}.${signature}`
}

const oidc = oidcProvider({ id: 'corp', name: 'Corp', issuer: ISSUER })
const rows = [...builtInProviders, oidc]

/** What a provider answers by the step of a call, where all is well. */
function documentsOf({ id, idTokenAlgorithms }: Row): Record<string, unknown> {
  const { claims, documents = {} } = fixtures[id] ?? { claims: fixtures.google?.claims }
  const { sub } = (documents.userinfo_endpoint ?? {}) as { sub?: string }
  const isShared = idTokenAlgorithms.includes('HS256')
  const now = Math.floor(Date.now() / 1000)
  return {
    discovery: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      userinfo_endpoint: `${ISSUER}/userinfo`,
      jwks_uri: `${ISSUER}/keys`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid'],
    },
    jwks: { keys: [jwk] },
    token: {
      access_token: 'a',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'r',
      scope: 'openid',
    },
    header: { alg: isShared ? 'HS256' : 'RS256', kid: 'k', typ: 'JWT' },
    claims: { sub, ...claims, iss: ISSUER, aud: CLIENT, nonce: NONCE, iat: now, exp: now + 600 },
    ...Object.fromEntries(
      Object.entries(documents).map(([name, document]) => [
        name.replace('_endpoint', ''),
        document,
      ]),
    ),
  }
}

/** An answer in which a document is not even what it says that it is. */
const oddAnswer: fc.Arbitrary<Partial<Answer>> = fc.record(
  {
    status: fc.constantFrom(200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503),
    contentType: fc.constantFrom(
      'application/json',
      'text/html',
      'application/jwt',
      'text/plain',
      '',
    ),
    text: fc.oneof(nastyText, fc.json()),
  },
  { requiredKeys: [] },
)

type Row = (typeof rows)[number]

/** One provider whose answers are these. */
function providerWith(
  row: Row,
  documents: Record<string, unknown>,
  odd: { step: string; answer: Partial<Answer> } | null,
) {
  const prefix = settingsPrefix(row.id)
  const needs = {
    CLIENT_ID: CLIENT,
    CLIENT_SECRET: 'secret',
    TEAM_ID: 'ABCDEFGHIJ',
    KEY_ID: 'ABCDEFGHIJ',
    PRIVATE_KEY: applePrivateKey(),
  }
  const env = Object.fromEntries(
    Object.entries(needs).map(([name, value]) => [prefix + name, value]),
  )
  const settings = readProvider(
    new Reader(env),
    row.issuer === undefined ? row : { ...row, issuer: ISSUER },
  )
  const answer = async (_url: string, step: string): Promise<Answer> => {
    const { header, claims, token } = documents
    const isToken = step === 'token' && typeof token === 'object' && token !== null
    const document = isToken ? { id_token: sign(header, claims), ...token } : documents[step]
    const head = { date: null, location: null, challenge: null, retryAfterSeconds: undefined }
    const usual = { status: 200, contentType: 'application/json', ...head }
    const text = document === undefined ? '{}' : JSON.stringify(document)
    return { ...usual, text, ...(odd?.step === step ? odd.answer : {}) }
  }
  const outbound: Outbound = { get: answer, post: answer, delete: answer, close: async () => {} }
  return createProvider({
    ...settings,
    outbound,
    callbackUrl: 'https://login.example.com/callback',
    callEnded: () => {},
    note: () => {},
  })
}

/** Codes that a provider's answer may be refused with. */
const REFUSALS = ['invalid_provider_response', 'provider_error', 'invalid_code', 'access_denied']

/** Fails unless it gives somebody fit to be stored, or a refusal that has a code of its own. */
async function expectAnswered(work: Promise<{ profile: object }>): Promise<'in' | string> {
  let who: Awaited<typeof work>
  try {
    who = await work
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error
    if (!REFUSALS.includes(error.code)) throw error
    return `${error.code} ${JSON.stringify(error.evidence)}`
  }
  const { subject, ...rest } = who.profile as Record<string, unknown>
  expect(subject).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/)
  for (const [name, value] of Object.entries(rest)) {
    if (value === null || typeof value === 'boolean') continue
    expect(typeof value, name).toBe('string')
    // PostgreSQL takes neither, nor does JSON everywhere.
    expect(String(value).isWellFormed() && !String(value).includes('\u0000'), name).toBe(true)
  }
  return 'in'
}

describe.each(rows.map((row) => [row.id, row] as const))('%s', (id, row) => {
  test(`whatever its documents hold, somebody signs in or is refused with a code ${again}`, async () => {
    const good = documentsOf(row)
    const steps = Object.keys(good).filter(
      (step) => step !== 'discovery' || row.issuer !== undefined,
    )
    const outcomes: string[] = []
    const callback = {
      ...{ code: 'code', error: undefined, iss: row.issuer === undefined ? undefined : ISSUER },
      ...{ state: STATE, nonce: NONCE, verifier: 'v'.repeat(43) },
    }
    // As a control: the documents are good as they are.
    const { formUser = null } = fixtures[id] ?? {}
    const well = providerWith(row, good, null).finish({ ...callback, formUser })
    expect(await expectAnswered(well), id).toBe('in')
    const spoilt = fc
      .constantFrom(...steps)
      .chain((step) =>
        fc.tuple(fc.constant(step), mutated(good[step]), fc.option(oddAnswer), mutated(formUser)),
      )
    await fc.assert(
      fc.asyncProperty(spoilt, async ([step, document, odd, user]) => {
        const answer = odd === null ? null : { step, answer: odd }
        const provider = providerWith(row, { ...good, [step]: document }, answer)
        outcomes.push(await expectAnswered(provider.finish({ ...callback, formUser: user })))
      }),
      cases(60),
    )
    // Not all of it is refused at the door.
    expect(outcomes.filter((one) => one === 'in').length).toBeGreaterThan(0)
  })
})

describe('through the door and into the database', () => {
  const { provider, latchkey } = setStage()

  test(`whatever claims and userinfo hold, nobody gets a 500 and the process lives ${again}`, async () => {
    const person = {
      name: 'A',
      email: 'a@example.com',
      email_verified: true,
      picture: 'https://x.example/a',
      locale: 'ko',
    }
    const document = mutated(person).filter((one) => typeof one === 'object')
    await fc.assert(
      fc.asyncProperty(
        document,
        mutated({ sub: 'person-1', ...person }),
        async (claims, userinfo) => {
          provider.idToken = (given) => ({ ...given, ...(claims as object) })
          provider.userinfo = () => userinfo
          const { status, text } = await login(latchkey, provider)
          expect([200, 400, 502], text).toContain(status)
        },
      ),
      cases(60),
    )
    provider.reset()
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(latchkey.logs.filter((line) => line.includes('server_error'))).toEqual([])
  })
})
