import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app/app.ts'
import { defined } from '../../src/core/defined.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { createStores } from '../../src/db/stores/index.ts'
import { readSettings } from '../../src/settings/index.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { type Answer, Browser } from './browser.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import type { FakeProvider } from './fake-provider.ts'
import { keepKeys, lendKeys } from './key-ring.ts'
import { freePort } from './server-process.ts'

/** SECRET of every test. */
export const TEST_SECRET = 'a secret of the tests with more than 32 characters'

/** A running Latchkey with a database of its own, on a real port. */
export interface Latchkey {
  url: string
  app: FastifyInstance
  database: Database
  testDatabase: TestDatabase
  /** What was logged, one JSON line each. */
  logs: string[]
  close(): Promise<void>
}

/** What a Latchkey may share with others, and what it is given beside settings. */
export interface LatchkeyOptions {
  testDatabase?: TestDatabase
  publicUrl?: string
  /** Where it is below the host. */
  path?: string
  /** How long a provider may take, where that is waited for. */
  outboundMs?: number
}

/** Starts the whole service. Several may share a database (replicas) and the URL. */
export async function startLatchkey(
  env: Environment,
  shared: LatchkeyOptions = {},
): Promise<Latchkey> {
  const testDatabase = shared.testDatabase ?? (await createTestDatabase())
  const port = await freePort()
  const url = `http://localhost:${port}${shared.path ?? ''}`
  const settings = readSettings({
    SECRET: TEST_SECRET,
    PORT: String(port),
    PUBLIC_URL: shared.publicUrl ?? url,
    EMULATE: '',
    // All tests come from one address.
    RATE_LIMIT: 'off',
    ...env,
  })
  const database = openDatabase(testDatabase.connection, settings.database)
  if (shared.testDatabase === undefined) await lendKeys(env, database)
  const stores = createStores(database, {
    ...settings.people,
    sessionsPerUser: settings.sessionsPerUser,
    accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
    trustedProviders: settings.trustedProviders,
  })
  const logs: string[] = []
  const app = await buildApp(settings, {
    stores,
    secrets: settings.secrets ?? [],
    ...defined({ outboundMs: shared.outboundMs }),
    logStream: { write: (line) => logs.push(line) },
  })
  await app.listen({ port, host: 'localhost' })
  return {
    url,
    app,
    database,
    testDatabase,
    logs,
    async close() {
      await app.close()
      if (shared.testDatabase === undefined) await keepKeys(env, database, TEST_SECRET)
      await database.close()
      if (shared.testDatabase === undefined) await testDatabase.drop()
    },
  }
}

/** A login that stands before the callback: the provider would now send the browser back. */
export interface StartedLogin {
  /** The authorization request that the provider gets. */
  authorization: URL
  state: string
  nonce: string | null
  /** The callback URL with these parameters; `state` is filled in, null leaves one out. */
  callback(parameters?: Record<string, string | null>): string
  start: Answer
}

/** Sends a browser to a provider's login. */
export async function startLogin(
  latchkey: Latchkey,
  browser: Browser,
  provider = 'fake',
  query = '',
): Promise<StartedLogin> {
  const start = await browser.send(`${latchkey.url}/login/${provider}${query}`)
  if (start.location === null) throw new Error(`no redirect: ${start.status} ${start.text}`)
  const authorization = start.location
  const state = authorization.searchParams.get('state') ?? ''
  return {
    authorization,
    state,
    nonce: authorization.searchParams.get('nonce'),
    start,
    callback(parameters = {}) {
      const url = new URL(`${latchkey.url}/login/${provider}/callback`)
      const all = { code: 'a-code', state, ...parameters }
      for (const [name, value] of Object.entries(all)) {
        if (value !== null) url.searchParams.set(name, value)
      }
      return url.href
    },
  }
}

/** One whole login at the fake provider; gives the callback's answer. */
export async function login(
  latchkey: Latchkey,
  provider: FakeProvider,
  browser = new Browser(),
  id = 'fake',
): Promise<Answer> {
  const started = await startLogin(latchkey, browser, id)
  provider.nonce = started.nonce ?? ''
  return browser.send(started.callback())
}

/** A user as an answer has it, with null for the claims that are absent. */
export function spelledOut(user: unknown): User {
  const { identities = [], ...claims } = user as Partial<User>
  const nothing = { email: null, email_verified: false }
  return {
    ...{ sub: '', name: null, picture: null, locale: null, ...nothing, ...claims },
    identities: identities.map((identity) => ({ ...nothing, ...identity })),
  }
}

/** A user with all claims. */
export interface User {
  sub: string
  name: string | null
  email: string | null
  email_verified: boolean
  picture: string | null
  locale: string | null
  identities: { provider: string; subject: string; email: string | null; email_verified: boolean }[]
}

/** What is in the tables that a failed login must not touch. */
export async function countRows(latchkey: Latchkey): Promise<Record<string, number>> {
  const [row] = await latchkey.database.query<Record<string, number>>(
    `select (select count(*)::int from latchkey.users) as users,
       (select count(*)::int from latchkey.identities) as identities,
       (select count(*)::int from latchkey.sessions) as sessions,
       (select count(*)::int from latchkey.refresh_tokens) as "refreshTokens"`,
    [],
  )
  return row ?? {}
}
