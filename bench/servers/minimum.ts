import Fastify, { type FastifyReply } from 'fastify'
import type postgres from 'postgres'
import { Agent, request as send } from 'undici'
import { v7 as uuidv7 } from 'uuid'
import { connect } from './connect.ts'
import {
  idTokenReader,
  isEqual,
  open,
  random,
  readAccessToken,
  refuse,
  seal,
  sha256,
  signAccessToken,
  signIdToken,
} from './minimum-crypto.ts'
import { FINISH, ME, REDEEM, ROTATE, SIGN_IN } from './minimum-statements.ts'

// The least that a login can be when it is written by hand for one provider whose endpoints are
// known: the same calls to the provider as Latchkey's, the same checks, one statement where Latchkey
// needs one, the same signatures; no log, no limits, no events, no repeats, no pages.
const self = process.env.PUBLIC_URL ?? ''
const CLIENT = { client_id: 'bench-client', client_secret: 'bench-secret' }
const SPA = { id: 'spa', redirectUri: 'https://app.example.com/callback' }
const SCOPE = 'profile email account offline_access'

const sql = connect()
const run = (text: string, values: unknown[]) =>
  sql.unsafe(text, values as never[], { prepare: true })
const dispatcher = new Agent({ connections: 128, headersTimeout: 10_000, bodyTimeout: 10_000 })
const issuers = Object.fromEntries(
  ['bench', 'other', 'plain'].map((name) => {
    const issuer = `${process.env.ISSUER}/${name}`
    return [
      name,
      { issuer, read: idTokenReader(dispatcher, { issuer, audience: CLIENT.client_id }) },
    ]
  }),
)
const app = Fastify()

app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
)

app.get('/healthz', async () => ({ status: 'ok' }))

interface Flow {
  state: string
  nonce: string
  verifier: string
  expiresAt: number
  /** What the app sent; undefined where the tokens are answered at once. */
  app?: {
    redirect_uri: string
    code_challenge: string
    state: string
    scope: string
    nonce: string
  }
}

app.get<{ Params: { provider: string }; Querystring: Record<string, string> }>(
  '/login/:provider',
  async ({ params, query }, reply) => {
    const { client_id, redirect_uri, code_challenge = '', state = '' } = query
    const { scope = SCOPE, nonce = '' } = query
    const { issuer } = issuers[params.provider] ?? refuse('provider')
    const isApp = redirect_uri !== undefined
    if (isApp && (client_id !== SPA.id || redirect_uri !== SPA.redirectUri)) refuse('client')
    if (isApp && (code_challenge.length !== 43 || query.code_challenge_method !== 'S256')) {
      refuse('challenge')
    }
    const flow: Flow = {
      state: random(),
      nonce: random(),
      verifier: random(),
      expiresAt: Date.now() + 600_000,
      ...(isApp ? { app: { redirect_uri, code_challenge, state, scope, nonce } } : {}),
    }
    const search = new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT.client_id,
      redirect_uri: `${self}/login/${params.provider}/callback`,
      scope: 'openid profile email',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: sha256(flow.verifier).toString('base64url'),
      code_challenge_method: 'S256',
    })
    const cookie = `flow=${seal(JSON.stringify(flow))}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax`
    reply.header('set-cookie', cookie)
    return reply.redirect(`${issuer}/authorize?${search}`, 302)
  },
)

