import type { RowValues } from '../provider/row-inputs.ts'
import type { IdentityKey } from './identity-key.ts'

/**
 * An account in another system's export, as that system names it. Its texts are not cleaned: they
 * may be hostile.
 */
export interface AccountElsewhere {
  subject: string
  /** Null where that system does not store one. */
  issuer: string | null
  /**
   * What that system stored of the provider's documents, and the claims of an ID token that it
   * stored.
   */
  claims: Readonly<Record<string, unknown>>
}

/** How a provider's accounts are recognised in the exports of other systems. */
export interface KnownElsewhere {
  /** Names that other systems have for the provider, beside its id. */
  readonly namesElsewhere: readonly string[]
  /**
   * The key here of an account in another system; null where that is not certain. `issuer` is the
   * row's own where the settings enable it, else null.
   */
  keyElsewhere(
    account: AccountElsewhere,
    known: { issuer: string | null; values: RowValues },
  ): { issuer: string; subject: string } | null
}

/** For a provider that has the same name everywhere and whose subject is the whole key. */
export const ELSEWHERE: KnownElsewhere = {
  namesElsewhere: [],
  keyElsewhere: ({ subject }) => ({ issuer: '', subject }),
}

/**
 * The key at a provider whose subjects belong to an issuer: the stored issuer, else the one of the
 * settings.
 */
export const underIssuer = (
  { subject, issuer }: AccountElsewhere,
  known: { issuer: string | null },
): { issuer: string; subject: string } | null => {
  const found = issuer?.replace(/\/$/, '') ?? known.issuer
  return found === null ? null : { issuer: found, subject }
}

/** An identity to import, ready to be stored; its address counts as unverified. */
export interface ImportedIdentity extends IdentityKey {
  email: string | null
  name: string | null
  picture: string | null
  locale: string | null
  /** ISO 8601, like the times below. */
  linkedAt: string | null
  lastLoginAt: string | null
}

/** A user to be imported. Name, picture and locale are the person's own edits. */
export interface ImportedUser {
  /**
   * What the user's id may be here, the same at each import of the same user. The first is used,
   * unless it belongs to a user who has none of these identities.
   */
  ids: readonly [string, string]
  name: string | null
  picture: string | null
  locale: string | null
  createdAt: string | null
  isDisabled: boolean
  /** At least one. The first one with an address gives the user's address. */
  identities: readonly ImportedIdentity[]
}

/** Why an identity, or a whole user, is left out. */
export type ImportRefusal =
  | 'identity_of_another_user'
  | 'second_identity_at_provider'
  | 'unlinked_here'
  | 'deleted_here'

/** What became of a user, or would become. */
export interface ImportOutcome {
  id: string
  /** `known`: the user was here already; `left_out`: nothing of the user is imported. */
  state: 'new' | 'known' | 'left_out'
  /** Identities that are new here. */
  taken: readonly ImportedIdentity[]
  /**
   * Disabled by this import: a user who was here already, and is disabled in the other system by
   * now.
   */
  isDisabled: boolean
  refused: readonly { identity: ImportedIdentity; reason: ImportRefusal }[]
}

/** What is known here about users and identities that are to be imported. */
export interface ImportFacts {
  isHere: boolean
  /** Whether a user with this id was deleted here: an import does not bring them back. */
  isDeleted: boolean
  /** Providers at which the user has an identity. */
  providers: ReadonlySet<string>
  /** The user whom the identity belongs to; null for nobody. */
  ownerOf(identity: IdentityKey): string | null
  /** Whether the user removed it here. */
  hasUnlinked(identity: IdentityKey): boolean
}

/** The id that the user gets here. */
export function importedId(
  { ids: [first, otherwise], identities }: ImportedUser,
  facts: Pick<ImportFacts, 'isHere' | 'ownerOf'>,
): string {
  const isSomebodyElse =
    facts.isHere && !identities.some((identity) => facts.ownerOf(identity) === first)
  return isSomebodyElse ? otherwise : first
}

/**
 * Decides what of a user is imported. An identity that belongs to a user here stays theirs; nobody
 * is matched by an address, and two users of the file never become one.
 */
export function decideImport(
  id: string,
  { identities }: ImportedUser,
  facts: ImportFacts,
): { taken: ImportedIdentity[]; refused: ImportOutcome['refused'] } {
  const taken: ImportedIdentity[] = []
  const refused: { identity: ImportedIdentity; reason: ImportRefusal }[] = []
  const providers = new Set(facts.providers)
  for (const identity of identities) {
    const owner = facts.ownerOf(identity)
    if (facts.isDeleted) refused.push({ identity, reason: 'deleted_here' })
    else if (owner === id) continue
    else if (owner !== null) refused.push({ identity, reason: 'identity_of_another_user' })
    else if (facts.hasUnlinked(identity)) refused.push({ identity, reason: 'unlinked_here' })
    else if (providers.has(identity.provider)) {
      refused.push({ identity, reason: 'second_identity_at_provider' })
    } else {
      providers.add(identity.provider)
      taken.push(identity)
    }
  }
  return { taken, refused }
}

/** The outcome if some of what was taken turned out to be another user's. */
export function withoutLost(
  outcome: ImportOutcome,
  isLost: (identity: ImportedIdentity) => boolean,
): ImportOutcome {
  const lost = outcome.taken.filter(isLost)
  if (lost.length === 0) return outcome
  const taken = outcome.taken.filter((identity) => !lost.includes(identity))
  const isNothingLeft = taken.length === 0 && outcome.state === 'new'
  const reason = 'identity_of_another_user'
  return {
    ...outcome,
    taken,
    state: isNothingLeft ? 'left_out' : outcome.state,
    refused: [...outcome.refused, ...lost.map((identity) => ({ identity, reason }) as const)],
  }
}

/**
 * The outcome if some of what was taken turned out to be this user's already, by an import at the
 * same time.
 */
export function withoutKnown(
  outcome: ImportOutcome,
  isKnown: (identity: ImportedIdentity) => boolean,
): ImportOutcome {
  const taken = outcome.taken.filter((identity) => !isKnown(identity))
  if (taken.length === outcome.taken.length) return outcome
  return { ...outcome, taken, state: 'known' }
}

/** The import of users. */
export interface ImportStore {
  /**
   * Imports these users, each whole or not at all, and gives the outcome of each, in their order. A
   * dry run changes nothing.
   */
  take(users: readonly ImportedUser[], options: { isDryRun: boolean }): Promise<ImportOutcome[]>
}
