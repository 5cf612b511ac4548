import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { type Agent, request as send } from 'undici'

const sealingKey = randomBytes(32)
const access = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ids = generateKeyPairSync('rsa', { modulusLength: 2048 })
const accessHeader = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })
const idHeader = encode({ alg: 'RS256', typ: 'JWT', kid: 'bench' })
const accessKey = { key: access.privateKey, dsaEncoding: 'ieee-p1363' } as const
const accessProof = { key: access.publicKey, dsaEncoding: 'ieee-p1363' } as const

/** Throws. */
export function refuse(what: string): never {
  throw Object.assign(new Error(what), { statusCode: 400 })
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

/** 256 random bits. */
export const random = (): string => randomBytes(32).toString('base64url')

/** SHA-256 of a text. */
export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in constant time. */
export const isEqual = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b))

/** Encrypts a cookie's value. */
export function seal(text: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, iv)
  const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(parts).toString('base64url')
}

/** The value of a cookie that `seal` encrypted. */
export function open(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
}

/** An access token. */
export function signAccessToken(claims: Record<string, unknown>): string {
  const iat = now()
  const all = { ...claims, aud: claims.iss, iat, exp: iat + 600, jti: randomUUID() }
  const input = `${accessHeader}.${encode(all)}`
  return `${input}.${sign('sha256', Buffer.from(input), accessKey).toString('base64url')}`
}

/** An ID token for an access token. */
export function signIdToken(claims: Record<string, unknown>, accessToken: string): string {
  const iat = now()
  const atHash = sha256(accessToken).subarray(0, 16).toString('base64url')
  const input = `${idHeader}.${encode({ ...claims, iat, exp: iat + 600, at_hash: atHash })}`
  return `${input}.${sign('sha256', Buffer.from(input), ids.privateKey).toString('base64url')}`
}

/** The claims of an access token of ours. */
export function readAccessToken(token: string, issuer: string): Record<string, unknown> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  if (header !== accessHeader) refuse('header')
  const proof = Buffer.from(signature, 'base64url')
  if (!verify('sha256', Buffer.from(`${header}.${payload}`), accessProof, proof))
    refuse('signature')
  const claims = decode(payload)
  if (claims.iss !== issuer || claims.aud !== issuer) refuse('claims')
  if (Number(claims.exp) <= now()) refuse('expired')
  return claims
}

/** Verifies ID tokens of one provider, whose keys it fetches once. */
export function idTokenReader(
  dispatcher: Agent,
  { issuer, audience }: { issuer: string; audience: string },
) {
  const keys = new Map<string, KeyObject>()
  return async (token: string, nonce: string): Promise<Record<string, string>> => {
    const [first = '', second = '', third = ''] = token.split('.')
    const header = decode(first)
    if (header.alg !== 'RS256') refuse('alg')
    const kid = String(header.kid)
    if (!keys.has(kid)) {
      const { body } = await send(`${issuer}/jwks`, { dispatcher })
      const found = (await body.json()) as { keys: (JsonWebKey & { kid: string })[] }
      for (const jwk of found.keys) {
        keys.set(jwk.kid, createPublicKey({ key: jwk as never, format: 'jwk' }))
      }
    }
    const key = keys.get(kid) ?? refuse('kid')
    const proof = Buffer.from(third, 'base64url')
    if (!verify('sha256', Buffer.from(`${first}.${second}`), key, proof)) refuse('signature')
    const claims = decode(second)
    if (claims.iss !== issuer || claims.aud !== audience) refuse('issuer or audience')
    if (claims.azp !== undefined && claims.azp !== audience) refuse('azp')
    const age = now() - Number(claims.iat)
    if (Number(claims.exp) <= now() - 60 || age < -60 || age > 660) refuse('time')
    if (!isEqual(String(claims.nonce), nonce)) refuse('nonce')
    if (typeof claims.sub !== 'string') refuse('sub')
    return claims as Record<string, string>
  }
}

const now = () => Math.floor(Date.now() / 1000)
