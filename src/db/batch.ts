/**
 * Answers look-ups that arrive in the same turn of the event loop, or while a call is under way,
 * with one call: under load a small statement costs mostly its round trip. A single look-up is sent
 * at once. None waits longer than a few milliseconds for another's call, which may be stuck, and
 * none is answered by a call that was made before it. A failed call fails all its look-ups.
 * `lookUp` gives a function from key to value: answers are matched by key, never by position.
 */
export function batched<Key, Value>(
  lookUp: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
  largest: number,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = []
  let onTheirWay = 0
  let sentAt = 0
  let isTimed = false

  const flush = () => {
    if (waiting.length === 0) return
    const mayWait = onTheirWay > 0 && waiting.length < largest
    if (mayWait && performance.now() < sentAt + WAIT_MS) {
      if (!isTimed) setTimeout(onTime, WAIT_MS)
      isTimed = true
      return
    }
    const all = waiting
    waiting = []
    sentAt = performance.now()
    for (let from = 0; from < all.length; from += largest) send(all.slice(from, from + largest))
  }
  const onTime = () => {
    isTimed = false
    flush()
  }
  const send = (some: readonly Waiting<Key, Value>[]) => {
    onTheirWay += 1
    lookUp(some.map(({ key }) => key)).then(
      (answerTo) => {
        landed()
        for (const { key, resolve } of some) resolve(answerTo(key))
      },
      (error: unknown) => {
        landed()
        for (const { reject } of some) reject(error)
      },
    )
  }
  const landed = () => {
    onTheirWay -= 1
    if (waiting.length > 0) setImmediate(flush)
  }
  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ key, resolve, reject }) === 1) setImmediate(flush)
    })
}

/** How long a look-up waits for a call that is under way; timers may be a millisecond late. */
const WAIT_MS = 2

interface Waiting<Key, Value> {
  key: Key
  resolve(value: Value): void
  reject(error: unknown): void
}
