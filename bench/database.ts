import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbeddedServer } from '../src/db/embedded/index.ts'
import { migrateDatabase } from '../src/db/migrate.ts'

/** A migrated database on a PostgreSQL server that is as durable as in production. */
export interface BenchDatabase {
  /** The environment by which postgres.js finds it, in any process. */
  env: Record<string, string>
  /** Puts that many people into the tables, all of them known to the provider `bench`. */
  fill(users: number, issuer: string): Promise<void>
  stop(): Promise<void>
}

/** A new folder for temporary data, which the database's user can enter. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  await chmod(folder, 0o711)
  return folder
}

/** Starts PostgreSQL in a temporary folder. */
export async function startDatabase(): Promise<BenchDatabase> {
  const folder = await makeFolder()
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  const server = await startEmbeddedServer({ dataDir: folder }).catch(async (error) => {
    await removeFolder()
    throw error
  })
  const { host, port, database, username } = server.connection
  await migrateDatabase(server.connection)
  return {
    env: {
      DATABASE_URL: `postgres:///${database}`,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: username,
    },
    async fill(users, issuer) {
      const sql = postgres({ ...server.connection, max: 1, onnotice: () => {} })
      try {
        // These people did nothing that is to be recorded.
        const record = (what: 'disable' | 'enable') =>
          sql.unsafe(
            ['users', 'identities', 'sessions']
              .map((table) => `alter table latchkey.${table} ${what} trigger user`)
              .join('; '),
          )
        await record('disable')
        for (const [text, ...parameters] of fillStatements(users, issuer)) {
          await sql.unsafe(text, parameters)
        }
        await record('enable')
      } finally {
        await sql.end()
      }
    },
    async stop() {
      await server.stop()
      await removeFolder()
    },
  }
}

type Statement = [text: string, ...parameters: (string | number)[]]

function fillStatements(users: number, issuer: string): Statement[] {
  const user = `('0190aaaa-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
  const session = `('0190bbbb-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
  return [
    [
      `insert into latchkey.users (id)
       select ${user} from generate_series(1, $1::int) n`,
      users,
    ],
    [
      `insert into latchkey.identities
         (provider, issuer, subject, user_id, email, email_verified, gives_email, name, picture, locale)
       select 'bench', $2, 'person-' || n, ${user}, 'person-' || n || '@example.com', true, true,
         'Person ' || n, 'https://pictures.example.com/' || n || '.jpg', 'en'
       from generate_series(1, $1::int) n`,
      users,
      issuer,
    ],
    [
      `insert into latchkey.sessions (id, user_id, client_id, provider, scope, expires_at)
       select ${session}, ${user}, 'latchkey', 'bench', 'profile email offline_access',
         now() + interval '30 days'
       from generate_series(1, $1::int) n`,
      users,
    ],
    [
      `insert into latchkey.refresh_tokens (hash, session_id, expires_at)
       select sha256(n::text::bytea), ${session}, now() + interval '14 days'
       from generate_series(1, $1::int) n`,
      users,
    ],
    ['vacuum analyze'],
  ]
}
