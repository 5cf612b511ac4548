import { v7 as uuidv7 } from 'uuid'
import { LatchkeyError } from '../../../core/errors.ts'
import type { Asker } from '../../../core/events/audit.ts'
import type { Account } from '../../../core/identity/account.ts'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import {
  decideLink,
  type LinkDecision,
  type LinkingMode,
  linkableEmail,
  type RefuseReason,
  refuseSignUp,
  type SignUp,
} from '../../../core/identity/linking.ts'
import type { Profile } from '../../../core/identity/profile.ts'
import type { NewSession, SignedIn, SignIns } from '../../../core/identity/sign-ins.ts'
import type { SealedTokens } from '../../../core/provider/provider-tokens.ts'
import type { Database, RunStatement } from '../../client.ts'
import { askedBy, requestOf } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { endSurplus } from '../sessions/surplus.ts'
import { rekeyIdentity } from '../tokens/rekey.ts'
import { valuesOf } from './identity-values.ts'
import {
  candidatesStatement,
  FREE_CLAIM,
  HOLD_USER,
  IS_OF,
  JOIN_USER,
  LOCK_EMAIL,
} from './join-statements.ts'
import { type SignInValues, signInStatement } from './sign-in-statement.ts'
import { signInValues } from './sign-in-values.ts'

/** The settings that decide how people sign in. */
export interface SignInRules {
  mode: LinkingMode
  /**
   * Providers whose verified flag may link an identity to an existing user, and is passed on to
   * apps.
   */
  trustedProviders: readonly string[]
  signUp: SignUp
  /** Roles of a new user. */
  defaultRoles: readonly string[]
  /** How many sessions a user may have; a further one ends the one that was unused the longest. */
  sessionsPerUser: number
}

/**
 * How often the owners of identity and address are looked up again, each time in a new transaction.
 * A look-up fails only if somebody changed them meanwhile. Three attempts were too few for one
 * login in some thousand.
 */
const LOOKS = 20

/**
 * Sign-ins in PostgreSQL. A known person costs one statement, and so does a new one whose address
 * nobody has: of two such first logins at once, the later one finds the address claimed. If the
 * user may have too many sessions by now, one more statement ends them. Only where somebody has or
 * claims the address, its owners are looked up under a lock: any number of simultaneous first
 * logins end in one user.
 */
