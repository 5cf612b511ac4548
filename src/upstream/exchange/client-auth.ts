import { randomUUID } from 'node:crypto'
import type { ClientKey } from '../../core/provider/row-inputs.ts'
import { readPrivateKey } from '../../core/tokens/private-key.ts'

/** Our registration at a provider. */
export interface Registration {
  id: string
  /** Empty where a private key is used instead. */
  secret: string
  key?: ClientKey | null
}

/** How we authenticate at a token endpoint (OpenID Connect Core, section 9). */
export type ClientAuthMethod = 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt'

/** What a request carries to authenticate us. */
export interface ClientAuth {
  form: Record<string, string>
  headers: Record<string, string>
}

/** Seconds. An assertion is used at once, but the provider's clock may differ. */
const ASSERTION_SECONDS = 120

/** Id and secret as HTTP Basic, each form-encoded first (RFC 6749, section 2.3.1). */
export function basicAuth({ id, secret }: Registration): string {
  const encode = (text: string) => new URLSearchParams({ a: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

/**
 * Client authentication in the form that the provider's token endpoint wants. `audience` is who
 * accepts an assertion: by default the token endpoint; callers of other endpoints name the issuer,
 * since a discovery document could name another server's address (OpenID Foundation, audience
 * injection, 2025).
 */
export async function clientAuth(
  {
    clientAuth: method,
    endpoints,
    assertionAlgorithm: algorithm,
  }: {
    clientAuth: ClientAuthMethod
    endpoints: Readonly<Record<string, string>>
    assertionAlgorithm?: string | undefined
  },
  client: Registration,
  audience: string = endpoints.token_endpoint ?? '',
): Promise<ClientAuth> {
  if (client.key) {
    const form = await assertion(client.id, client.key, audience, algorithm)
    return { form, headers: {} }
  }
  return method === 'client_secret_basic'
    ? { form: {}, headers: { authorization: basicAuth(client) } }
    : { form: { client_id: client.id, client_secret: client.secret }, headers: {} }
}

const usualAlgorithm = (pem: string) => readPrivateKey(pem)?.alg ?? 'RS256'

/** The algorithms that a key can also sign with, by its default algorithm. */
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  RS256: ['PS256', 'RS384', 'PS384', 'RS512', 'PS512'],
  EdDSA: ['Ed25519'],
}

/**
 * The algorithm for assertions with this key: the first that the provider lists and the key can do,
 * undefined if there is none. If the provider lists none, the key's default.
 */
export function assertionAlgorithm(
  { pem }: ClientKey,
  listed: readonly string[] = [],
): string | undefined {
  const usual = usualAlgorithm(pem)
  if (listed.length === 0) return usual
  return [usual, ...(FURTHER[usual] ?? [])].find((alg) => listed.includes(alg))
}

/** A JWT that authenticates us, signed with our key (RFC 7523, section 2.2). */
async function assertion(
  id: string,
  { pem, keyId }: ClientKey,
  audience: string,
  alg = usualAlgorithm(pem),
) {
  const { importPKCS8, SignJWT } = await import('jose')
  const now = Math.floor(Date.now() / 1000)
  const jwt = await new SignJWT()
    .setProtectedHeader({ alg, ...(keyId === '' ? {} : { kid: keyId }) })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importPKCS8(pem, alg))
  return {
    client_id: id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
  }
}
