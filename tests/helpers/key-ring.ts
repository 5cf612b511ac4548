import type { Database } from '../../src/db/client.ts'
import type { Environment } from '../../src/settings/reader.ts'

/** The keys that a Latchkey of this process made: an RSA key costs more than most tests. */
let kept: string | undefined

/** Whether a Latchkey with these settings may have the keys of another. */
const mayShare = (env: Environment) =>
  Object.keys(env).every((name) => !/^(SECRET|SIGNING_|ACCESS_TOKEN_TTL|SESSION_TTL)/.test(name))

/** Puts the keys of an earlier Latchkey into a database that has none. */
export async function lendKeys(env: Environment, database: Database): Promise<void> {
  if (kept === undefined || !mayShare(env)) return
  await database.query(
    `insert into latchkey.signing_keys
     select * from jsonb_populate_recordset(null::latchkey.signing_keys, $1::text::jsonb)`,
    [kept],
  )
}

/** Keeps the keys of a Latchkey that ends, where an RSA key is among them. */
export async function keepKeys(env: Environment, database: Database): Promise<void> {
  if (kept !== undefined || !mayShare(env)) return
  const [row] = await database
    .query<{ keys: string | null }>(
      `select json_agg(one)::text as keys from latchkey.signing_keys one
       having count(*) = count(distinct alg)`,
      [],
    )
    .catch(() => [])
  if (row?.keys?.includes('RS256')) kept = row.keys
}
