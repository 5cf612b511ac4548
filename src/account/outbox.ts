import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import type { DueRevocation, Revocations } from '../core/provider-token-stores.ts'
import type { ProviderTokens, TokenSealer } from '../core/provider-tokens.ts'
import { type Background, every } from '../http/every.ts'
import { evidenceOf } from '../http/logging.ts'

/** What the outbox needs of a provider. */
export interface Revoker {
  needsRefreshToRevoke(grant: ProviderTokens): boolean
  refresh(grant: ProviderTokens, stop: AbortSignal): Promise<ProviderTokens>
  revoke(grant: ProviderTokens, subject: string, stop: AbortSignal): Promise<void>
}

const EVERY_MS = 5_000
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60
/** Calls of this replica to one provider at once: one that hangs keeps nobody else waiting. */
const MOST_AT_PROVIDER = 5
const GIVES_UP_AFTER_SECONDS = 3 * 86_400
const LONGEST_DELAY_SECONDS = 3600

/** Two seconds, eight, half a minute, two minutes, … an hour. */
const delayAfter = (attempts: number) =>
  Math.min(2 * 4 ** Math.min(attempts - 1, 10), LONGEST_DELAY_SECONDS)

/**
 * Revokes the grants in the outbox, one attempt per claim, until the provider says that a grant is over
 * or three days have passed. Every replica runs one; a claim is a lease, so none does another's work, and
 * what a replica leaves behind another takes up.
 */
export function startOutbox(
  app: FastifyInstance,
  options: {
    store: Revocations
    sealer: TokenSealer
    /** Undefined for a provider that is not enabled, or not any more. */
    revokerOf: (provider: string) => Revoker | undefined
  },
): Background {
  const { store, sealer, revokerOf } = options
  const { log } = app
  const underWay = new Map<string, number>()
  const attempts = new Set<Promise<void>>()
  const outbox = every(app, EVERY_MS, 'outbox_failed', claimAll, {
    atStart: true,
    settled: () => Promise.all(attempts),
  })

  async function claimAll() {
    for (;;) {
      const except = [...underWay].filter(([, count]) => count >= MOST_AT_PROVIDER)
      const due = await store.claim({
        limit: MOST_AT_PROVIDER,
        leaseSeconds: LEASE_SECONDS,
        except: except.map(([provider]) => provider),
      })
      for (const one of due) begin(one)
      if (outbox.closing.aborted || due.length === 0) return
    }
  }

  function begin(due: DueRevocation) {
    const { provider } = due
    underWay.set(provider, (underWay.get(provider) ?? 0) + 1)
    const attempt = settle(due)
      .catch((err) => log.warn({ event: 'outbox_failed', err }, 'the outbox cannot be written'))
      .finally(() => {
        attempts.delete(attempt)
        underWay.set(provider, (underWay.get(provider) ?? 1) - 1)
        outbox.wake()
      })
    attempts.add(attempt)
  }

  /** One attempt, and what becomes of the row. */
  async function settle(due: DueRevocation) {
    const fields = { provider: due.provider, attempts: due.attempts }
    const failure = await revoke(due).then(
      () => null,
      (error: unknown) => error ?? new Error('unknown'),
    )
    if (failure === null) {
      await store.remove(due)
      log.info({ event: 'grant_revoked', ...fields }, 'revoked a grant at its provider')
    } else if (outbox.closing.aborted) {
      await store.postpone(due, 0)
    } else if (failure instanceof Unreadable || due.ageSeconds >= GIVES_UP_AFTER_SECONDS) {
      await store.remove(due)
      const evidence = evidenceOf(failure)
      log.error({ event: 'revocation_given_up', ...fields, ...evidence }, 'gave a revocation up')
    } else {
      const delaySeconds = delayAfter(due.attempts)
      await store.postpone(due, delaySeconds)
      const evidence = { delay_seconds: delaySeconds, ...evidenceOf(failure) }
      log.warn({ event: 'revocation_failed', ...fields, ...evidence }, 'a revocation failed')
    }
  }

  const keep = (due: DueRevocation, grant: ProviderTokens) =>
    store.replaceTokens(due, sealer.seal(grant, due))

  async function revoke(due: DueRevocation) {
    const revoker = revokerOf(due.provider)
    if (revoker === undefined) throw new LatchkeyError('unknown_provider', 'It is not enabled.')
    let grant = sealer.open(due.sealed, due)
    if (grant === null) throw new Unreadable('The grant was sealed by a SECRET that is gone.')
    if (sealer.isStale(due.sealed)) await keep(due, grant)
    if (revoker.needsRefreshToRevoke(grant)) {
      const fresh = await revoker.refresh(grant, outbox.closing).catch(ifNotOver)
      if (fresh === null) return
      // The refresh may have ended the tokens that are stored.
      await keep(due, fresh)
      grant = fresh
    }
    await revoker.revoke(grant, due.subject, outbox.closing)
  }

  return outbox
}

/** A grant that no secret of ours opens. */
class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** Null where the provider refuses the refresh token: then the grant is over there. */
function ifNotOver(error: unknown): null {
  if (error instanceof LatchkeyError && error.code === 'reauthentication_required') return null
  throw error
}
