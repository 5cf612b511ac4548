import { parseArgs } from 'node:util'

/** How much is measured. */
export interface BenchOptions {
  /** People in the tables before anything is measured. */
  users: number
  rounds: number
  /** Rounds before that, which are not counted. */
  warmUps: number
  /** Logins of each kind in one round, on each side. */
  logins: number
  /** Reads with each number of connections in one round, on each side. */
  reads: number
  /** Starts from an empty data folder, and as many from a warm one. */
  starts: number
  /** The tables as the page holds them. */
  markdown: boolean
  /** Puts them into the page, too. */
  write: boolean
  /** Only what the audit costs a login. */
  audit: boolean
  /** Another built checkout to compare with. */
  against: string | undefined
  /** A scene begins no further round after this time, once it has a few: a busy machine is a slow one. */
  seconds: number
  /** The whole run is given up after this time. */
  limitSeconds: number
}

const SOME = { rounds: 9, warmUps: 4, logins: 60, reads: 2_000, starts: 3, seconds: 70 }
const FEW = { rounds: 3, warmUps: 1, logins: 40, reads: 600, starts: 1, seconds: 15 }
/** So that a test sees in seconds that all of it runs. */
const LEAST = { rounds: 1, warmUps: 0, logins: 4, reads: 100, starts: 0, seconds: 15 }

/** Reads `--users <n>`, `--quick`, `--smoke`, `--markdown`, `--write`, `--audit` and `--against <folder>`; throws on anything else. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '1000' },
      quick: { type: 'boolean' },
      smoke: { type: 'boolean' },
      markdown: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      audit: { type: 'boolean', default: false },
      against: { type: 'string' },
    },
  })
  const users = Number(values.users)
  if (!Number.isInteger(users) || users < 100 || users > 10_000_000) {
    throw new RangeError('--users must be a whole number from 100 to 10000000')
  }
  const amounts = values.smoke ? LEAST : values.quick ? FEW : SOME
  const { markdown, write, audit, against } = values
  const limitSeconds = 900 + Math.ceil(users / 1_000)
  return { users, ...amounts, markdown: markdown || write, write, audit, against, limitSeconds }
}
