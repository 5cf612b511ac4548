import { createSealer } from '../../src/core/secrets.ts'
import type { Database } from '../../src/db/client.ts'
import { createSigningKeys } from '../../src/db/stores/tokens/signing-keys.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { keyContext } from '../../src/tokens/keys/make-key.ts'

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

/**
 * Keeps the keys of a Latchkey that ends, where an RSA key is among them and `secret` still opens all:
 * another replica may have sealed them anew.
 */
export async function keepKeys(
  env: Environment,
  database: Database,
  secret: string,
): Promise<void> {
  if (kept !== undefined || !mayShare(env)) return
  const sealer = createSealer([secret], 'signing keys')
  const { ring } = await createSigningKeys(database)
    .read()
    .catch(() => ({ ring: [] }))
  if (ring.some((key) => sealer.open(key.sealedJwk, keyContext(key.kid)) === null)) return
  const [row] = await database
    .query<{ keys: string | null }>(
      `select json_agg(one)::text as keys from latchkey.signing_keys one
       having count(*) = count(distinct alg)`,
      [],
    )
    .catch(() => [])
  if (row?.keys?.includes('RS256')) kept = row.keys
}
