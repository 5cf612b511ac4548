import { createPrivateKey, type KeyObject } from 'node:crypto'

/** A private key in its stored form, and the algorithm that it signs with (RFC 7518). */
export interface PrivateKey {
  /** PKCS #8. */
  pem: string
  alg: string
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/

/**
 * Reads a private key from a setting: PEM in the forms that editors and hosts leave it in, with
 * quotes around it, on one line, or with line ends as the characters `\r\n`. Null if it cannot be
 * used.
 */
export function readPrivateKey(text: string): PrivateKey | null {
  const [, label, body = ''] = PEM.exec(text.replace(/\\r|\\n/g, '\n')) ?? []
  if (label === undefined) return null
  const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  try {
    const key = createPrivateKey(
      [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'),
    )
    const alg = algorithmOf(key)
    return alg === null
      ? null
      : { pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(), alg }
  } catch {
    return null
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA'
  if (asymmetricKeyType === 'ec') return CURVES[asymmetricKeyDetails?.namedCurve ?? ''] ?? null
  const bits = asymmetricKeyType === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) : 0
  return bits >= 2048 ? 'RS256' : null
}
