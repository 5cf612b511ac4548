import { LatchkeyError } from '../../core/errors.ts'
import type { Due, Outbox } from '../../core/events/outbox.ts'
import type { ProviderTokens, TokenSealer } from '../../core/provider/provider-tokens.ts'
import { type Carrier, Undeliverable } from './carrier.ts'

/** What is needed to revoke tokens at a provider. */
export interface Revoker {
  needsRefreshToRevoke(tokens: ProviderTokens): boolean
  refresh(tokens: ProviderTokens, subject: string, stop: AbortSignal): Promise<ProviderTokens>
  revoke(tokens: ProviderTokens, subject: string, stop: AbortSignal): Promise<boolean>
}

/** Revokes the provider tokens of people who left, until the provider confirms it. */
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
      // The person has signed in again since: that is a new grant, which must not be revoked.
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
        // The refresh may have made the stored tokens invalid.
        await keep(fresh)
        tokens = fresh
      }
      // A revocation that was not possible is not recorded as one.
      return (await revoker.revoke(tokens, identity.subject, stop)) ? 'done' : 'over'
    },
  }
}

const identityOf = ({ target, issuer, subject }: Due) => ({
  provider: target,
  issuer: issuer ?? '',
  subject: subject ?? '',
})

/** Null where the provider refuses the refresh token: its grant has ended already. */
function ifNotOver(error: unknown): null {
  if (error instanceof LatchkeyError && error.code === 'reauthentication_required') return null
  throw error
}
