import { isUtf8 } from 'node:buffer'
import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { z } from 'zod'
import { isObject } from '../../core/json.ts'
import { createRecent } from '../../core/recent.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'

/** An algorithm of RFC 7518, section 3, or RFC 8037: the key that it needs, and how it signs. */
interface Algorithm {
  kty: 'RSA' | 'EC' | 'OKP' | 'oct'
  crv?: string
  /** Null where the algorithm includes its hash. */
  hash: string | null
  padding?: number
  saltLength?: number
}

const PSS = {
  kty: 'RSA' as const,
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = Object.freeze({
  __proto__: null,
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { ...PSS, hash: 'sha256' },
  PS384: { ...PSS, hash: 'sha384' },
  PS512: { ...PSS, hash: 'sha512' },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256' },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384' },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: null },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', hash: null },
  HS256: { kty: 'oct', hash: 'sha256' },
} as unknown as Record<string, Algorithm>)

/** Asymmetric algorithms: never `none`, never a shared secret. */
export const PUBLIC_KEY_ALGORITHMS = Object.keys(ALGORITHMS).filter((name) => name !== 'HS256')

/** The type of key that an algorithm needs; undefined for an unknown algorithm. */
export const keyTypeOf = (alg: string): { kty: string; crv?: string } | undefined => ALGORITHMS[alg]

/**
 * The members of a JOSE header that are read. Nothing in a header decides where a key is fetched
 * from.
 */
const Header = z.looseObject({
  alg: z.string().min(1),
  kid: z.string().optional(),
  typ: z.unknown().optional(),
})
export type JwsHeader = z.infer<typeof Header>

/**
 * Finds the keys that fit a header. With `isAgain`, after none of them verified the token, it may
 * fetch new ones.
 */
export type KeyFinder = (header: JwsHeader, isAgain: boolean) => Promise<readonly KeyObject[]>

// Compact serialization (RFC 7515, section 7.1), and nothing around it.
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/

const MAX_LENGTH = 64 * 1024

/** Parsed headers: a provider's header stays the same as long as it signs with one key. */
const headers = createRecent<JwsHeader>(100)
const MAX_KNOWN_HEADER = 512

/** How many keys are tried at most where the header does not name one. */
const MAX_TRIED = 10

/**
 * Verifies a JWS that holds a JSON object, signed with one of these algorithms. What is wrong is
 * the `reason` of the error that it throws.
 */
export async function verifyJws(
  token: string,
  { step, algorithms, find }: { step: string; algorithms: readonly string[]; find: KeyFinder },
): Promise<{ header: JwsHeader; payload: Record<string, unknown> }> {
  const refused = (reason: string) => invalidAnswer(step, reason)
  if (token.length > MAX_LENGTH) throw refused('too_large')
  const parts = COMPACT.exec(token)
  if (parts === null) throw refused(isEncrypted(token) ? 'encrypted' : 'not_compact')
  const [, protectedPart = '', payloadPart = '', signaturePart = ''] = parts
  const header = readHeader(protectedPart)
  if (header === null) throw refused('header')
  // An extension that must be understood (RFC 7515, section 4.1.11); we understand none.
  if (header.crit !== undefined) throw refused('critical_header')
  if (!algorithms.includes(header.alg)) throw refused('alg_not_allowed')
  const input = Buffer.from(`${protectedPart}.${payloadPart}`)
  const signature = Buffer.from(signaturePart, 'base64url')
  const verifiesOne = (keys: readonly KeyObject[]) =>
    keys.slice(0, MAX_TRIED).some((key) => isSignature(header.alg, key, input, signature))
  const keys = await find(header, false)
  if (!verifiesOne(keys)) {
    // Keys that were tried already are not tried again.
    const others = (await find(header, true)).filter((key) => !keys.includes(key))
    if (!verifiesOne(others)) {
      throw refused(keys.length + others.length === 0 ? 'no_matching_key' : 'signature')
    }
  }
  const payload = readPart(payloadPart)
  if (payload === null) throw refused('not_an_object')
  return { header, payload }
}

/** Whether the token has the five parts of a JWE (RFC 7516), which we cannot decrypt. */
export const isEncrypted = (token: string): boolean => token.split('.').length === 5

/** The header of a token that has been verified. */
export const headerOf = (token: string): JwsHeader =>
  Header.parse(readPart(token.slice(0, token.indexOf('.'))))

/** The header in a part, null where it is none. */
function readHeader(part: string): JwsHeader | null {
  const known = headers.get(part)
  if (known !== undefined) return known
  const header = Header.safeParse(readPart(part)).data
  if (header === undefined) return null
  if (part.length <= MAX_KNOWN_HEADER) headers.set(part, Object.freeze(header))
  return header
}

/** The JSON object in a part, null where it holds anything else. */
function readPart(part: string): Record<string, unknown> | null {
  const bytes = Buffer.from(part, 'base64url')
  if (!isUtf8(bytes)) return null
  try {
    const read: unknown = JSON.parse(bytes.toString())
    return isObject(read) ? read : null
  } catch {
    return null
  }
}

function isSignature(alg: string, key: KeyObject, input: Buffer, signature: Buffer): boolean {
  const known = ALGORITHMS[alg]
  if (known === undefined) return false
  const { kty, hash, padding, saltLength } = known
  if (kty === 'oct') {
    if (key.type !== 'secret') return false
    const expected = createHmac(hash ?? '', key)
      .update(input)
      .digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  if (key.type !== 'public') return false
  return verify(hash, input, { key, dsaEncoding: 'ieee-p1363', padding, saltLength }, signature)
}
