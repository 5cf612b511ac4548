import { parseArgs } from 'node:util'

/** How much is measured. */
export interface BenchOptions {
  /** Rows of users, identities, sessions and refresh tokens before anything is measured. */
  users: number
  rounds: number
  /** Requests of `/me`, and of the bare route, in one round. */
  requests: number
  /** Logins in one round, on each side. */
  logins: number
  /** Starts from an empty data folder, and as many from a warm one. */
  starts: number
  /** The whole run is given up after this time. */
  limitSeconds: number
}

/** People who are signed in and ask for `/me` in turn. */
export const PEOPLE = 100

/** Reads `--users <n>` and `--quick`; throws on anything else. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: { users: { type: 'string', default: '1000' }, quick: { type: 'boolean' } },
  })
  const users = Number(values.users)
  if (!Number.isInteger(users) || users < PEOPLE || users > 10_000_000) {
    throw new RangeError(`--users must be a whole number from ${PEOPLE} to 10000000`)
  }
  const limitSeconds = 240 + Math.ceil(users / 5_000)
  if (values.quick) {
    return { users, rounds: 2, requests: 2_000, logins: 120, starts: 1, limitSeconds }
  }
  return { users, rounds: 9, requests: 4_000, logins: 250, starts: 3, limitSeconds }
}
