import type { BenchDatabase } from './database.ts'
import type { ServerProcess } from './server-process.ts'
import type { Cost } from './statistics.ts'

/** A server and the database that it works on. */
export interface Measured {
  server: ServerProcess
  database: BenchDatabase
  /** The name of its database. */
  name: string
}

/** Does `amount` units of work and gives what one of them cost. */
export async function meter(
  { server, database, name }: Measured,
  amount: number,
  work: () => Promise<unknown>,
): Promise<Cost> {
  const [spentBefore, cpuBefore] = [await database.spent(name), await server.cpu()]
  await work()
  const cpu = (await server.cpu()) - cpuBefore
  const spent = await database.spent(name)
  return {
    cpu: cpu / amount,
    database: (spent.microseconds - spentBefore.microseconds) / amount,
    statements: (spent.statements - spentBefore.statements) / amount,
  }
}
