import type { SealedTokens } from '../provider/provider-tokens.ts'
import type { AuditEvent, AuditRow } from './audit.ts'

/** What the outbox holds: grants to revoke at providers, events for the webhook, logout tokens for clients. */
export type OutboxKind = 'revocation' | 'webhook' | 'logout'

/** Whom something is for: a provider, `webhook`, a client. */
export interface OutboxTarget {
  kind: OutboxKind
  target: string
}

/** Something that is due; what is of another kind is null. */
export interface Due extends OutboxTarget {
  id: string
  /** How often it was claimed, this time included. */
  attempts: number
  /** Seconds since it was put in. */
  ageSeconds: number
  /** Of a revocation: whose grant, and what is kept of it. */
  issuer: string | null
  subject: string | null
  sealed: SealedTokens
  /** Whether somebody has signed in with that identity since: then there is a new grant, not to be revoked. */
  isGrantedAnew: boolean
  /** Of a webhook; its address, user agent and request are left out. */
  event: Pick<
    AuditRow,
    'id' | 'at' | 'type' | 'userId' | 'sessionId' | 'clientId' | 'provider' | 'reason'
  > | null
  /** Of a logout token. */
  userId: string | null
  sessionId: string | null
}

/** For how long something is claimed, and how old it must be. */
export interface ClaimOptions {
  leaseSeconds: number
  ageSeconds: number
}

/** A claim of something due; a later claim ends it. */
export type Claim = Pick<Due, 'id' | 'attempts'>

/** Where the settings have things sent. */
export interface DeliveryTarget extends OutboxTarget {
  url: string
  /** Types of events; `user.*` for all that begin so. */
  events: readonly string[]
}

/** What waits for one target. */
export interface OutboxDepth extends OutboxTarget {
  waiting: number
  /** Given up: only the operator has them tried again. */
  failed: number
  /** Of the oldest that waits. */
  oldestSeconds: number
  isStopped: boolean
}

/** One entry as an operator sees it; times are ISO 8601. */
export interface OutboxEntry extends OutboxTarget {
  id: string
  attempts: number
  createdAt: string
  nextAttemptAt: string
  /** Since when nothing is sent to its target, which answered 410. */
  stoppedAt: string | null
  failedAt: string | null
  failure: string | null
}

/** Which entries an operator means; all where nothing is named. */
export interface OutboxFilter {
  id?: string
  kind?: OutboxKind
  target?: string
  /** Only what was given up. */
  failed?: boolean
}

/** The outbox, by the database's clock. */
export interface Outbox {
  /** Targets for which something is due, without the stopped ones. */
  dueTargets(): Promise<OutboxTarget[]>
  /**
   * Claims what is due for one target and was put in at least `ageSeconds` ago, for `leaseSeconds`: until then no
   * replica gets it again.
   */
  claim(of: OutboxTarget, limit: number, how: ClaimOptions): Promise<Due[]>
  /** Replaces the tokens of a claimed revocation. */
  replaceTokens(claim: Claim, sealed: SealedTokens): Promise<void>
  /** Makes a claimed one due again in a while. */
  postpone(claim: Claim, delaySeconds: number, failure: string | null): Promise<void>
  /** Removes a claimed one, and records the event in the same transaction. */
  remove(claim: Claim, event: AuditEvent | null): Promise<void>
  /** Leaves a claimed one to the operator. */
  giveUp(claim: Claim, failure: string, event: AuditEvent | null): Promise<void>
  /**
   * Sends nothing more to a target, on all replicas, until its URL changes or the operator has it tried again. False
   * and nothing where its URL is another one by now.
   */
  stop(of: OutboxTarget, url: string): Promise<boolean>
  /** Stores what the settings say; a target whose URL has changed is no longer stopped. */
  setTargets(targets: readonly DeliveryTarget[]): Promise<void>
  /** Where more than `most` wait for one target, drops the newest of them; gives how many. */
  trim(most: number): Promise<number>
  depth(): Promise<OutboxDepth[]>
  list(filter: OutboxFilter & { limit: number }): Promise<OutboxEntry[]>
  /** Makes entries due now and lets their targets go on; gives how many. */
  retry(filter: OutboxFilter): Promise<number>
  /** Removes entries; gives how many. */
  drop(filter: OutboxFilter): Promise<number>
}
