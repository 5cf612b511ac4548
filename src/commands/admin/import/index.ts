import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LatchkeyError } from '../../../core/errors.ts'
import {
  type ImportedUser,
  type ImportOutcome,
  type ImportStore,
  withoutLost,
} from '../../../core/identity/import.ts'
import type { AdminRun } from '../open-stores.ts'
import type { Shown } from '../print.ts'
import { UsageError } from '../usage.ts'
import { type Assembled, assemble } from './assemble.ts'
import { gather, type Spooled } from './gather.ts'
import { createKeys } from './keys.ts'
import { filesOf } from './read/files.ts'
import { createReport } from './report.ts'
import { sources } from './sources.ts'
import { Spool } from './spool.ts'

/** How many users are imported in one transaction. */
const AT_ONCE = 100
/** How many seconds a database that is away is waited for. */
const PATIENCE = 60

/** `admin users import …` */
export async function runImport({ stores, settings, words, flags }: AdminRun): Promise<Shown> {
  const { from: name = '', json, 'dry-run': isDryRun } = flags
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  if (source === undefined) {
    throw new UsageError(`--from must be one of ${Object.keys(sources).join(', ')}.`)
  }
  const files = filesOf(words.slice(1))
  const keyOf = createKeys(settings.providers)
  const report = createReport(isDryRun, json)
  const take = isDryRun ? pretend(stores.imports) : patiently(stores.imports)

  async function* pieces(): AsyncGenerator<string> {
    const spool = new Spool<Spooled>()
    yield report.begin()
    try {
      for await (const left of gather(files, source as NonNullable<typeof source>, spool)) {
        yield report.left(left)
      }
      let batch: Assembled[] = []
      for (const group of spool.groups()) {
        const oldId = group[0]?.oldId ?? null
        const { user, left } = assemble(group, { source: name, oldId, keyOf })
        for (const one of left) yield report.left(one)
        if (user !== null) batch.push(user)
        if (batch.length < AT_ONCE) continue
        yield* told(batch, await take(batch.map((one) => one.user)))
        batch = []
      }
      yield* told(batch, await take(batch.map((one) => one.user)))
    } finally {
      spool.close()
    }
    yield report.end()
    if (report.counts.faults > 0) process.exitCode = 1
  }

  function* told(
    batch: readonly Assembled[],
    outcomes: readonly (ImportOutcome | null)[],
  ): Generator<string> {
    for (const [place, { at, oldId: id, places }] of batch.entries()) {
      const outcome = outcomes[place]
      if (!outcome) {
        yield report.left({ at, id, provider: null, subject: null, reason: 'not_storable' })
        continue
      }
      const { id: sub, state, taken, refused, isDisabled } = outcome
      if (isDisabled) report.counts.users_disabled += 1
      if (state !== 'left_out') {
        yield report.here({ at, id, sub, outcome: state, identities: taken.length })
      }
      for (const { identity, reason } of refused) {
        const { provider, subject } = identity
        yield report.left({ at: places.get(identity) ?? at, id, provider, subject, reason })
      }
    }
  }

  return { pieces: pieces() }
}

type Take = (users: readonly ImportedUser[]) => Promise<(ImportOutcome | null)[]>

/** Waits for a database that is away. A user that cannot be stored does not keep the others out. */
const patiently = (store: ImportStore): Take => {
  const take: Take = async (users) => {
    for (let tried = 0; ; tried += 1) {
      try {
        return users.length === 0 ? [] : await store.take(users, { isDryRun: false })
      } catch (error) {
        const isAway = error instanceof LatchkeyError && error.code === 'temporarily_unavailable'
        if (isAway && tried < PATIENCE) await pause(1000)
        else if (isAway) throw error
        else if (users.length === 1) return [null]
        else break
      }
    }
    const outcomes: (ImportOutcome | null)[] = []
    for (const user of users) outcomes.push(...(await take([user])))
    return outcomes
  }
  return take
}

/** 53 bits of a hash: little memory per identity, and no collision among a million. */
function mark(value: unknown): number {
  const hash = createHash('sha256').update(JSON.stringify(value)).digest()
  return hash.readUIntBE(0, 6) * 32 + (hash.readUInt8(6) >> 3)
}

/** A dry run: what one user would get counts as taken for the following ones. */
function pretend(store: ImportStore): Take {
  const owners = new Map<number, number>()
  return async (users) => {
    const outcomes = users.length === 0 ? [] : await store.take(users, { isDryRun: true })
    return outcomes.map((outcome) => {
      const owner = mark(outcome.id)
      const keyOf = ({ provider, issuer, subject }: ImportOutcome['taken'][number]) =>
        mark([provider, issuer, subject])
      const possible = withoutLost(
        outcome,
        (identity) => (owners.get(keyOf(identity)) ?? owner) !== owner,
      )
      for (const identity of possible.taken) owners.set(keyOf(identity), owner)
      return possible
    })
  }
}
