import { openDatabase } from '../../src/db/client.ts'
import { sweepBatch } from '../../src/db/stores/sweep.ts'
import type { Measured } from '../meter.ts'
import type { Side } from '../rounds.ts'

/** Sweeps in one round; the first of them finds something. */
const SWEEPS = 5

const session = `('0190cccc-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
const user = `('0190aaaa-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
const over = `now() - interval '1 minute'`
const from = 'from generate_series(1, 100) n'

/** What is over: of each kind that a login leaves behind a hundred. */
const OVER = [
  `insert into latchkey.finished_flows (id, expires_at) select 'over-' || n, ${over} ${from}`,
  `insert into latchkey.sessions
     (id, user_id, client_id, provider, issuer, subject, scope, expires_at)
   select ${session}, ${user}, 'latchkey', 'bench', '', 'person-' || n, '', ${over} ${from}`,
  `insert into latchkey.refresh_tokens (hash, session_id, expires_at)
   select sha256(('over-' || n)::bytea), ${session}, ${over} ${from}`,
]

/** What runs beside the logins: whatever is over is removed. Only PostgreSQL's part is looked at. */
export function sweepSide(measured: Measured): Side {
  const { database, name } = measured
  return {
    name: '',
    steps: {
      sweep: async () => {
        await database.fill(name, OVER)
        const pool = openDatabase(database.connection(name), { connections: 1, prepare: true })
        try {
          for (let sweep = 0; sweep < SWEEPS; sweep++) await sweepBatch(pool)
        } finally {
          await pool.close()
        }
        return {}
      },
    },
  }
}
