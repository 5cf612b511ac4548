import { forEach, type Person, signIn } from '../load.ts'
import { roundsOf, type Turns } from '../rounds.ts'
import type { Stand } from '../stand.ts'

/** Logins in a second, round by round. */
export interface Throughput {
  one: number[]
  two: number[]
}

/** Logins of people who were here before, by one process and by two, with the same load on both. */
export async function measureThroughput(
  stand: Stand,
  { users, amount, turns }: { users: number; amount: number; turns: Turns },
): Promise<Throughput> {
  const processes = [await stand.beside('latchkey'), await stand.beside('latchkey')]
  const people = Array.from(
    { length: amount },
    (_, n): Person => ({ sub: `person-${(n % users) + 1}`, provider: 'bench' }),
  )
  const perSecond = async (count: number) => {
    const before = performance.now()
    await Promise.all(
      processes.slice(0, count).map(({ server }, place) => {
        const share = people.filter((_, n) => n % count === place)
        return forEach(server.url, share, signIn, 32 / count)
      }),
    )
    return (amount * 1000) / (performance.now() - before)
  }
  await perSecond(2)
  const measured: Throughput = { one: [], two: [] }
  for (const _ of roundsOf({ ...turns, warmUps: 0, seconds: turns.seconds / 2 })) {
    measured.one.push(await perSecond(1))
    measured.two.push(await perSecond(2))
  }
  for (const { server } of processes) await server.stop()
  return measured
}
