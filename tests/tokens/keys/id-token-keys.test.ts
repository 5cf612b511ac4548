import { createHash } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { createSealer } from '../../../src/core/secrets.ts'
import { createSigningKeys } from '../../../src/db/stores/tokens/signing-keys.ts'
import { rotateKeys } from '../../../src/tokens/keys/rotate-keys.ts'
import { API, APPS, claimsOf, meStatus, post, SPA, signIn, WEB } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { type Latchkey, TEST_SECRET } from '../../helpers/latchkey.ts'
import { openOwnKeys } from '../../helpers/minting.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey, provider, start } = setStage({
  settings: {
    ...APPS,
    CLIENT_WEB_ID_TOKEN_ALG: 'EdDSA',
    CLIENT_API_ID_TOKEN_ALG: 'ES256',
    SIGNING_KEY_ROTATION: '40s',
  },
  people: (turn) => ({ name: `Person ${turn}`, email: null, locale: 'ko' }),
})

const published = async ({ url }: Latchkey) =>
  (await new Browser().send(`${url}/.well-known/jwks.json`)).json().keys as JWK[]

const algsOf = async (at: Latchkey) => (await published(at)).map(({ alg }) => alg).sort()

test('the keys of ID tokens are made behind the first answer, and published beside the others', async () => {
  const [row] = await latchkey.database.query<{ algs: string[] }>(
    'select array_agg(distinct alg order by alg) as algs from latchkey.signing_keys',
    [],
  )
  // The stage has asked already.
  expect(row?.algs).toContain('ES256')
  await expect.poll(() => algsOf(latchkey)).toEqual(['ES256', 'EdDSA', 'RS256'])
  const metadata = await new Browser().send(`${latchkey.url}/.well-known/openid-configuration`)
  const { id_token_signing_alg_values_supported: algs } = metadata.json()
  expect([...(algs as string[])].sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
})

test.each([
  ['RS256, the default', SPA, 'RS256', 'sha256'],
  ['what CLIENT_WEB_ID_TOKEN_ALG says', WEB, 'EdDSA', 'sha512'],
  ['what CLIENT_API_ID_TOKEN_ALG says', API, 'ES256', 'sha256'],
])(
  'an ID token is signed with %s, an access token with SIGNING_ALG',
  async (_name, client, alg, hash) => {
    const tokens = await signIn(latchkey, provider, { ...client, scope: 'openid email profile' })
    const keys = createRemoteJWKSet(new URL(`${latchkey.url}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(tokens.id_token, keys, {
      ...{ issuer: latchkey.url, audience: client.client_id, algorithms: [alg] },
    })
    expect(decodeProtectedHeader(tokens.access_token).alg).toBe('ES256')
    const digest = createHash(hash).update(tokens.access_token).digest()
    expect(payload.at_hash).toBe(digest.subarray(0, digest.length / 2).toString('base64url'))
    expect(payload).toMatchObject({ sid: tokens.sid, sub: tokens.sub, locale: 'ko' })
    // The provider signs no auth_time and gave no address: nothing is made up, nothing is null.
    for (const absent of ['auth_time', 'email', 'email_verified', 'picture', 'nonce']) {
      expect(payload).not.toHaveProperty(absent)
    }
  },
)

describe('an id_token_hint', () => {
  /** Signs out by this ID token alone. */
  const signOut = (at: Latchkey, hint: string) => post(`${at.url}/logout`, { id_token_hint: hint })
  const retire = (alg: string, past = '1 second') =>
    latchkey.database.query(
      `update latchkey.signing_keys set published_until = now() - $2::interval where alg = $1`,
      [alg, past],
    )

  test('counts after its key was retired, of which only the public half is kept', async () => {
    const tokens = await signIn(latchkey, provider, { scope: 'openid' })
    const { kid } = decodeProtectedHeader(tokens.id_token)
    await retire('RS256')
    // A replica that starts now has never published the key.
    const other = await start()
    await expect.poll(async () => (await published(other)).map((key) => key.kid)).not.toContain(kid)
    const kept = (await openOwnKeys(latchkey).catch(() => [])).find((key) => key.kid === kid)
    expect(kept?.jwk).toMatchObject({ kty: 'RSA' })
    expect(kept?.jwk).not.toHaveProperty('d')
    expect(await meStatus(other, tokens.access_token)).toBe(200)
    await signOut(other, `${tokens.id_token.slice(0, -6)}AAAAAA`)
    await signOut(other, tokens.id_token.slice(0, -1))
    expect(await meStatus(other, tokens.access_token)).toBe(200)
    await signOut(other, tokens.id_token)
    expect(await meStatus(other, tokens.access_token)).toBe(401)
    const next = await signIn(other, provider, { scope: 'openid' })
    expect(decodeProtectedHeader(next.id_token)).toMatchObject({ alg: 'RS256' })
    expect(decodeProtectedHeader(next.id_token).kid).not.toBe(kid)
  })

  test('is forgotten with the longest session that it can be of', async () => {
    const tokens = await signIn(latchkey, provider, { scope: 'openid' })
    expect(claimsOf(tokens.id_token).sid).toBe(tokens.sid)
    await retire('RS256', '30 days')
    const other = await start()
    await signOut(other, tokens.id_token)
    expect(await meStatus(other, tokens.access_token)).toBe(200)
  })
})

test('an operator’s rotation at once takes over within seconds, for each algorithm, and old tokens stay good', async () => {
  const before = await signIn(latchkey, provider, { scope: 'openid' })
  const sealer = createSealer([TEST_SECRET], 'signing keys')
  const next = await rotateKeys({
    ...{ store: createSigningKeys(latchkey.database), sealer, atOnce: true },
    ...{ rotationSeconds: 40, accessTokenTtlSeconds: 600 },
  })
  expect(next.map(({ alg }) => alg).sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
  const kids = next.map(({ kid }) => kid)
  const kidOf = async () =>
    decodeProtectedHeader((await signIn(latchkey, provider)).access_token).kid
  // Not as often as it can: one person has no more than SESSIONS_PER_USER sessions.
  await expect.poll(kidOf, { timeout: 15_000, interval: 400 }).toBeOneOf(kids)
  const after = await signIn(latchkey, provider, { scope: 'openid' })
  expect(decodeProtectedHeader(after.id_token).kid).toBeOneOf(kids)
  expect(await meStatus(latchkey, before.access_token)).toBe(200)
  expect((await published(latchkey)).map(({ kid }) => kid)).toEqual(
    expect.arrayContaining([...kids, decodeProtectedHeader(before.access_token).kid]),
  )
})
