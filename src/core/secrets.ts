import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

// Random bytes are drawn for many tokens at once: one system call per token costs more than
// everything else about it.
const DRAWN_BYTES = 4096
let drawn = Buffer.alloc(0)
let taken = 0

/** Random bytes; none is given out twice. */
function freshBytes(count: number): Buffer {
  if (taken + count > drawn.length) {
    drawn = randomBytes(Math.max(DRAWN_BYTES, count))
    taken = 0
  }
  const bytes = Buffer.from(drawn.subarray(taken, taken + count))
  drawn.fill(0, taken, taken + count)
  taken += count
  return bytes
}

/** A fresh random token, of 256 bits in 43 base64url characters by default. */
export const randomToken = (bytes = 32): string => freshBytes(bytes).toString('base64url')

/** SHA-256 of a token, which is stored instead of it. */
export function hashToken(token: string): Buffer {
  // Node.js takes more than twice as long to give a Buffer.
  return Buffer.from(hash('sha256', token, 'binary'), 'binary')
}

/** SHA-256 of a text in base64url, as the S256 challenge of a PKCE verifier is (RFC 7636, section 4.2). */
export function s256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Whether two texts are equal, in time that does not depend on where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(hashToken(a), hashToken(b))
}

/** The key derived from SECRET for one purpose (HKDF, RFC 5869). */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `latchkey ${purpose}`, 32))
}

/** HMAC-SHA256 of a text in base64url: 256 bits that only the holder of the key can make. */
export function keyedHash(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Seals small texts so that only the holder of SECRET can read or make them. */
export interface Sealer {
  /** `context` is authenticated, too: what was sealed for one context does not open in another. */
  seal(text: string, context: string): string
  /** Null for anything that this server did not seal for this context. */
  open(sealed: string, context: string): string | null
  /** Only letters, digits, `-` and `_`, for places where no dot is allowed. */
  sealCompact(text: string, context: string): string
  openCompact(sealed: string, context: string): string | null
  /** Whether it was sealed with a secret that is no longer the first. */
  isStale(sealed: string): boolean
}

/** How many characters before the dot identify the key. */
const KEY_ID_LENGTH = 6
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM under a key derived from each secret for this one purpose. The first secret seals and
 * all open, so that SECRET can be rotated.
 */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) => {
    const key = deriveKey(secret, purpose)
    // Identifies the key without revealing anything about it.
    const id = createHash('sha256').update('key id').update(key).digest('base64url')
    return { id: id.slice(0, KEY_ID_LENGTH), key }
  })
  const [first] = keys
  if (first === undefined) throw new TypeError('at least one secret is needed')
  const sealer: Sealer = {
    seal(text, context) {
      const iv = freshBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv).setAAD(Buffer.from(context))
      const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return `${first.id}.${Buffer.concat(parts).toString('base64url')}`
    },
    open(sealed, context) {
      const key = keys.find(({ id }) => sealed.startsWith(`${id}.`))?.key
      if (key === undefined) return null
      const text = sealed.slice(sealed.indexOf('.') + 1)
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return null
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
        return (
          decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') +
          decipher.final('utf8')
        )
      } catch {
        return null
      }
    },
    sealCompact: (text, context) => sealer.seal(text, context).replace('.', ''),
    openCompact: (sealed, context) =>
      sealer.open(`${sealed.slice(0, KEY_ID_LENGTH)}.${sealed.slice(KEY_ID_LENGTH)}`, context),
    isStale: (sealed) => !sealed.startsWith(`${first.id}.`),
  }
  return sealer
}
