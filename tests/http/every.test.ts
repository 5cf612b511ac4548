import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { every } from '../../src/http/every.ts'

/** A promise that others settle. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

async function listen(add: (app: ReturnType<typeof Fastify>) => void) {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line) => lines.push(line) } } })
  onTestFinished(() => app.close())
  add(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, lines }
}

test('work that is asked for while it runs is done once more, and never twice at a time', async () => {
  const first = gate()
  const done = gate()
  const runs: string[] = []
  let wake = () => {}
  await listen((app) => {
    const work = async () => {
      runs.push('begins')
      if (runs.length === 1) await first.opened
      runs.push('ends')
      if (runs.length === 4) done.open()
    }
    wake = every(app, 60_000, 'work_failed', work, { atStart: true }).wake
  })
  wake()
  wake()
  expect(runs).toEqual(['begins'])
  first.open()
  await done.opened
  expect(runs).toEqual(['begins', 'ends', 'begins', 'ends'])
})

test('work that fails is logged by its event and tried again', async () => {
  const again = gate()
  let runs = 0
  const { lines } = await listen((app) =>
    every(app, 5, 'work_failed', async () => {
      runs += 1
      if (runs === 1) throw new Error('the first time')
      again.open()
    }),
  )
  await again.opened
  const failures = lines.map((line) => JSON.parse(line)).filter(({ event }) => event !== undefined)
  expect(failures).toMatchObject([{ event: 'work_failed' }])
})

test('closing tells the run under way, waits for it, and lets no other begin', async () => {
  const begun = gate()
  let runs = 0
  let ended = false
  const { app } = await listen((one) =>
    every(
      one,
      1,
      'work_failed',
      async (closing) => {
        runs += 1
        begun.open()
        await new Promise<void>((resolve) => closing.addEventListener('abort', () => resolve()))
        await new Promise((resolve) => setTimeout(resolve, 20))
        ended = true
      },
      { atStart: true },
    ),
  )
  await begun.opened
  await app.close()
  expect([runs, ended]).toEqual([1, true])
})

test('much work at once that waits for the end is no leak to warn of', async () => {
  const warnings: string[] = []
  const warn = ({ name }: Error) => warnings.push(name)
  process.on('warning', warn)
  onTestFinished(() => void process.off('warning', warn))
  const elevenWaitFor = (signal: EventTarget) => {
    for (let waiting = 0; waiting < 11; waiting++) signal.addEventListener('abort', () => {})
  }
  const begun = gate()
  await listen((app) => {
    const work = async (closing: AbortSignal) => {
      elevenWaitFor(closing)
      begun.open()
    }
    every(app, 60_000, 'work_failed', work, { atStart: true })
  })
  await begun.opened
  await new Promise(setImmediate)
  expect(warnings).toEqual([])
  // Control: where Node.js has the limit in every version; newer ones have none for a signal.
  elevenWaitFor(new EventTarget())
  await new Promise(setImmediate)
  expect(warnings).toEqual(['MaxListenersExceededWarning'])
})
