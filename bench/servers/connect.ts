import postgres from 'postgres'

/** A pool for the server under test. The driver here reads no PG* variable by itself. */
export const connect = (): postgres.Sql =>
  postgres({
    host: process.env.PGHOST ?? '',
    port: Number(process.env.PGPORT),
    username: process.env.PGUSER ?? '',
    database: process.env.PGDATABASE ?? '',
    max: 10,
  })
