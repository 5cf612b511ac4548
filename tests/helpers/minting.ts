import { randomUUID } from 'node:crypto'
import { type CryptoKey, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { createSealer } from '../../src/core/secrets.ts'
import { createSigningKeys } from '../../src/db/stores/tokens/signing-keys.ts'
import { type Latchkey, TEST_SECRET } from './latchkey.ts'

/** One of Latchkey's own signing keys, unsealed as only the holder of SECRET can. */
export interface OwnKey {
  kid: string
  alg: string
  jwk: JWK
  privateKey: CryptoKey
}

/** The keys of a running Latchkey, oldest first. */
export async function openOwnKeys(latchkey: Latchkey, secret = TEST_SECRET): Promise<OwnKey[]> {
  const sealer = createSealer([secret], 'signing keys')
  const { ring } = await createSigningKeys(latchkey.database).update(async () => ({
    add: [],
    change: [],
    remove: [],
  }))
  return Promise.all(
    ring.map(async ({ kid, alg, sealedJwk }) => {
      const text = sealer.open(sealedJwk, `signing key ${kid}`)
      if (text === null) throw new Error(`the secret does not open the key ${kid}`)
      const jwk: JWK = JSON.parse(text)
      return { kid, alg, jwk, privateKey: (await importJWK(jwk, alg)) as CryptoKey }
    }),
  )
}

/** The claims that a correct access token has now for this session. */
export function accessClaims(
  latchkey: Latchkey,
  session: { sub: string; sid: string },
): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return {
    ...session,
    iss: latchkey.url,
    aud: latchkey.url,
    client_id: 'latchkey',
    scope: 'profile email offline_access',
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
  }
}

/** Signs claims with one of our own keys, as an access token unless the header says otherwise. */
export function mint(
  key: OwnKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims as JWTPayload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey)
}
