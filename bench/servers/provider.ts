import { createServer, type IncomingMessage } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

// A correct OpenID provider that remembers nothing: the code carries who signs in and the nonce of
// the flow, the access token carries who it is for. All servers under test talk to this process.
const port = Number(process.env.PORT)
/** Each path is an issuer of its own: the same people by other names, to those who ask. */
const issuerOf = (path: string) => `http://127.0.0.1:${port}/${path}`
const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), kid: 'bench-1', alg: 'RS256', use: 'sig' }

/** Calls that were answered, so that the benchmark sees that all sides make the same. */
let calls = 0

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())

function describePerson(sub: string): Record<string, unknown> {
  const number = sub.replace('person-', '')
  return {
    sub,
    name: `Person ${number}`,
    email: `${sub}@example.com`,
    email_verified: true,
    picture: `https://pictures.example.com/${number}.jpg`,
    locale: 'en',
  }
}

async function answerToken(request: IncomingMessage, issuer: string): Promise<object> {
  let body = ''
  for await (const chunk of request) body += chunk
  const form = new URLSearchParams(body)
  const { sub, nonce } = decode(form.get('code') ?? '')
  if (form.get('client_secret') !== 'bench-secret' || !form.get('code_verifier')) {
    throw new Error('a parameter of the code exchange is missing')
  }
  const idToken = await new SignJWT({ nonce, ...describePerson(sub) })
    .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
    .setIssuer(issuer)
    .setAudience(form.get('client_id') ?? '')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)
  return {
    access_token: encode({ sub }),
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'openid profile email',
    id_token: idToken,
  }
}

async function answer(request: IncomingMessage): Promise<object> {
  if (request.url === '/calls') return { calls }
  const [, path = '', ...rest] = (request.url ?? '').split('/')
  const issuer = issuerOf(path)
  switch (`/${rest.join('/')}`) {
    case '/.well-known/openid-configuration':
      return {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        // So that what revoking needs is kept of each login.
        revocation_endpoint: `${issuer}/revoke`,
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        code_challenge_methods_supported: ['S256'],
      }
    case '/jwks':
      return { keys: [jwk] }
    case '/token':
      return answerToken(request, issuer)
    case '/userinfo':
      return describePerson(decode((request.headers.authorization ?? '').slice(7)).sub)
    default:
      return {}
  }
}

const server = createServer(async (request, response) => {
  if (/\/(token|userinfo)$/.test(request.url ?? '')) calls++
  const [status, body] = await answer(request).then(
    (document) => [200, JSON.stringify(document)] as const,
    () => [400, '{"error":"invalid_request"}'] as const,
  )
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(port, '127.0.0.1')
