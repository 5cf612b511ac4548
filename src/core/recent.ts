/**
 * Remembers values by key: at least the `few` last ones, at most twice as many. A `Map` whose
 * oldest key is removed each time takes longer and longer to find it.
 */
export interface Recent<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/** Makes an empty one. */
export function createRecent<Value>(few: number): Recent<Value> {
  let [young, old] = [new Map<string, Value>(), new Map<string, Value>()]
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= few) [young, old] = [new Map(), young]
      young.set(key, value)
    },
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
  }
}
