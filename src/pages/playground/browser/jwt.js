/** @typedef {{ header: Record<string, unknown>, claims: Record<string, unknown>, signed: string, signature: string }} Jwt */

/** @param {string} text */
const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))

/** @param {string} part */
const jsonOf = (part) => JSON.parse(new TextDecoder().decode(bytesOf(part)))

/**
 * What a JWT says. It is not believed because of this: `verify` looks at the signature.
 * @param {string} token
 * @returns {Jwt}
 */
export function decode(token) {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return {
    header: jsonOf(header),
    claims: jsonOf(payload),
    signed: `${header}.${payload}`,
    signature,
  }
}

/** @type {Record<string, any>} */
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
}

/**
 * Whether one of the published keys has signed this, as any API of an app finds out.
 * @param {Jwt} jwt
 * @param {{ keys: (JsonWebKey & { kid: string })[] }} jwks
 */
export async function verify({ header, signed, signature }, jwks) {
  const jwk = jwks.keys.find(({ kid }) => kid === header.kid)
  const algorithm = ALGORITHMS[String(header.alg)]
  if (jwk === undefined || algorithm === undefined) return false
  // A JWK may name its use in words that WebCrypto does not know.
  const { kty, crv, x, y, n, e } = jwk
  const key = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, v]) => v))
  try {
    const imported = await crypto.subtle.importKey('jwk', key, algorithm, false, ['verify'])
    const bytes = new TextEncoder().encode(signed)
    return await crypto.subtle.verify(algorithm, imported, bytesOf(signature), bytes)
  } catch {
    return false
  }
}
