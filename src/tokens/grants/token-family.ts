import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveKey, keyedHash } from '../../core/secrets.ts'

/**
 * One token per listed secret. The first is the one to use; the others are what an older secret
 * would have derived.
 */
export type Derived = readonly [string, ...string[]]

/**
 * Derives codes and refresh tokens instead of storing them: the same input gives the same token at
 * any replica. Each is 256 bits and a sealed mark of its session, both in base64url with a dot
 * between. The database holds the hash of the whole.
 */
export interface TokenFamilies {
  /** The code of a login; `seed` is a secret of that login. */
  codesOf(seed: string, sessionId: string): Derived
  /**
   * The first refresh token of a session, derived from its code, or from the seed of a login
   * without a code.
   */
  firstOf(codeOrSeed: string, sessionId: string): Derived
  /** The next refresh token after this one. */
  successorsOf(token: string, sessionId: string): Derived
  /** The session of this code; null where no listed secret made it, or it is a refresh token. */
  sessionOfCode(code: string): string | null
  /**
   * The session of this refresh token, first or successor; null for anything else, also for a code.
   */
  sessionOfToken(token: string): string | null
}

/**
 * What a mark proves. A code has been in URLs, so it must not end a session when somebody presents
 * it as a refresh token.
 */
type Kind = 'code' | 'refresh token'

const TOKEN = /^([\w-]{43})\.([\w-]{43})$/
const HALF = 16

/** The families under these secrets. */
export function createTokenFamilies(secrets: readonly string[]): TokenFamilies {
  const keys = secrets.map((secret) => deriveKey(secret, 'token families'))
  const derive = (kind: Kind, what: string, sessionId: string) =>
    keys.map((key) => {
      const random = keyedHash(key, what)
      return `${random}.${seal(key, kind, sessionId, random)}`
    }) as unknown as Derived
  const sessionOf = (kind: Kind, token: string) => {
    const [, random = '', mark = ''] = TOKEN.exec(token) ?? []
    if (random === '') return null
    return keys.map((key) => open(key, kind, mark, random)).find((id) => id !== null) ?? null
  }
  return {
    codesOf: (seed, sessionId) => derive('code', `code ${sessionId} ${seed}`, sessionId),
    firstOf: (source, sessionId) => derive('refresh token', `first ${source}`, sessionId),
    successorsOf: (token, sessionId) => derive('refresh token', `successor ${token}`, sessionId),
    sessionOfCode: (code) => sessionOf('code', code),
    sessionOfToken: (token) => sessionOf('refresh token', token),
  }
}

/**
 * Seals a session id for one token. The HMAC both proves it and hides it (as in SIV, RFC 5297): one
 * token always has the same mark, and no other token can bear it.
 */
function seal(key: Buffer, kind: Kind, sessionId: string, random: string): string {
  const id = Buffer.from(sessionId.replaceAll('-', ''), 'hex')
  const proof = hmac(key, `${kind}'s mark`, random, id)
  return Buffer.concat([proof, xor(id, hmac(key, 'hide', proof))]).toString('base64url')
}

function open(key: Buffer, kind: Kind, mark: string, random: string): string | null {
  const bytes = Buffer.from(mark, 'base64url')
  if (bytes.length !== 2 * HALF || bytes.toString('base64url') !== mark) return null
  const proof = bytes.subarray(0, HALF)
  const id = xor(bytes.subarray(HALF), hmac(key, 'hide', proof))
  if (!timingSafeEqual(proof, hmac(key, `${kind}'s mark`, random, id))) return null
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function hmac(key: Buffer, purpose: string, ...parts: (string | Buffer)[]): Buffer {
  const made = createHmac('sha256', key).update(`${purpose} `)
  for (const part of parts) made.update(part)
  return made.digest().subarray(0, HALF)
}

const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, place) => byte ^ (b[place] ?? 0)))
