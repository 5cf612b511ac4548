import type { SigningKeys, StoredSigningKey } from '../../core/key-store.ts'
import type { Database } from '../client.ts'

const LOCK = `select pg_advisory_xact_lock(76, 4712)`

const READ = `
select kid, alg, sealed_jwk as "sealedJwk",
  (extract(epoch from signs_from) * 1000)::float8 as "signsFrom",
  (extract(epoch from published_until) * 1000)::float8 as "publishedUntil"
from latchkey.signing_keys order by signs_from, kid`

const WRITE = `
insert into latchkey.signing_keys (kid, alg, sealed_jwk, signs_from, published_until)
values ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000))
on conflict (kid) do update set
  sealed_jwk = excluded.sealed_jwk, published_until = excluded.published_until`

/** The ring of signing keys in PostgreSQL, changed by one replica at a time. */
export function createSigningKeys(database: Database): SigningKeys {
  return {
    update: (plan) =>
      database.transaction(async (run) => {
        await run(LOCK)
        const [clock] = await run<{ now: number }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
        )
        const now = clock?.now ?? Date.now()
        const { add, change, remove } = await plan(await run<StoredSigningKey>(READ), now)
        for (const key of [...add, ...change]) {
          await run(WRITE, [key.kid, key.alg, key.sealedJwk, key.signsFrom, key.publishedUntil])
        }
        for (const kid of remove) {
          await run('delete from latchkey.signing_keys where kid = $1', [kid])
        }
        return { ring: await run<StoredSigningKey>(READ), now }
      }),
  }
}