export function createSignIns(database: Database, rules: SignInRules): SignIns {
  const SIGN_IN = signInStatement(rules)
  const FIND_CANDIDATES = candidatesStatement(rules.trustedProviders)

  /** The attempts of one sign-in. */
  function attempts(
    key: IdentityKey,
    profile: Profile,
    session: NewSession,
    { tokens, asker }: { tokens: SealedTokens | null; asker: Asker | null },
  ) {
    const isTrusted = rules.trustedProviders.includes(key.provider)
    const { formerSubject: former = key.subject } = profile
    const linkable = linkableEmail(rules.mode, profile, isTrusted)
    const refusal = refuseSignUp(rules.signUp, profile, isTrusted)
    const identity = valuesOf(key, profile, tokens)
    const values = signInValues(identity, session, {
      newUserId: uuidv7(),
      reason: linkable.reason,
      requestId: requestOf(asker),
    })
    const signIn = async (
      run: RunStatement,
      { mayCreate, reason = linkable.reason, unheld = null, claimed = null }: Creating = KNOWN,
    ): Promise<CameIn | null> => {
      const row = await SIGN_IN.one(
        run,
        Object.assign(values, { mayCreate, reason, unheld, claimed }),
      )
      if (row === null) return null
      requireOwn(database, row.sessionId, session.id)
      if (row.isDisabled) throw refuse('user_disabled')
      const account = JSON.parse(row.account) as Account
      const { isNew, isCrowded } = row
      const decision = isNew ? { action: 'create' as const, reason } : KNOWN_BEFORE
      return { account, decision, isCrowded }
    }

    /**
     * Decides under the lock of the address, so that nobody else looks up its owners now. Null
     * where the identity or the address has found another owner meanwhile: then everything is
     * looked up again.
     */
    async function joinOrCreate(run: RunStatement, email: string): Promise<CameIn | null> {
      await LOCK_EMAIL.one(run, { email })
      const known = await signIn(run)
      if (known !== null) return known
      const decide = async (): Promise<LinkDecision> =>
        decideLink(email, await FIND_CANDIDATES.all(run, { ...key, former, email }))
      const decision = await decide()
      if (decision.action === 'join') {
        const { userId } = decision
        // Until this lock the user may have linked or unlinked an identity.
        await HOLD_USER.one(run, { userId })
        const still = await decide()
        // What else there is to do may need another user's lock.
        if (still.action !== 'join' || still.userId !== userId) return null
        if ((await JOIN_USER.one(run, { ...identity, userId, asked: askedBy(asker) })) === null)
          return null
        const joined = await signIn(run)
        return joined && { ...joined, decision }
      }
      const why = decision.action === 'refuse' ? decision.reason : refusal
      if (why !== null) throw refuse(why)
      const { reason } = decision.action === 'create' ? decision : linkable
      const isUnheld = reason === linkable.reason
      if (isUnheld) await FREE_CLAIM.all(run, { email })
      return signIn(run, { mayCreate: true, reason, claimed: isUnheld ? email : null })
    }

    /** Tries each way to sign in, one after the other. */
    async function comeIn(): Promise<CameIn> {
      const { email } = linkable
      const direct = () =>
        signIn(database.query, { mayCreate: refusal === null, unheld: email, claimed: email })
      const anew = async (): Promise<CameIn | null> => {
        if (email !== null) return database.transaction((run) => joinOrCreate(run, email))
        const known = await signIn(database.query)
        if (known === null && refusal !== null) throw refuse(refusal)
        return known ?? direct()
      }
      // Repeated, since somebody else may create or remove the identity, or move the address, at
      // the same moment.
      let found = await direct()
      for (let look = 0; found === null && look < LOOKS; look++) found = await anew()
      if (found !== null) return found
      throw elsewhere()
    }
    return comeIn
  }

  return {
    async isOf(key, former, userId) {
      const row = await IS_OF.one(database.query, { ...key, former, userId })
      if (row !== null) requireOwn(database, row.userId, userId)
      return row !== null
    },
    async signIn(key, profile, session, tokens = null, asker = null) {
      await rekeyIdentity(database, key, profile.formerSubject)
      const comeIn = attempts(key, profile, session, { tokens, asker })
      const { account, decision, isCrowded } = await comeIn()
      if (isCrowded) {
        const { sessionsPerUser: most } = rules
        await endSurplus(database, { userId: account.sub, most, asked: askedBy(asker) })
      }
      return { account, decision }
    },
  }
}

/** Who signed in, and whether the user may have too many sessions now. */
type CameIn = SignedIn & { isCrowded: boolean }

const KNOWN_BEFORE = { action: 'known' } as const

/** Whether a new user may be created, and which address is claimed then. */
type Creating = Pick<SignInValues, 'mayCreate'> &
  Partial<Pick<SignInValues, 'reason' | 'unheld' | 'claimed'>>

/** Only known people sign in. */
const KNOWN: Creating = { mayCreate: false }

const REFUSED: Readonly<Record<RefuseReason, string>> = {
  user_disabled: 'This user is disabled.',
  sign_up_closed: 'Nobody new can sign up here.',
  sign_up_domain: 'Only people with a verified address of certain domains can sign up here.',
}

const refuse = (reason: RefuseReason) =>
  new LatchkeyError('access_denied', REFUSED[reason], { evidence: { reason } })

/** The error where the identity was removed while somebody signed in with it. */
const elsewhere = () =>
  new LatchkeyError('temporarily_unavailable', 'The account is being changed elsewhere.', {
    evidence: { reason: 'identity_changes' },
    retryAfterSeconds: 1,
  })
