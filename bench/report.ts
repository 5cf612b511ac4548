import { arch, cpus, totalmem } from 'node:os'
import type { BenchOptions } from './options.ts'
import { READERS } from './scenes/reads.ts'

/** On what, with what and how often it was measured. */
export function conditions(
  { users, rounds, warmUps, logins, reads, starts }: BenchOptions,
  postgres: string,
  calls?: Readonly<Record<string, number>>,
): string[] {
  const processors = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  const asked = Object.entries(calls ?? {}).map(([side, of]) => `${side} ${Number(of.toFixed(2))}`)
  return [
    `${processors[0]?.model.trim()}, ${processors.length} cores, ${memory} GiB; ${process.platform} ${arch()}; Node ${process.version}; PostgreSQL ${postgres}, durable, on the same machine.`,
    `${users} people at first. ${rounds} rounds after ${warmUps} to warm up; in each round ${logins} logins of each kind and ${reads} reads by ${READERS} people of each number at once, on each side in turn; ${starts} starts.`,
    ...(asked.length > 0 ? [`Calls to the provider for one login: ${asked.join(', ')}.`] : []),
  ]
}
