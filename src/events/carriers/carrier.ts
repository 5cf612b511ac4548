import type { Due } from '../../core/events/outbox.ts'
import type { DeliveryAnswer } from '../../upstream/outbound/delivery.ts'

/** How one kind of the outbox's entries is carried out. */
export interface Carrier {
  /** Of a new entry: after that it is left to the operator. */
  givesUpAfterSeconds: number
  /**
   * Whether these settings know the target. Another replica's may while they change, one replica after the other:
   * what is for a target that is unknown here is left to it.
   */
  knows(target: string): boolean
  /** Names of log events: it is done, it failed, it was given up. */
  names: { done: string; failed: string; givenUp: string }
  /**
   * One attempt. `over` is done without doing anything. Rejects with Undeliverable for what no attempt
   * can do, with TargetGone where the target wants no more, with anything else for what may succeed later.
   */
  carry(due: Due, stop: AbortSignal): Promise<'done' | 'over'>
}

/** No attempt can do it. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
}

/** The target said 410 at this URL: it wants nothing any more. */
export class TargetGone extends Error {
  override readonly name = 'TargetGone'
  readonly code = 410
  readonly url: string
  constructor(url: string) {
    super('it answered 410')
    this.url = url
  }
}

/** An answer that is no success. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** Its status, as the code of the failure. */
  readonly code: number
  /** After how many seconds it wants to be asked again. */
  readonly retryAfterSeconds: number | undefined
  constructor({ status, retryAfterSeconds }: DeliveryAnswer) {
    super(`status ${status}`)
    this.code = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}
