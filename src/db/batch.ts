/**
 * Answers look-ups that arrive in the same turn of the event loop by one call: under load most of what a
 * small statement costs is the round trip, not the row. Nothing waits: a look-up that is alone goes alone,
 * and each is made after it was asked for. A call that fails fails all of its look-ups. `lookUp` gives a
 * function from key to value: an answer is found by what it says it is for, never by its place.
 */
export function batched<Key, Value>(
  lookUp: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
  largest: number,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = []
  const flush = () => {
    const all = waiting
    waiting = []
    for (let from = 0; from < all.length; from += largest) send(all.slice(from, from + largest))
  }
  const send = (some: readonly Waiting<Key, Value>[]) => {
    lookUp(some.map(({ key }) => key)).then(
      (answerTo) => {
        for (const { key, resolve } of some) resolve(answerTo(key))
      },
      (error: unknown) => {
        for (const { reject } of some) reject(error)
      },
    )
  }
  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ key, resolve, reject }) === 1) setImmediate(flush)
    })
}

interface Waiting<Key, Value> {
  key: Key
  resolve(value: Value): void
  reject(error: unknown): void
}
