import { forEach, sendRequests, signIn, signInAtBetterAuth, type Target } from '../load.ts'
import { type Measured, meter } from '../meter.ts'
import type { Side } from '../rounds.ts'

/** People who are signed in and ask in turn. */
export const READERS = 100
/** Connections that ask at once. */
const CONNECTIONS = [1, 16, 32] as const

/** The name of the unit with so many at once. */
export const readUnit = (connections: number) => `read, ${connections}`

const people = Array.from({ length: READERS }, (_, place) => `person-${place + 1}`)

function readSide(
  name: string,
  measured: Measured,
  targets: Target[],
  amount: number,
  connections: readonly number[] = CONNECTIONS,
): Side {
  const step = (many: number) => async () => {
    const work = () => sendRequests(measured.server.url, targets, { amount, connections: many })
    return { [readUnit(many)]: await meter(measured, amount, work) }
  }
  return {
    name,
    steps: Object.fromEntries(connections.map((many) => [readUnit(many), step(many)])),
  }
}

/** `GET /me` with a bearer token, and the one primary-key select of the bare route beside it. */
export async function meSides(
  latchkey: Measured,
  bareRoute: Measured | null,
  amount: number,
  name = 'Latchkey',
): Promise<Side[]> {
  const signedIn = await forEach(latchkey.server.url, people, (pool, sub) =>
    signIn(pool, { sub, provider: 'bench' }),
  )
  const me = signedIn.map(({ access_token }) => ({
    path: '/me',
    headers: { authorization: `Bearer ${access_token}` },
  }))
  const users = signedIn.map(({ user }) => ({ path: `/users/${user.sub}` }))
  return [
    readSide(name, latchkey, me, amount),
    ...(bareRoute === null ? [] : [readSide('bare route', bareRoute, users, amount)]),
  ]
}

/** better-auth's read of the session that its cookie names. */
export async function betterAuthReadSide(measured: Measured, amount: number): Promise<Side> {
  const { url } = measured.server
  const cookies = await forEach(url, people, (pool, sub) => signInAtBetterAuth(pool, url, sub))
  const targets = cookies.map((cookie) => ({ path: '/api/auth/get-session', headers: { cookie } }))
  return readSide('better-auth', measured, targets, amount, [16])
}
