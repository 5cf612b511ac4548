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

/** How people come in. */
export interface SignInRules {
  mode: LinkingMode
  /** Providers whose verified flag may join an identity to an existing user, and counts for apps. */
  trustedProviders: readonly string[]
  signUp: SignUp
  /** Roles of a new user. */
  defaultRoles: readonly string[]
  /** Where one more session begins, the one unused longest ends. */
  sessionsPerUser: number
}

/**
 * How often it is looked anew whose an identity and its address are, each time in a transaction of its own. A look is
 * in vain only where another change was made meanwhile; three were too few for one login in some thousand.
 */
const LOOKS = 20

/**
 * Sign-ins in PostgreSQL. A person who was here before costs one statement, and so does a new one whose
 * address nobody holds: of two such first logins at once the later one finds the address claimed. Who may
 * have too many sessions by it costs one more. Only
 * where somebody holds or claims it, users are looked for, under a lock: any number of first logins at
 * once end in one user.
 */
export function createSignIns(database: Database, rules: SignInRules): SignIns {
  const SIGN_IN = signInStatement(rules)
  const FIND_CANDIDATES = candidatesStatement(rules.trustedProviders)

  /** One sign-in as it goes through its attempts. */
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
     * Under the lock of the address: nobody else looks for its holders now. Null where the identity
     * became somebody's meanwhile, or the address another's: then it is to be looked at anew.
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
        // Until now the user may have linked or unlinked an identity by hand.
        await HOLD_USER.one(run, { userId })
        const still = await decide()
        // What else there is to do may hold another user, too.
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

    /** Each way in, one after the other. */
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
      // Again, since somebody else may make or remove the identity or move the address at the same moment.
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

/** Who came in, and whether they may have too many sessions now. */
type CameIn = SignedIn & { isCrowded: boolean }

const KNOWN_BEFORE = { action: 'known' } as const

/** Whether somebody unknown may become a user, and what is then claimed. */
type Creating = Pick<SignInValues, 'mayCreate'> &
  Partial<Pick<SignInValues, 'reason' | 'unheld' | 'claimed'>>

/** Only who is known comes in. */
const KNOWN: Creating = { mayCreate: false }

const REFUSED: Readonly<Record<RefuseReason, string>> = {
  user_disabled: 'This user is disabled.',
  sign_up_closed: 'Nobody new can sign up here.',
  sign_up_domain: 'Only people with a verified address of certain domains can sign up here.',
}

const refuse = (reason: RefuseReason) =>
  new LatchkeyError('access_denied', REFUSED[reason], { evidence: { reason } })

/** The identity came and went while it was signed in with. */
const elsewhere = () =>
  new LatchkeyError('temporarily_unavailable', 'The account is being changed elsewhere.', {
    evidence: { reason: 'identity_changes' },
    retryAfterSeconds: 1,
  })
