import { createHash, randomBytes } from 'node:crypto'
import autocannon from 'autocannon'
import { type Dispatcher, Pool } from 'undici'

/** Logins under way at once. */
const AT_ONCE = 16
/** The app of the whole path. */
export const APP = {
  id: 'spa',
  origin: 'https://app.example.com',
  redirectUri: 'https://app.example.com/callback',
}

/** One request that is sent again and again, in turn with the others of its list. */
export interface Target {
  path: string
  headers?: Record<string, string>
}

/** Sends `amount` requests over keep-alive connections; throws if one is not answered with 2xx. */
export async function sendRequests(
  url: string,
  targets: Target[],
  { amount, connections }: { amount: number; connections: number },
): Promise<void> {
  const result = await autocannon({ url, connections, amount, requests: targets, sampleInt: 20 })
  if (result['2xx'] !== amount) {
    const { non2xx, errors, timeouts } = result
    throw new Error(`${url}: ${non2xx} not 2xx, ${errors} errors, ${timeouts} timeouts`)
  }
}

/** A request that must be answered with this status; gives the answer with its body. */
export async function ask(
  pool: Pool,
  status: number,
  options: Omit<Dispatcher.RequestOptions, 'origin'>,
): Promise<{ headers: Dispatcher.ResponseData['headers']; body: string }> {
  const { statusCode, headers, body } = await pool.request(options)
  const text = await body.text()
  if (statusCode !== status) throw new Error(`${options.path}: ${statusCode} ${text}`)
  return { headers, body: text }
}

/** Does something for each of a list, several at once, over keep-alive connections; keeps the order. */
export async function forEach<Item, Result>(
  url: string,
  items: readonly Item[],
  work: (pool: Pool, item: Item) => Promise<Result>,
  atOnce = AT_ONCE,
): Promise<Result[]> {
  const pool = new Pool(url, { connections: atOnce, pipelining: 1 })
  const results: Result[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const place = next++
      results[place] = await work(pool, items[place] as Item)
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    await pool.destroy()
  }
  return results
}

/** Who signs in, where, and as whose guest. */
export interface Person {
  sub: string
  provider: 'bench' | 'other' | 'plain'
  /** A different one for each, where the server counts by address. */
  address?: string
}

/** What a login without an app answers. */
export interface LoginAnswer {
  access_token: string
  user: { sub: string }
}

/** A whole login as a browser and the provider play it: start, consent, callback. */
export async function signIn(pool: Pool, person: Person): Promise<LoginAnswer> {
  const begun = await begin(pool, person, '')
  const { body } = await ask(pool, 200, callback(begun))
  return JSON.parse(body)
}

/** A login that has begun: what the provider sends back. */
export interface Begun {
  path: string
  headers: Record<string, string>
  verifier: string
}

/** Starts a login for the app with PKCE, and lets the person agree at the provider. */
export function beginForApp(pool: Pool, person: Person, scope: string): Promise<Begun> {
  const verifier = randomBytes(32).toString('base64url')
  const search = new URLSearchParams({
    response_type: 'code',
    client_id: APP.id,
    redirect_uri: APP.redirectUri,
    scope,
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return begin(pool, person, `?${search}`, verifier)
}

async function begin(
  pool: Pool,
  { sub, provider, address }: Person,
  search: string,
  verifier = '',
): Promise<Begun> {
  const headers = { 'user-agent': 'bench', ...(address ? { 'x-forwarded-for': address } : {}) }
  const path = `/login/${provider}`
  const start = await ask(pool, 302, { method: 'GET', path: `${path}${search}`, headers })
  const query = consent(String(start.headers.location), sub)
  const cookie = cookiesOf(start.headers)
  return { path: `${path}/callback?${query}`, headers: { ...headers, cookie }, verifier }
}

const callback = ({ path, headers }: Begun) => ({ method: 'GET' as const, path, headers })

/** The callback: gives the code that the app gets. */
export async function finishForApp(pool: Pool, begun: Begun): Promise<string> {
  const { headers } = await ask(pool, 303, callback(begun))
  const code = new URL(String(headers.location)).searchParams.get('code')
  if (code === null) throw new Error(`no code: ${headers.location}`)
  return code
}

/** What `/token` answers. */
export interface Tokens {
  access_token: string
  refresh_token: string
}

/** A request of the app to `/token`. */
export async function token(pool: Pool, parameters: Record<string, string>): Promise<Tokens> {
  const { body } = await ask(pool, 200, {
    method: 'POST',
    path: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: APP.origin },
    body: new URLSearchParams({ client_id: APP.id, ...parameters }).toString(),
  })
  return JSON.parse(body)
}

/** A login at better-auth; gives the cookies of the session. */
export async function signInAtBetterAuth(pool: Pool, url: string, sub: string): Promise<string> {
  const start = await ask(pool, 200, {
    method: 'POST',
    path: '/api/auth/sign-in/social',
    headers: { 'content-type': 'application/json', origin: url, 'user-agent': 'bench' },
    body: JSON.stringify({ provider: 'bench', callbackURL: '/done', disableRedirect: true }),
  })
  const { url: location } = JSON.parse(start.body) as { url: string }
  const finish = await ask(pool, 302, {
    method: 'GET',
    path: `/api/auth/callback/bench?${consent(location, sub)}`,
    headers: { 'user-agent': 'bench', cookie: cookiesOf(start.headers) },
  })
  if (!String(finish.headers.location).endsWith('/done')) {
    throw new Error(`better-auth refused a login: ${finish.headers.location}`)
  }
  return cookiesOf(finish.headers)
}

/** The provider's answer where the person agrees: the code says who it is. */
function consent(location: string, sub: string): URLSearchParams {
  const { nonce, state = '' } = Object.fromEntries(new URL(location).searchParams)
  const code = Buffer.from(JSON.stringify({ sub, nonce })).toString('base64url')
  return new URLSearchParams({ code, state })
}

const cookiesOf = (headers: Dispatcher.ResponseData['headers']) =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
