import type { IdentityKey } from '../../core/identity-key.ts'
import { fromStored, toStored } from '../../core/kept-grant.ts'
import type { Profile } from '../../core/profile.ts'
import type { LinkCodes } from '../../core/stores.ts'
import type { Database } from '../client.ts'
import { factsOf, keyOf } from './identity-values.ts'

const KEEP = `
insert into latchkey.link_codes
  (provider, issuer, subject, email, email_verified, name, picture, locale,
   hash, client_id, redirect_uri, code_challenge, expires_at, sealed_grant)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() + $13 * interval '1 second', $14)`

/** $1 code hash, $2 client, $3 redirect URI, $4 challenge. Whoever comes second finds nothing. */
const TAKE = `
delete from latchkey.link_codes where hash = $1
returning provider, issuer, subject, email, email_verified as "emailVerified", name, picture, locale,
  sealed_grant as "sealedGrant",
  expires_at > now() and client_id = $2 and redirect_uri = $3
    and code_challenge is not distinct from $4 as fits`

/** Codes that stand for an identity, in PostgreSQL. */
export function createLinkCodes(database: Database): LinkCodes {
  return {
    async keep(
      { key, profile, grant },
      { hash, ttlSeconds, clientId, redirectUri, codeChallenge },
    ) {
      const code = [hash, clientId, redirectUri, codeChallenge, ttlSeconds]
      const sealed = grant === null ? null : toStored(grant)
      await database.query(KEEP, [...keyOf(key), ...factsOf(profile), ...code, sealed])
    },
    async take({ hash, clientId, redirectUri, codeChallenge }) {
      const [row] = await database.query<
        IdentityKey & Profile & { sealedGrant: string | null; fits: boolean }
      >(TAKE, [hash, clientId, redirectUri, codeChallenge])
      if (!row?.fits) return null
      const { fits, sealedGrant, provider, issuer, ...profile } = row
      const grant = sealedGrant === null ? null : fromStored(sealedGrant)
      return { key: { provider, issuer, subject: profile.subject }, profile, grant }
    },
  }
}
