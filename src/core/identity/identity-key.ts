/** The key of an identity: never an e-mail, a nickname or a handle. */
export interface IdentityKey {
  provider: string
  /** Empty where all subjects of the provider are in one realm. */
  issuer: string
  subject: string
}
