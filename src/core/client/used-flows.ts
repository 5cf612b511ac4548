import type { Refusal } from '../pages/page-reason.ts'

/** How a flow failed: what its client is told, and what a page says to the person, where one does. */
export interface FlowFailure {
  error: string
  error_description: string
  refusal: Refusal | null
}

/** What became of a flow that was finished before. */
export type FlowOutcome =
  /** The request that finishes it has no answer yet. */
  | { is: 'under_way' }
  | { is: 'failed'; failure: FlowFailure }
  | { is: 'linked' }
  /** Its session, and the hash of what was issued: a code, else a refresh token. */
  | { is: 'signed_in'; userId: string; authTime: number | null; tokenHash: Buffer }
  /** Longer than `REPEAT_SECONDS` ago, or lost. */
  | { is: 'over' }

/** For how long the answer of a flow can be asked for again. */
export const REPEAT_SECONDS = 60

/** Marks by which a flow can be finished only once, on all replicas. */
export interface UsedFlows {
  /** True for the first caller with this id, false from then on. */
  finish(flowId: string, ttlSeconds: number): Promise<boolean>
  /** Keeps how a flow failed, for a request that brings it again. */
  fail(flowId: string, failure: FlowFailure): Promise<void>
  /** What became of a flow within the last `REPEAT_SECONDS`, found by what it would issue. */
  find(flowId: string, issued: { sessionId: string; linkCode: Buffer }): Promise<FlowOutcome>
}
