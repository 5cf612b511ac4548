import { forEach, type Person, signIn, signInAtBetterAuth } from '../load.ts'
import { type Measured, meter } from '../meter.ts'
import type { Side, Step } from '../rounds.ts'

/** People who were there before: `person-1` and so on, each signing in in turn. */
export interface Known {
  users: number
  /** Logins of each kind in one round. */
  amount: number
}

/** Those who were there before, in turn. */
function turns(users: number) {
  let next = 0
  return (amount: number) => Array.from({ length: amount }, () => `person-${(next++ % users) + 1}`)
}

let strangers = 0
/** Subjects that nobody has had before. */
const newSubjects = (amount: number) =>
  Array.from({ length: amount }, () => `person-new-${++strangers}`)

const at = (provider: Person['provider'], subjects: string[]): Person[] =>
  subjects.map((sub) => ({ sub, provider }))

/** A step that measures the logins of some people as one unit. */
const logins = (
  unit: string,
  measured: Measured,
  people: () => Person[],
): Record<string, Step> => ({
  [unit]: async () => {
    const all = people()
    const work = () => forEach(measured.server.url, all, signIn)
    return { [unit]: await meter(measured, all.length, work) }
  },
})

/** Every kind of login, of Latchkey or of what answers as it does. */
export function loginSide(name: string, measured: Measured, { users, amount }: Known): Side {
  const nextKnown = turns(users)
  let newest: string[] = []
  const newcomers = () => {
    newest = newSubjects(amount)
    return newest
  }
  return {
    name,
    steps: {
      ...logins('new, trusted address', measured, () => at('bench', newcomers())),
      // The same address, vouched for by another provider now.
      ...logins('join', measured, () => at('other', newest)),
      ...logins('new, untrusted address', measured, () => at('plain', newSubjects(amount))),
      ...logins('returning', measured, () => at('bench', nextKnown(amount))),
    },
  }
}

/** Logins of people who were here before, each from an address of its own. */
export function addressedSide(name: string, measured: Measured, { users, amount }: Known): Side {
  const nextKnown = turns(users)
  let sent = 0
  const address = () => {
    sent++
    return `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`
  }
  return {
    name,
    steps: logins('returning', measured, () =>
      at('bench', nextKnown(amount)).map((person) => ({ ...person, address: address() })),
    ),
  }
}

/** Logins of new people and of others at better-auth. */
export function betterAuthLoginSide(measured: Measured, { users, amount }: Known): Side {
  const nextKnown = turns(users)
  const { url } = measured.server
  const step = (unit: string, subjects: (amount: number) => string[]): Record<string, Step> => ({
    [unit]: async () => {
      const all = subjects(amount)
      const work = () => forEach(url, all, (pool, sub) => signInAtBetterAuth(pool, url, sub))
      return { [unit]: await meter(measured, amount, work) }
    },
  })
  return {
    name: 'better-auth',
    steps: { ...step('new, trusted address', newSubjects), ...step('returning', nextKnown) },
  }
}