app.get<{ Params: { provider: string }; Querystring: { code: string; state: string } }>(
  '/login/:provider/callback',
  async (request, reply) => {
    const { code, state } = request.query
    const { provider } = request.params
    const { issuer, read } = issuers[provider] ?? refuse('provider')
    const cookie = request.headers.cookie ?? ''
    const sealed = /(?:^|; )flow=([^;]+)/.exec(cookie)?.[1] ?? refuse('cookie')
    const flow: Flow = JSON.parse(open(sealed))
    if (flow.expiresAt <= Date.now() || !isEqual(flow.state, state)) refuse('state')
    if ((await run(FINISH, [sha256(flow.state).toString('base64url')])).length !== 1) refuse('used')
    reply.header('set-cookie', 'flow=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax')

    const exchange = await send(`${issuer}/token`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...CLIENT,
        grant_type: 'authorization_code',
        code,
        redirect_uri: `${self}/login/${provider}/callback`,
        code_verifier: flow.verifier,
      }).toString(),
    })
    const grant = (await exchange.body.json()) as { id_token: string }
    if (exchange.statusCode !== 200) refuse('exchange')
    // The ID token has all that is wanted: userinfo need not be asked.
    const person = await read(grant.id_token, flow.nonce)

    const session = uuidv7()
    const secret = random()
    const isCode = flow.app !== undefined
    const email = person.email ?? null
    const isTrusted = provider !== 'plain' && email !== null
    const [row] = await run(SIGN_IN, [
      ...[provider, issuer, person.sub, email, Boolean(person.email_verified)],
      ...[person.name ?? null, person.picture ?? null, person.locale ?? null, uuidv7()],
      ...[isTrusted ? email.toLowerCase() : null, session, isCode ? SPA.id : 'latchkey'],
      ...[flow.app?.scope ?? SCOPE, request.headers['user-agent'] ?? null, request.ip],
      ...[isCode ? null : sha256(secret), isCode ? sha256(secret) : null],
      ...[flow.app?.redirect_uri ?? null, flow.app?.code_challenge ?? null],
      flow.app?.nonce ?? null,
    ])
    if (!row?.is_open) refuse('user')
    if (flow.app !== undefined) {
      const back = new URL(flow.app.redirect_uri)
      back.search = new URLSearchParams({
        code: secret,
        state: flow.app.state,
        iss: self,
      }).toString()
      return reply.redirect(back.href, 303)
    }
    const mine = { ...person, provider, subject: person.sub, ...row }
    const user = account(row, [mine, ...(row.others ?? [])])
    return { ...tokens(row.id, session, 'latchkey', SCOPE), refresh_token: secret, user }
  },
)

app.post<{ Body: Record<string, string> }>('/token', async ({ body }, reply) => {
  cors(reply)
  const { grant_type, client_id, redirect_uri, code = '', code_verifier = '' } = body
  if (client_id !== SPA.id) refuse('client')
  const refreshToken = random()
  const hash = sha256(refreshToken)
  const [row] =
    grant_type === 'refresh_token'
      ? await run(ROTATE, [sha256(body.refresh_token ?? ''), client_id, hash])
      : await run(REDEEM, [
          ...[sha256(code), redirect_uri, sha256(code_verifier).toString('base64url')],
          ...[client_id, hash],
        ])
  if (row === undefined) refuse('grant')
  const answer = { ...tokens(row.user_id, row.id, SPA.id, row.scope), refresh_token: refreshToken }
  if (!row.scope.split(' ').includes('openid')) return answer
  const rows = await run(ME, [row.id, row.user_id])
  const { created_at, identities, ...claims } = account(rows[0], rows)
  const { nonce } = row
  const id = { iss: self, aud: SPA.id, ...claims, sid: row.id, ...(nonce ? { nonce } : {}) }
  return { ...answer, id_token: signIdToken(id, answer.access_token) }
})

app.get('/me', async (request, reply) => {
  cors(reply)
  const token = (request.headers.authorization ?? '').slice('Bearer '.length)
  const { sub, sid } = readAccessToken(token, self)
  const rows = await run(ME, [sid, sub])
  if (rows.length === 0) refuse('session')
  return account(rows[0], rows)
})

function tokens(sub: string, sid: string, client_id: string, scope: string) {
  const access_token = signAccessToken({ iss: self, sub, sid, client_id, scope })
  return { access_token, token_type: 'Bearer', expires_in: 600, scope }
}

function account(user: postgres.Row | undefined, identities: postgres.Row[]) {
  const { name, email, email_verified, picture, locale } = identities[0] ?? refuse('identity')
  return {
    ...{ sub: user?.id, name, email, email_verified, picture, locale },
    updated_at: Math.floor(Number(user?.updated_at) / 1000),
    created_at: user?.created_at,
    identities: identities.map(describe),
  }
}

const describe = ({ provider, subject, email, email_verified, ...times }: postgres.Row) => ({
  ...{ provider, subject, email, email_verified },
  linked_at: times.linked_at ?? times.updated_at,
  last_login_at: times.last_login_at ?? times.updated_at,
})

function cors(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store')
  reply.header('access-control-allow-origin', 'https://app.example.com')
}

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
