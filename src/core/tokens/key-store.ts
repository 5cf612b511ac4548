/** A signing key at rest. */
export interface StoredSigningKey {
  kid: string
  alg: string
  /** The private JWK, sealed; for a retired key only its public part. */
  sealedJwk: string
  /** When it begins to sign: milliseconds since 1970 by the database's clock. */
  signsFrom: number
  /** The time when the last token it signed has expired; null while it may still sign. */
  publishedUntil: number | null
}

/** The ring of signing keys that all replicas share. */
export interface SigningKeys {
  /** Reads the ring. `now` is the database's clock in milliseconds. */
  read(): Promise<{ ring: StoredSigningKey[]; now: number }>
  /**
   * Reads the ring and lets `plan` change it, one replica at a time; gives the resulting ring.
   * `now` is the database's clock in milliseconds.
   */
  update(
    plan: (
      ring: StoredSigningKey[],
      now: number,
    ) => Promise<{ add: StoredSigningKey[]; change: StoredSigningKey[]; remove: string[] }>,
  ): Promise<{ ring: StoredSigningKey[]; now: number }>
}
