import autocannon from 'autocannon'
import { type Dispatcher, Pool } from 'undici'

/** Connections that ask at once. */
export const CONNECTIONS = 32
/** Logins under way at once. */
const LOGINS_AT_ONCE = 16

/** One request that is sent again and again, in turn with the others of its list. */
export interface Target {
  path: string
  headers?: Record<string, string>
}

/** Sends `amount` requests over keep-alive connections; throws if one is not answered with 2xx. */
export async function sendRequests(
  url: string,
  targets: Target[],
  amount: number,
  connections = CONNECTIONS,
): Promise<void> {
  const result = await autocannon({ url, connections, amount, requests: targets })
  if (result['2xx'] !== amount) {
    const { non2xx, errors, timeouts } = result
    throw new Error(`${url}: ${non2xx} not 2xx, ${errors} errors, ${timeouts} timeouts`)
  }
}

/** Who signed in, and what came of it. */
export interface LoginAnswer {
  access_token: string
  user: { sub: string }
}

/** Signs `amount` people in, `person-<first>` and the following up to `people`, then from 1 again. */
export async function signIn(
  url: string,
  { amount, first, people }: { amount: number; first: number; people: number },
): Promise<LoginAnswer[]> {
  const pool = new Pool(url, { connections: LOGINS_AT_ONCE, pipelining: 1 })
  const answers: LoginAnswer[] = []
  let next = 0
  const work = async () => {
    while (next < amount) {
      const number = ((first - 1 + next++) % people) + 1
      answers.push(await oneLogin(pool, `person-${number}`))
    }
  }
  try {
    await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, work))
  } finally {
    await pool.destroy()
  }
  return answers
}

/** One login as a browser and the provider play it: start, consent, callback. */
async function oneLogin(pool: Pool, sub: string): Promise<LoginAnswer> {
  const headers = { 'user-agent': 'bench' }
  const start = await pool.request({ method: 'GET', path: '/login/bench', headers })
  await start.body.dump()
  const location = new URL(String(start.headers.location))
  const { nonce, state } = Object.fromEntries(location.searchParams)
  const code = Buffer.from(JSON.stringify({ sub, nonce })).toString('base64url')
  const finish = await pool.request({
    method: 'GET',
    path: `/login/bench/callback?${new URLSearchParams({ code, state: state ?? '' })}`,
    headers: { ...headers, cookie: cookieOf(start) },
  })
  const text = await finish.body.text()
  if (finish.statusCode !== 200) throw new Error(`a login failed: ${finish.statusCode} ${text}`)
  return JSON.parse(text)
}

function cookieOf({ headers }: Dispatcher.ResponseData): string {
  const [line] = [headers['set-cookie'] ?? ''].flat()
  return line?.split(';', 1)[0] ?? ''
}
