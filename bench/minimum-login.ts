import {
  createCipheriv,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
} from 'node:crypto'
import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import postgres from 'postgres'
import { Agent, request as send } from 'undici'
import { v7 as uuidv7 } from 'uuid'
import { signInStatement } from '../src/db/stores/sign-in-statement.ts'

// The least that a login can be when it is written by hand for one provider whose endpoints are
// known: the same outbound calls, checks and statements as Latchkey's, and nothing else. Nothing is
// declared inside a handler, since tsx would add the cost of naming it to every request.
const FINISH = `
insert into latchkey.finished_flows (id, expires_at) values ($1, now() + $2 * interval '1 second')
on conflict do nothing returning id`

const SIGN_IN = signInStatement({ trustedProviders: [], defaultRoles: [], sessionsPerUser: 100 })

const issuer = process.env.ISSUER ?? ''
const self = process.env.PUBLIC_URL ?? ''
const callbackUrl = `${self}/login/bench/callback`
const prepared = { prepare: true }
const sql = postgres({ max: 10, database: 'latchkey' })
const dispatcher = new Agent({ connections: 128, headersTimeout: 10_000, bodyTimeout: 10_000 })
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
const sealingKey = randomBytes(32)
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signingKey = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
const jwtHeader = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function random(): string {
  return randomBytes(32).toString('base64url')
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function equal(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

function seal(text: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealingKey, iv)
  const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(parts).toString('base64url')
}

function open(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
}

function refuse(what: string): never {
  throw new Error(what)
}

function signAccessToken(user: string, session: string): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: self,
    aud: self,
    sub: user,
    sid: session,
    client_id: 'latchkey',
    scope: 'profile email offline_access',
    iat,
    exp: iat + 600,
    jti: randomUUID(),
  }
  const input = `${jwtHeader}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), signingKey).toString('base64url')}`
}

const app = Fastify()

app.get('/healthz', async () => ({ status: 'ok' }))

app.get('/login/bench', async (_request, reply) => {
  const flow = {
    state: random(),
    nonce: random(),
    verifier: random(),
    expiresAt: Date.now() + 600_000,
  }
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'bench-client',
    redirect_uri: callbackUrl,
    scope: 'openid profile email',
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: sha256(flow.verifier).toString('base64url'),
    code_challenge_method: 'S256',
  })
  const cookie = `flow=${seal(JSON.stringify(flow))}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax`
  reply.header('set-cookie', cookie)
  return reply.redirect(`${issuer}/authorize?${query}`, 302)
})

app.get<{ Querystring: { code: string; state: string } }>(
  '/login/bench/callback',
  async (request, reply) => {
    const { code, state } = request.query
    const sealed =
      /(?:^|; )flow=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? refuse('cookie')
    const flow = JSON.parse(open(sealed))
    if (flow.expiresAt <= Date.now() || !equal(flow.state, state)) refuse('state')
    const mark = sha256(flow.state).toString('base64url')
    if ((await sql.unsafe(FINISH, [mark, 1200], prepared)).length !== 1) refuse('used')
    reply.header('set-cookie', 'flow=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax')

    const exchange = await send(`${issuer}/token`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: callbackUrl,
        client_id: 'bench-client',
        client_secret: 'bench-secret',
        code_verifier: flow.verifier,
      }).toString(),
    })
    const grant = (await exchange.body.json()) as { access_token: string; id_token: string }
    if (exchange.statusCode !== 200) refuse('exchange')

    const { payload } = await jwtVerify(grant.id_token, keys, {
      issuer,
      audience: 'bench-client',
      algorithms: ['RS256'],
      clockTolerance: 60,
      maxTokenAge: 600,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
    })
    if (!equal(String(payload.nonce), flow.nonce)) refuse('nonce')
    if (payload.azp !== undefined && payload.azp !== 'bench-client') refuse('azp')

    const userinfo = await send(`${issuer}/userinfo`, {
      dispatcher,
      headers: { authorization: `Bearer ${grant.access_token}` },
    })
    const person = (await userinfo.body.json()) as Record<string, string>
    if (userinfo.statusCode !== 200 || person.sub !== payload.sub) refuse('userinfo')

    const session = uuidv7()
    const refreshToken = random()
    const [row] = await sql.unsafe(
      SIGN_IN.text,
      SIGN_IN.bind({
        provider: 'bench',
        issuer,
        subject: person.sub ?? '',
        email: person.email ?? null,
        emailVerified: Boolean(person.email_verified),
        name: person.name ?? null,
        picture: person.picture ?? null,
        locale: person.locale ?? null,
        access: null,
        refreshToken: null,
        mayCreate: false,
        newUserId: session,
        reason: 'no_email',
        unheld: null,
        claimed: null,
        sessionId: session,
        clientId: 'latchkey',
        scope: 'profile email account offline_access',
        resource: null,
        cookieMode: false,
        authTime: null,
        silent: false,
        userAgent: request.headers['user-agent'] ?? null,
        address: request.ip,
        sessionTtl: 2_592_000,
        tokenHash: sha256(refreshToken),
        tokenTtl: 1_209_600,
        codeHash: null,
        redirectUri: null,
        codeChallenge: null,
        nonce: null,
        codeTtl: 0,
      }) as never[],
      prepared,
    )
    if (row === undefined || row.isDisabled) refuse('user')
    const user = JSON.parse(row.account)
    return {
      access_token: signAccessToken(user.sub, session),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: refreshToken,
      scope: 'profile email offline_access',
      user,
    }
  },
)

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
