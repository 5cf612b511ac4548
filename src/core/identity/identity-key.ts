/** The key of an identity: never an e-mail, a nickname or a handle. */
export interface IdentityKey {
  provider: string
  /** Empty where the provider has one realm of subjects only. */
  issuer: string
  subject: string
}
