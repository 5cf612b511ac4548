import { readFile, writeFile } from 'node:fs/promises'
import { arch, cpus, loadavg, totalmem } from 'node:os'
import type { BenchOptions } from './options.ts'
import { READERS } from './scenes/reads.ts'

/** How busy the machine was with other things, when this began. */
const [load = 0] = loadavg()

/** On what, with what and how often it was measured. */
export function conditions(
  { users, warmUps, logins, reads, against }: BenchOptions,
  postgres: string,
  calls?: Readonly<Record<string, number>>,
): string[] {
  const processors = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  const asked = Object.entries(calls ?? {}).map(([side, of]) => `${side} ${Number(of.toFixed(2))}`)
  return [
    `${processors[0]?.model.trim()}, ${processors.length} cores, ${memory} GiB; ${process.platform} ${arch()}; Node ${process.version}; PostgreSQL ${postgres}, durable, on the same machine. Load before it began: ${load.toFixed(1)}.`,
    `${against === undefined ? `${users} people at first. ` : ''}Up to ${warmUps} rounds to warm up; in each round ${logins} logins of each kind and ${reads} reads by ${READERS} people of each number at once, on each side in turn.`,
    ...(asked.length > 0 ? [`Calls to the provider for one login: ${asked.join(', ')}.`] : []),
  ]
}

const PAGES = ['../docs/benchmarks.md', '../docs/ko/benchmarks.md']

/** Which figures of the page: those of few or many people, or of the audit. */
export type Mark = 'few' | 'many' | 'audit'

/** A page with these figures in place of those between its marks. */
export function putFigures(page: string, mark: Mark, figures: string): string {
  const [begin, end] = [`<!-- figures: ${mark} -->`, '<!-- end -->']
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error(`the page has no ${begin}`)
  return `${page.slice(0, from)}\n\n${figures.trim()}\n\n${page.slice(to)}`
}

/** Puts figures into the page and its Korean twin. */
export async function writePages(mark: Mark, figures: string): Promise<void> {
  for (const path of PAGES) {
    const url = new URL(path, import.meta.url)
    await writeFile(url, putFigures(await readFile(url, 'utf8'), mark, figures))
  }
}
