import { setTimeout as wait } from 'node:timers/promises'
import type { OwnPostgres } from '../helpers/own-postgres.ts'

/** One thing that goes wrong at the database, and is over afterwards. */
export interface Scene {
  name: string
  play(postgres: OwnPostgres): Promise<void>
}

const backends = `select pid from pg_stat_activity where application_name = 'latchkey' and pid <> pg_backend_pid()`

/** What can go wrong; each takes a few seconds. */
export const SCENES: readonly Scene[] = [
  {
    name: 'the database is killed, and starts again a second later',
    async play(postgres) {
      await postgres.stop('SIGQUIT')
      await wait(1_000)
      await postgres.start()
    },
  },
  {
    name: 'the database is restarted',
    async play(postgres) {
      await postgres.stop('SIGINT')
      await postgres.start()
    },
  },
  {
    name: 'backends are cancelled and terminated at random',
    async play(postgres) {
      for (let round = 0; round < 60; round++) {
        const act = round % 3 === 0 ? 'pg_terminate_backend' : 'pg_cancel_backend'
        await postgres.asSuperuser(
          `select ${act}(pid) from (${backends} order by random() limit 3) b`,
        )
        await wait(30)
      }
    },
  },
  {
    name: 'the database takes no writes for a while',
    async play(postgres) {
      await postgres.asSuperuser('alter system set default_transaction_read_only = on')
      await postgres.asSuperuser('select pg_reload_conf()')
      await wait(2_000)
      const sql = postgres.hold()
      await sql.unsafe('set default_transaction_read_only = off')
      await sql.unsafe('alter system reset default_transaction_read_only')
      await sql.unsafe('select pg_reload_conf()')
      await sql.end()
    },
  },
  {
    name: 'the database has no connection left',
    async play(postgres) {
      const sql = postgres.hold()
      await sql.unsafe('alter role latchkey connection limit 0')
      await sql.unsafe(`select pg_terminate_backend(pid) from (${backends}) b`)
      await wait(2_000)
      await sql.unsafe('alter role latchkey connection limit -1')
      await sql.end()
    },
  },
  {
    name: 'a table is locked for longer than anybody waits',
    async play(postgres) {
      const sql = postgres.hold()
      await sql.begin(async (lock) => {
        await lock.unsafe('lock table latchkey.sessions in access exclusive mode')
        await wait(8_000)
      })
      await sql.end()
    },
  },
]
