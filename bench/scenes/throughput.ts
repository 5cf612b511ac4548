import { forEach, type Person, signIn } from '../load.ts'
import type { Stand } from '../stand.ts'

/** Logins in a second, round by round. */
export interface Throughput {
  one: number[]
  two: number[]
}

/** Logins of people who were here before, by one process and by two, with the same load on both. */
export async function measureThroughput(
  stand: Stand,
  { users, amount, rounds }: { users: number; amount: number; rounds: number },
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
  for (let round = 0; round < rounds; round++) {
    measured.one.push(await perSecond(1))
    measured.two.push(await perSecond(2))
  }
  for (const { server } of processes) await server.stop()
  return measured
}
