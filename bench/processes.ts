import { readdir, readFile } from 'node:fs/promises'

/** A tick of the clock by which Linux tells the time of processes that ended, in microseconds. */
const TICK = 10_000

/**
 * Microseconds of CPU that a process and its children used so far, those that ended too; without `others`, by
 * their ids. To the nanosecond where the kernel keeps that for each process.
 *
 * @throws where there is no /proc: only Linux tells it.
 */
export async function cpuOfFamily(parent: number, others: readonly number[]): Promise<number> {
  const family = (await readdir('/proc').catch(none)).map(Number).filter((id) => id > 0)
  let sum = 0
  for (const id of family.filter((id) => !others.includes(id))) {
    const stat = await statOf(id)
    if (stat === null || (id !== parent && stat.parent !== parent)) continue
    sum += (await nanosecondsOf(id)) ?? stat.own * TICK
    if (id === parent) sum += stat.ended * TICK
  }
  return sum
}

/** Null where it ended by now. */
async function statOf(id: number) {
  const line = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => null)
  if (line === null) return null
  // What is before may hold spaces: the name of the program.
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0] = fields
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15)
  return { parent, own: user + system, ended: endedUser + endedSystem }
}

async function nanosecondsOf(id: number): Promise<number | null> {
  const line = await readFile(`/proc/${id}/schedstat`, 'utf8').catch(() => null)
  const spent = Number(line?.split(' ')[0])
  return Number.isFinite(spent) && line !== null ? spent / 1_000 : null
}

function none(): never {
  throw new Error('The CPU time of PostgreSQL’s processes is in /proc, which is not here.')
}
