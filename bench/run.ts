import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  againstFigures,
  comparisons,
  type Figure,
  startFigures,
  throughputFigure,
} from './figures.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { conditions, type Mark, writePages } from './report.ts'
import { doOnce, inTurn, type Samples } from './rounds.ts'
import { appSide } from './scenes/app.ts'
import { measureAudit } from './scenes/audit.ts'
import { addressedSide, betterAuthLoginSide, loginSide } from './scenes/logins.ts'
import { betterAuthReadSide, meSides } from './scenes/reads.ts'
import { requireSameAnswers } from './scenes/same-answers.ts'
import { type Growth, measureGrowth } from './scenes/sizes.ts'
import { measureMemory, measureStarts } from './scenes/starts.ts'
import { sweepSide } from './scenes/sweeps.ts'
import { measureThroughput } from './scenes/throughput.ts'
import { leaveFirstCore } from './server-process.ts'
import { type Stand, startStand } from './stand.ts'
import { auditRows, figureRows, growthRows, markdownTable, plainTable } from './table.ts'

// Measures the figures of the contract, section 8, and prints them. It is no gate: it says what is, and
// ends with 0. Everything it starts ends with it.
const options = readOptions(process.argv.slice(2))
let stand: Stand | null = null

const say = (line: string) => process.stderr.write(`${line}\n`)

