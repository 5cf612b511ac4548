import type { SealedTokens } from '../provider/provider-tokens.ts'
import type { AuditEvent, AuditRow } from './audit.ts'

/**
 * What the outbox holds: grants to revoke at providers, events for the webhook and logout tokens
 * for clients.
 */
export type OutboxKind = 'revocation' | 'webhook' | 'logout'

/** Who an entry is for: a provider, `webhook` or a client. */
export interface OutboxTarget {
  kind: OutboxKind
  target: string
}

/** An entry that is due; the fields of other kinds are null. */
export interface Due extends OutboxTarget {
  id: string
  /** How often it was claimed, this time included. */
  attempts: number
  /** Seconds since it was added. */
  ageSeconds: number
  /** For a revocation: whose grant it is, and its stored tokens. */
  issuer: string | null
  subject: string | null
  sealed: SealedTokens
  /**
   * Whether somebody has signed in with that identity since: then there is a new grant, which must
   * not be revoked.
   */
  isGrantedAnew: boolean
  /** For a webhook; the event's IP address, user agent and request id are left out. */
  event: Pick<
    AuditRow,
    'id' | 'at' | 'type' | 'userId' | 'sessionId' | 'clientId' | 'provider' | 'reason'
  > | null
  /** For a logout token. */
  userId: string | null
  sessionId: string | null
}

/** For how long an entry is claimed, and how old it must be. */
export interface ClaimOptions {
  leaseSeconds: number
  ageSeconds: number
}

/** A claim of a due entry; a later claim of the same entry ends it. */
export type Claim = Pick<Due, 'id' | 'attempts'>

/** A target as the settings name it. */
export interface DeliveryTarget extends OutboxTarget {
  url: string
  /** Types of events; `user.*` for all that begin with `user.`. */
  events: readonly string[]
}

/** What waits for one target. */
export interface OutboxDepth extends OutboxTarget {
  waiting: number
  /** How many were given up: they are only tried again when the operator asks for it. */
  failed: number
  /** The age of the oldest one that waits. */
  oldestSeconds: number
  isStopped: boolean
}

/** One entry as an operator sees it; times are ISO 8601. */
export interface OutboxEntry extends OutboxTarget {
  id: string
  attempts: number
  createdAt: string
  nextAttemptAt: string
  /** Since when nothing is sent to its target, because it answered 410. */
  stoppedAt: string | null
  failedAt: string | null
  failure: string | null
}

/** Which entries an operator means; without any field, all of them. */
export interface OutboxFilter {
  id?: string
  kind?: OutboxKind
  target?: string
  /** Only those that were given up. */
  failed?: boolean
}

/** The outbox, by the database's clock. */
export interface Outbox {
  /** Targets with due entries, without the stopped ones. */
  dueTargets(): Promise<OutboxTarget[]>
  /**
   * Claims the entries of one target that are due and were added at least `ageSeconds` ago, for
   * `leaseSeconds`: for that time no replica gets them again.
   */
  claim(of: OutboxTarget, limit: number, how: ClaimOptions): Promise<Due[]>
  /** Replaces the tokens of a claimed revocation. */
  replaceTokens(claim: Claim, sealed: SealedTokens): Promise<void>
  /** Makes a claimed entry due again after a delay. */
  postpone(claim: Claim, delaySeconds: number, failure: string | null): Promise<void>
  /** Removes a claimed entry, and records the event in the same transaction. */
  remove(claim: Claim, event: AuditEvent | null): Promise<void>
  /** Gives up a claimed entry: it is left to the operator. */
  giveUp(claim: Claim, failure: string, event: AuditEvent | null): Promise<void>
  /**
   * Stops sending to a target, on all replicas, until its URL changes or the operator asks for
   * another try. If its URL is another one by now, does nothing and gives false.
   */
  stop(of: OutboxTarget, url: string): Promise<boolean>
  /** Stores the targets of the settings; one whose URL has changed is no longer stopped. */
  setTargets(targets: readonly DeliveryTarget[]): Promise<void>
  /** Where more than `most` wait for one target, drops the newest of them; gives how many. */
  trim(most: number): Promise<number>
  depth(): Promise<OutboxDepth[]>
  list(filter: OutboxFilter & { limit: number }): Promise<OutboxEntry[]>
  /** Makes entries due now and resumes their targets; gives how many. */
  retry(filter: OutboxFilter): Promise<number>
  /** Removes entries; gives how many. */
  drop(filter: OutboxFilter): Promise<number>
}
