import postgres from 'postgres'

/** The plain role that owns the database. */
export const USERNAME = 'latchkey'

/** The role that initdb creates. */
export const SUPERUSER = 'postgres'

/** Options for the postgres.js client; `host` is the private folder of the socket. */
export interface OwnConnection {
  host: string
  port: number
  database: string
  username: string
}

/**
 * Makes the database and the plain role that owns it; on later starts this only takes one
 * connection. The database that every new server has is renamed, since creating another takes a
 * tenth of the start.
 */
export async function ensureDatabase(connection: OwnConnection): Promise<void> {
  const missing = await query(connection, (sql) => sql`select 1`).then(
    () => false,
    (error: { code?: string }) => {
      // No such database; no such role.
      if (error.code === '3D000' || error.code === '28000') return true
      throw error
    },
  )
  if (!missing) return
  const superuser = { ...connection, database: 'template1', username: SUPERUSER }
  await query(superuser, async (sql) => {
    const roles = await sql`select 1 from pg_roles where rolname = ${USERNAME}`
    const [database, role] = [sql(connection.database), sql(USERNAME)]
    if (roles.length > 0) {
      await sql`create database ${database} owner ${role} template template0`
      return
    }
    // All or nothing: if this is killed halfway, the next start would find a database that the role
    // does not own.
    await sql.begin(async (sql) => {
      await sql`create role ${role} login createdb`
      await sql`alter database postgres owner to ${role}`
      await sql`alter database postgres rename to ${database}`
    })
  })
}

/** Runs some work on a connection of its own. */
export async function query(
  connection: OwnConnection,
  work: (sql: postgres.Sql) => PromiseLike<unknown>,
): Promise<void> {
  const sql = postgres({ ...connection, max: 1, fetch_types: false, onnotice: () => undefined })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}