/** Everything that is measured beside something else. */
async function measureSides(on: Stand, { users, logins, reads, ...turns }: BenchOptions) {
  const known = { users, amount: logins }
  say(`filling in ${users} people`)
  const latchkey = await on.latchkey({ users })
  const limited = await on.latchkey({
    env: { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.1/32,::1/128' },
  })
  const minimum = await on.minimum(users)
  const betterAuth = await on.betterAuth(users)
  await requireSameAnswers(latchkey, minimum)
  const samples: Samples = {}
  const add = (some: Samples) => {
    for (const [side, units] of Object.entries(some)) samples[side] = { ...samples[side], ...units }
  }
  say('logins')
  const calls: Record<string, number> = {}
  // better-auth looks for an account without an index: few are enough where there are many.
  const fewer = { users, amount: users > 10_000 ? 6 : logins }
  const sides = [
    loginSide('Latchkey', latchkey, known),
    loginSide('minimum', minimum, known),
    betterAuthLoginSide(betterAuth, fewer),
    addressedSide('RATE_LIMIT=on', limited, known),
  ]
  add(await inTurn(sides, turns))
  for (const side of sides) {
    const before = await on.calls()
    await doOnce(side)
    const amount = side.name === 'better-auth' ? fewer.amount : logins
    calls[side.name] = ((await on.calls()) - before) / Object.keys(side.steps).length / amount
  }
  await limited.server.stop()
  say('the whole path of an app, redeem, refresh')
  add(
    await inTurn([appSide('Latchkey', latchkey, known), appSide('minimum', minimum, known)], turns),
  )
  await minimum.server.stop()
  say('reads')
  const bareRoute = await on.bareRoute('latchkey')
  const readers = await meSides(latchkey, bareRoute, reads)
  add(await inTurn([...readers, await betterAuthReadSide(betterAuth, reads)], turns))
  for (const { server } of [bareRoute, betterAuth]) await server.stop()
  return { samples, calls, latchkey }
}

/** Every statement where there are many people beside where there are few. */
async function measureSizes(
  on: Stand,
  large: Awaited<ReturnType<typeof measureSides>>['latchkey'],
  { users, logins, reads, ...turns }: BenchOptions,
): Promise<Growth[]> {
  say('each statement beside 1000 people')
  const small = await on.latchkey({ name: 'latchkey_small', users: 1_000 })
  const both = [
    { measured: small, users: 1_000 },
    { measured: large, users },
  ].map(async ({ measured, users }) => {
    const known = { users, amount: logins }
    const sides = [
      loginSide('', measured, known),
      appSide('', measured, known),
      sweepSide(measured),
    ]
    return { measured, sides: [...sides, ...(await meSides(measured, null, reads))] }
  })
  const [few, many] = await Promise.all(both)
  return few === undefined || many === undefined ? [] : measureGrowth(few, many, turns)
}

async function measureAll(): Promise<string[]> {
  say('starts')
  const starts = await measureStarts(options.starts)
  leaveFirstCore()
  const on = await startStand()
  stand = on
  const { samples, calls, latchkey } = await measureSides(on, options)
  const { users, logins } = options
  say('one process and two')
  const throughput = await measureThroughput(on, { users, amount: logins * 4, turns: options })
  const figures: Figure[] = [
    ...comparisons(samples),
    throughputFigure(throughput),
    ...(options.starts > 0 ? startFigures(starts, await measureMemory(on)) : []),
  ]
  const tables = [figureRows(figures)]
  if (users > 1_000) tables.push(growthRows(await measureSizes(on, latchkey, options), users))
  return show(on, tables, { calls })
}

/** This build beside another one, each on a database that it made itself. */
async function measureAgainst(folder: string): Promise<string[]> {
  leaveFirstCore()
  const on = await startStand()
  stand = on
  const { logins, reads, ...turns } = options
  const module = pathToFileURL(resolve(folder, 'dist/main.js'))
  // Nobody is filled in, since the tables may differ: the warm-up makes the people who come again.
  const sides = {
    Latchkey: await on.migrated('latchkey'),
    other: await on.migrated('other', module),
  }
  const known = { users: logins, amount: logins }
  const samples: Samples = {}
  for (const of of ['logins', 'reads'] as const) {
    const both = await Promise.all(
      Object.entries(sides).map(async ([name, measured]) =>
        of === 'logins' ? [loginSide(name, measured, known)] : meSides(measured, null, reads, name),
      ),
    )
    const some = await inTurn(both.flat(), turns)
    for (const [side, units] of Object.entries(some)) samples[side] = { ...samples[side], ...units }
  }
  return show(on, [figureRows(againstFigures(samples))])
}

const markOf = ({ audit, users }: typeof options): Mark =>
  audit ? 'audit' : users > 1_000 ? 'many' : 'few'

/** What the audit is of a login. */
async function measureAuditAlone(): Promise<string[]> {
  leaveFirstCore()
  // Each has a PostgreSQL of its own: what that does in the background is of one kind of login, too.
  const recorded = await startStand()
  stand = recorded
  const unrecorded = await startStand()
  stand = { ...recorded, stop: () => unrecorded.stop().finally(recorded.stop) }
  const { users, logins, ...turns } = options
  // A few percent are to be seen among what else the machine does: in short rounds it is the same for both. And in
  // many: the middle of a hundred differs by a percent of a login from run to run.
  const [amount, rounds] = [Math.ceil(logins / 3), turns.rounds * 48]
  const warmUps = turns.warmUps * 3
  const many = { rounds, warmUps, seconds: turns.seconds * 16 }
  const shares = await measureAudit({ recorded, unrecorded }, { users, amount, turns: many })
  return show(recorded, [auditRows(shares)], { warmUps, logins: amount })
}

function show(
  on: Stand,
  tables: string[][][],
  { calls, ...changed }: Partial<BenchOptions> & { calls?: Record<string, number> } = {},
): string[] {
  const draw = options.markdown ? markdownTable : plainTable
  return [
    ...conditions({ ...options, ...changed }, on.database.version, calls),
    '',
    ...tables.flatMap((t) => [draw(t), '']),
  ]
}

/** Ends by itself, whatever hangs: the servers end when this process does. */
const limit = setTimeout(() => {
  say(`the benchmark did not end within ${options.limitSeconds} s`)
  process.exit(1)
}, options.limitSeconds * 1000)
limit.unref()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => (stand?.stop() ?? Promise.resolve()).finally(() => process.exit(1)))
}

try {
  const lines = options.against
    ? await measureAgainst(options.against)
    : await (options.audit ? measureAuditAlone() : measureAll())
  process.stdout.write(lines.join('\n'))
  if (options.write) await writePages(markOf(options), lines.join('\n'))
} finally {
  await (stand as Stand | null)?.stop()
}
