import { randomUUID } from 'node:crypto'
import { requestOf } from '../src/db/stores/events/say-who.ts'

const TIMES = 20_000

/**
 * Microseconds of CPU that a server spends on saying which request asks, and why a user is made: the way of both into
 * what is sent. By itself and many times over, since a whole login varies by more. In this process, some times.
 */
export function measureSaying(rounds: number): number[] {
  const asker = { requestId: randomUUID(), address: '127.0.0.1', userAgent: 'bench' }
  const sent = Buffer.allocUnsafe(4_096)
  const costs: number[] = []
  for (let round = -1; round < rounds; round++) {
    const before = process.cpuUsage()
    for (let time = 0; time < TIMES; time++) {
      let place = 0
      for (const text of [requestOf(asker) ?? '', 'nobody_with_this_email']) {
        place = sent.writeInt32BE(Buffer.byteLength(text), place)
        place += sent.write(text, place)
      }
    }
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) costs.push((user + system) / TIMES)
  }
  return costs
}
