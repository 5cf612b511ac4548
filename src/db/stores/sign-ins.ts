import { v7 as uuidv7 } from 'uuid'
import type { Account } from '../../core/account.ts'
import { LatchkeyError } from '../../core/errors.ts'
import type { IdentityKey } from '../../core/identity-key.ts'
import type { SealedGrant } from '../../core/kept-grant.ts'
import {
  decideLink,
  type LinkCandidate,
  type LinkDecision,
  type LinkingMode,
  linkableEmail,
} from '../../core/linking.ts'
import type { Profile } from '../../core/profile.ts'
import type { NewSession, SignIns } from '../../core/stores.ts'
import type { Database } from '../client.ts'
import { factsOf, keyOf, lockIdentity } from './identity-values.ts'
import {
  CREATE_USER,
  FIND_CANDIDATES,
  HOLD_USER,
  JOIN_USER,
  SIGN_IN_KNOWN,
} from './sign-in-statements.ts'

/** How first logins find their user. */
export interface LinkingRules {
  mode: LinkingMode
  /** Providers whose verified flag may join an identity to an existing user. */
  trustedProviders: readonly string[]
}

/** What SIGN_IN_KNOWN gives. */
interface KnownRow {
  disabled: boolean
  /** JSON text. */
  account: string
}

/**
 * Sign-ins in PostgreSQL. A person who was here before costs one statement; a first login one short
 * transaction, under locks that make any number of simultaneous first logins end in one user.
 */
export function createSignIns(database: Database, rules: LinkingRules): SignIns {
  async function signInKnown(
    run: (text: string, parameters: unknown[]) => PromiseLike<KnownRow[]>,
    key: IdentityKey,
    profile: Profile,
    session: NewSession,
    grant: SealedGrant | null,
  ) {
    const [row] = await run(SIGN_IN_KNOWN, [
      ...keyOf(key),
      ...factsOf(profile),
      session.id,
      session.clientId,
      session.scope,
      session.userAgent,
      session.address,
      session.ttlSeconds,
      session.refreshToken?.hash ?? null,
      session.refreshToken?.ttlSeconds ?? 0,
      session.code?.hash ?? null,
      session.code?.redirectUri ?? null,
      session.code?.codeChallenge ?? null,
      session.code?.nonce ?? null,
      session.code?.ttlSeconds ?? 0,
      grant?.access ?? null,
      grant?.refreshToken ?? null,
      session.resource,
      session.cookieMode,
      session.authTime,
      session.silent,
    ])
    if (row?.disabled) throw disabled()
    return row === undefined ? null : (JSON.parse(row.account) as Account)
  }

  function signInFirst(
    key: IdentityKey,
    profile: Profile,
    session: NewSession,
    grant: SealedGrant | null,
  ) {
    return database.transaction(async (run) => {
      const linkable = linkableEmail(
        rules.mode,
        profile,
        rules.trustedProviders.includes(key.provider),
      )
      await lockIdentity(run, key, linkable.email)
      // Whoever held the lock before us may have been the same person.
      const known = await signInKnown(run, key, profile, session, grant)
      if (known !== null) return { account: known, decision: { action: 'known' } as const }
      const decide = async (): Promise<LinkDecision> =>
        linkable.email === null
          ? linkable.decision
          : decideLink(
              linkable.email,
              await run<LinkCandidate>(FIND_CANDIDATES, [
                linkable.email,
                rules.trustedProviders,
                key.provider,
              ]),
            )
      let decision = await decide()
      if (decision.action === 'join') {
        // Until now the user may have linked or unlinked an identity by hand.
        await run(HOLD_USER, [decision.userId])
        decision = await decide()
      }
      if (decision.action === 'refuse') throw disabled()
      const values = [...keyOf(key), ...factsOf(profile)]
      if (decision.action === 'join') await run(JOIN_USER, [...values, decision.userId])
      else await run(CREATE_USER, [...values, uuidv7()])
      const account = await signInKnown(run, key, profile, session, grant)
      if (account === null) throw new Error('the identity just written is not there')
      return { account, decision }
    })
  }

  return {
    async signIn(key, profile, session, grant = null) {
      const known = await signInKnown(
        (text, parameters) => database.query(text, parameters),
        key,
        profile,
        session,
        grant,
      )
      if (known !== null) return { account: known, decision: { action: 'known' } }
      return signInFirst(key, profile, session, grant)
    },
  }
}

const disabled = () =>
  new LatchkeyError('access_denied', 'This user is disabled.', {
    evidence: { reason: 'user_disabled' },
  })
