/**
 * Counts requests by a key that says what was asked for and by whom; all replicas count together.
 */
export interface RequestCounts {
  /**
   * Counts one request. `count` includes it, within a window that the first request opened and that
   * ends in `endsInMs` by the database's clock. Rejects within two seconds if the database is away
   * or slow.
   */
  count(key: string, windowSeconds: number): Promise<{ count: number; endsInMs: number }>
}
