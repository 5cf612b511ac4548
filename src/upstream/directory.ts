import type { Provider } from './provider.ts'

/** The enabled providers. */
export interface Providers {
  /** Undefined where it is not enabled. */
  get(id: string): Provider | undefined
  /** In the order in which people see them. */
  list: readonly Provider[]
}

/** The directory of these providers. */
export function createDirectory(list: readonly Provider[]): Providers {
  const byId = new Map(list.map((provider) => [provider.row.id, provider]))
  return { get: (id) => byId.get(id), list }
}
