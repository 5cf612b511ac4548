/** How often something was asked for, by a key that says what and by whom; all replicas count together. */
export interface RequestCounts {
  /**
   * Counts one request. `count` includes it, within a window that its first request opened and that
   * ends in `endsInMs` by the database's clock. Rejects within two seconds where the database is
   * away or slow.
   */
  count(key: string, windowSeconds: number): Promise<{ count: number; endsInMs: number }>
}
