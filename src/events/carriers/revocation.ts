import { LatchkeyError } from '../../core/errors.ts'
import type { Due, Outbox } from '../../core/events/outbox.ts'
import type { ProviderTokens, TokenSealer } from '../../core/provider/provider-tokens.ts'
import { type Carrier, Undeliverable } from './carrier.ts'

/** What revoking needs of a provider. */
export interface Revoker {
  needsRefreshToRevoke(tokens: ProviderTokens): boolean
  refresh(tokens: ProviderTokens, subject: string, stop: AbortSignal): Promise<ProviderTokens>
  revoke(tokens: ProviderTokens, subject: string, stop: AbortSignal): Promise<boolean>
}

/** Revokes what people who left had granted, until the provider says that it is over. */
export function revocationCarrier(options: {
  store: Pick<Outbox, 'replaceTokens'>
  sealer: TokenSealer
  /** Undefined for a provider that is not enabled, or not any more. */
  revokerOf: (provider: string) => Revoker | undefined
}): Carrier {
  const { store, sealer, revokerOf } = options
  return {
    givesUpAfterSeconds: 3 * 86_400,
    knows: (provider) => revokerOf(provider) !== undefined,
    names: {
      done: 'grant_revoked',
      failed: 'revocation_failed',
      givenUp: 'revocation_given_up',
    },
    async carry(due, stop) {
      // Who has signed in again since has granted anew, and that is not to be revoked.
      if (due.isGrantedAnew) return 'over'
      const revoker = revokerOf(due.target)
      if (revoker === undefined) throw new LatchkeyError('unknown_provider', 'It is not enabled.')
      const identity = identityOf(due)
      const keep = (kept: ProviderTokens) => store.replaceTokens(due, sealer.seal(kept, identity))
      let tokens = sealer.open(due.sealed, identity)
      if (tokens === null) throw new Undeliverable('sealed by a SECRET that is gone')
      if (sealer.isStale(due.sealed)) await keep(tokens)
      if (revoker.needsRefreshToRevoke(tokens)) {
        const fresh = await revoker.refresh(tokens, identity.subject, stop).catch(ifNotOver)
        if (fresh === null) return 'done'
        // The refresh may have ended the tokens that are stored.
        await keep(fresh)
        tokens = fresh
      }
      // Nothing is said to be revoked that could not be.
      return (await revoker.revoke(tokens, identity.subject, stop)) ? 'done' : 'over'
    },
  }
}

const identityOf = ({ target, issuer, subject }: Due) => ({
  provider: target,
  issuer: issuer ?? '',
  subject: subject ?? '',
})

/** Null where the provider refuses the refresh token: then the grant is over there. */
function ifNotOver(error: unknown): null {
  if (error instanceof LatchkeyError && error.code === 'reauthentication_required') return null
  throw error
}
