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

/**
 * What each header and claim is for, in a few words.
 * @type {Record<string, string>}
 */
export const MEANINGS = {
  alg: 'how it is signed',
  kid: 'which published key signed it',
  typ: 'what kind of token it is (RFC 9068)',
  iss: 'who issued it: this Latchkey',
  sub: 'the user; never changes',
  aud: 'who it is for; whoever gets it checks this',
  client_id: 'the app that asked for it',
  scope: 'what it is good for',
  sid: 'the session; ending it ends the token',
  iat: 'when it was issued',
  exp: 'when it ends',
  jti: 'the number of this one token',
  auth_time: 'when the person signed in',
  nonce: 'ties it to this page’s request',
  name: 'the person’s name',
  email: 'as the provider gave it',
  email_verified: 'whether the provider vouches for it',
  picture: 'the person’s picture',
  locale: 'the person’s language',
  updated_at: 'when the profile last changed',
  at_hash: 'ties it to the access token',
}
