import { migrateDatabase } from '../src/db/migrate.ts'
import { type BenchDatabase, startDatabase } from './database.ts'
import { betterAuthPeople, latchkeyPeople, MINIMUM_TABLES, minimumPeople } from './fill.ts'
import type { Measured } from './meter.ts'
import { buildServer, type ServerProcess, startServerProcess } from './server-process.ts'

/** This build. */
export const latchkeyModule = new URL('../dist/main.js', import.meta.url)

/** Where servers are started to be measured beside each other: one PostgreSQL, one provider. */
export interface Stand {
  database: BenchDatabase
  provider: ServerProcess
  /** Latchkey on a database of its own, with so many people in it. */
  latchkey(options: LatchkeyOptions): Promise<Measured>
  /** A Latchkey that has migrated an empty database itself, of this build or another. */
  migrated(name: string, module?: URL): Promise<Measured>
  /** A further process of this build on that database, on no core of its own. */
  beside(name: string): Promise<Measured>
  minimum(users: number): Promise<Measured>
  betterAuth(users: number): Promise<Measured>
  /** On Latchkey's database. */
  bareRoute(name: string): Promise<Measured>
  /** Calls that the provider answered so far. */
  calls(): Promise<number>
  /** Stops what was started, last in first out. */
  stop(): Promise<void>
}

/** A Latchkey to be measured. */
export interface LatchkeyOptions {
  /** Its database's name. */
  name?: string
  /** How many people are filled in; undefined leaves the database as it is. */
  users?: number
  env?: Record<string, string>
  /** Where it starts. Default: this build. */
  module?: URL
}

/** Starts PostgreSQL and the provider. */
export async function startStand(): Promise<Stand> {
  const opened: { stop(): Promise<unknown> }[] = []
  const keep = <Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing => {
    opened.push(thing)
    return thing
  }
  const stop = async () => {
    for (const thing of opened.splice(0).reverse()) await thing.stop()
  }
  try {
    const database = keep(await startDatabase())
    const provider = keep(await startServerProcess(await buildServer('provider.ts'), {}))
    const issuer = provider.url
    const measure = async (module: URL, name: string, env: Record<string, string>, pinned = true) =>
      ({
        server: keep(
          await startServerProcess(
            module,
            { ...database.env(name), ISSUER: issuer, ...env },
            { onFirstCore: pinned },
          ),
        ),
        database,
        name,
      }) satisfies Measured
    const latchkeyEnv = latchkeySettings(issuer)
    return {
      database,
      provider,
      async latchkey({ name = 'latchkey', users, env = {}, module = latchkeyModule }) {
        if (users !== undefined) {
          await database.create(name)
          await migrateDatabase(database.connection(name))
          await database.fill(name, latchkeyPeople({ users, issuer: `${issuer}/bench` }))
        }
        return measure(module, name, { ...latchkeyEnv, ...env })
      },
      async migrated(name, module = latchkeyModule) {
        await database.create(name)
        return measure(module, name, latchkeyEnv)
      },
      beside: (name) => measure(latchkeyModule, name, latchkeyEnv, false),
      async minimum(users) {
        await database.create('minimum')
        await database.fill('minimum', [
          MINIMUM_TABLES,
          'grant all on all tables in schema public to public',
          ...minimumPeople({ users, issuer: `${issuer}/bench` }),
        ])
        return measure(await buildServer('minimum.ts'), 'minimum', {})
      },
      async betterAuth(users) {
        await database.create('better_auth')
        const measured = await measure(await buildServer('better-auth.ts'), 'better_auth', {})
        await database.fill('better_auth', betterAuthPeople(users))
        return measured
      },
      bareRoute: async (name) => measure(await buildServer('bare-route.ts'), name, {}),
      async calls() {
        const answer = await fetch(`${issuer}/calls`)
        return ((await answer.json()) as { calls: number }).calls
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Three providers that are the same one: with trusted addresses, another such, and one without trust. */
function latchkeySettings(issuer: string): Record<string, string> {
  const settings: Record<string, string> = {
    SECRET: 'the benchmark’s secret of more than 32 characters',
    EMULATE: '',
    RATE_LIMIT: 'off',
    OIDC_PROVIDERS: 'bench,other,plain',
    CLIENTS: 'spa',
    CLIENT_SPA_REDIRECT_URIS: 'https://app.example.com/callback',
  }
  for (const name of ['BENCH', 'OTHER', 'PLAIN']) {
    settings[`${name}_ISSUER`] = `${issuer}/${name.toLowerCase()}`
    settings[`${name}_CLIENT_ID`] = 'bench-client'
    settings[`${name}_CLIENT_SECRET`] = 'bench-secret'
    settings[`${name}_TRUST_EMAIL`] = name === 'PLAIN' ? 'off' : 'on'
  }
  return settings
}
