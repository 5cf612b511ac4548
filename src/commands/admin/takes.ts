import type { AdminRun } from './open-stores.ts'
import { UsageError } from './usage.ts'

type Flag = Exclude<keyof AdminRun['flags'], 'json'>

/** How many words a command takes, and which options it has beside --json. */
const TAKES: Readonly<Record<string, { words: number; flags?: readonly Flag[] }>> = {
  'users find': { words: Number.POSITIVE_INFINITY },
  'users show': { words: 1 },
  'users disable': { words: 1 },
  'users enable': { words: 1 },
  'users delete': { words: 1 },
  'users export': { words: 1 },
  'users end-sessions': { words: 1 },
  'users grant': { words: 2 },
  'users revoke': { words: 2 },
  'users import': { words: Number.POSITIVE_INFINITY, flags: ['from', 'dry-run'] },
  'keys rotate': { words: 0, flags: ['now'] },
  'keys retire': { words: 1 },
  'outbox list': { words: 1 },
  'outbox retry': { words: 1 },
  'outbox drop': { words: 1 },
  audit: { words: 0, flags: ['user', 'type', 'since', 'follow'] },
}

/**
 * Refuses words and options that the command would ignore: a second id, or a --dry-run that would
 * not be one.
 *
 * @throws UsageError
 */
export function refuseUnheard(
  name: string,
  words: readonly string[],
  flags: AdminRun['flags'],
): void {
  const verb = name in TAKES ? [] : words.slice(0, 1)
  const command = [name, ...verb].join(' ')
  const { words: most, flags: own = [] } = TAKES[command] ?? { words: 0 }
  const [tooMany] = words.slice(verb.length + most)
  if (tooMany !== undefined) {
    throw new UsageError(`${command} takes no ${JSON.stringify(tooMany)}.`)
  }
  for (const [flag, value] of Object.entries(flags)) {
    if (flag === 'json' || value === undefined || value === false) continue
    if (!own.includes(flag as Flag)) throw new UsageError(`${command} takes no --${flag}.`)
  }
}
