import { rm } from 'node:fs/promises'
import { arch, cpus } from 'node:os'
import { type Comparison, compare, median } from './compare.ts'
import { makeFolder, startDatabase } from './database.ts'
import { CONNECTIONS, sendRequests, signIn, type Target } from './load.ts'
import { type BenchOptions, PEOPLE, readOptions } from './options.ts'
import { leaveFirstCore, type ServerProcess, startServerProcess } from './server-process.ts'

// Measures the figures of the contract, section 8, and prints them as a Markdown table. It is no
// gate: it says what is, and ends with 0. Everything it starts ends with it.
const here = (path: string) => new URL(path, import.meta.url)
const latchkeyModule = here('../dist/main.js')
const options = readOptions(process.argv.slice(2))
const opened: (() => Promise<unknown>)[] = []

/** Remembers how to close something, so that it is closed last in, first out. */
function keep<T extends { stop(): Promise<unknown> }>(thing: T): T {
  opened.push(() => thing.stop())
  return thing
}

async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close().catch(say)
}

function say(line: unknown): void {
  process.stderr.write(`${line instanceof Error ? line.stack : line}\n`)
}

/** Both units of work, on a database with `users` people in it. */
async function compareUnits({ users, rounds, requests, logins }: BenchOptions) {
  leaveFirstCore()
  const measured = { onFirstCore: true }
  const database = keep(await startDatabase())
  const provider = keep(await startServerProcess(here('./provider.ts'), {}))
  say(`filling the tables with ${users} users`)
  await database.fill(users, provider.url)
  const latchkey = keep(
    await startServerProcess(latchkeyModule, latchkeyEnv(database.env, provider), measured),
  )
  const bareRoute = keep(await startServerProcess(here('./bare-route.ts'), database.env, measured))
  const minimum = keep(
    await startServerProcess(
      here('./minimum-login.ts'),
      { ...database.env, ISSUER: provider.url },
      measured,
    ),
  )

  say('measuring logins')
  let first = 1
  const login = (server: ServerProcess) => ({
    server,
    work(amount: number) {
      const signedIn = signIn(server.url, { amount, first, people: users })
      first += amount
      return signedIn
    },
  })
  const ofLogin = await compare(login(latchkey), login(minimum), {
    rounds,
    amount: logins,
    warmUp: logins * 5,
  })

  say('measuring /me')
  const people = await signIn(latchkey.url, { amount: PEOPLE, first: 1, people: users })
  const compareMe = (connections: number, amount: number) => {
    const requester = (server: ServerProcess, targets: Target[]) => ({
      server,
      work: (some: number) => sendRequests(server.url, targets, some, connections),
    })
    return compare(
      requester(
        latchkey,
        people.map(({ access_token }) => ({
          path: '/me',
          headers: { authorization: `Bearer ${access_token}` },
        })),
      ),
      requester(
        bareRoute,
        people.map(({ user }) => ({ path: `/users/${user.sub}` })),
      ),
      { rounds, amount, warmUp: amount },
    )
  }
  const me = await compareMe(CONNECTIONS, requests)
  // Alone, no look-up shares a round trip with another: told beside, so that nobody is misled.
  const meAlone = await compareMe(1, requests / 2)
  return { me, meAlone, logins: ofLogin }
}

function latchkeyEnv(database: Record<string, string>, provider: ServerProcess) {
  return {
    ...database,
    SECRET: 'the benchmark’s secret of more than 32 characters',
    EMULATE: '',
    RATE_LIMIT: 'off',
    OIDC_PROVIDERS: 'bench',
    BENCH_ISSUER: provider.url,
    BENCH_CLIENT_ID: 'bench-client',
    BENCH_CLIENT_SECRET: 'bench-secret',
  }
}

/** Milliseconds from the start of the process to its first answer, with no setting but the port. */
async function measureStarts({ starts }: BenchOptions) {
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 0; round < starts; round++) {
    const folder = await makeFolder()
    opened.push(() => rm(folder, { recursive: true, force: true }))
    for (const times of [cold, warm]) {
      const before = performance.now()
      const server = keep(await startServerProcess(latchkeyModule, { DATA_DIR: folder }))
      times.push(performance.now() - before)
      await server.stop()
    }
  }
  return { cold: median(cold), warm: median(warm) }
}

function printTable(
  { me, meAlone, logins }: Record<'me' | 'meAlone' | 'logins', Comparison>,
  start: { cold: number; warm: number },
): void {
  const row = (name: string, { latchkey, bare, ratio, least, most }: Comparison, target: string) =>
    `| ${name} | ${latchkey.toFixed(0)} µs | ${bare.toFixed(0)} µs | ${ratio.toFixed(2)} | ${least.toFixed(2)}–${most.toFixed(2)} | ${target} |`
  const lines = [
    `Server CPU time per unit with ${options.users} users; medians of ${options.rounds} rounds, each measuring both sides.`,
    `Node ${process.version}, ${process.platform} ${arch()}, ${cpus()[0]?.model.trim()}.`,
    '',
    '| unit | Latchkey | beside it | ratio | within rounds | target |',
    '|---|---|---|---|---|---|',
    row(`\`GET /me\`, beside one primary-key select, ${CONNECTIONS} at once`, me, '1.3'),
    row('the same, one at a time', meAlone, ''),
    row('a whole login, beside a hand-written minimum', logins, '2'),
    `| start to first answer, empty data folder | ${start.cold.toFixed(0)} ms | | | | 2000 ms |`,
    `| start to first answer, warm data folder | ${start.warm.toFixed(0)} ms | | | | 2000 ms |`,
    '',
  ]
  process.stdout.write(lines.join('\n'))
}

/** Ends by itself, whatever hangs: the servers end when this process does. */
const limit = setTimeout(() => {
  say(`the benchmark did not end within ${options.limitSeconds} s`)
  process.exit(1)
}, options.limitSeconds * 1000)
limit.unref()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => closeAll().finally(() => process.exit(1)))
}

try {
  const start = await measureStarts(options)
  printTable(await compareUnits(options), start)
} finally {
  await closeAll()
}
