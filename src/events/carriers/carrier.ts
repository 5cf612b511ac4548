import type { Due } from '../../core/events/outbox.ts'
import type { DeliveryAnswer } from '../../upstream/outbound/delivery.ts'

/** Delivers one kind of entry of the outbox. */
export interface Carrier {
  /** The age in seconds at which an entry is given up and left to the operator. */
  givesUpAfterSeconds: number
  /**
   * Whether the settings of this replica know the target. While settings are rolled out, replica by
   * replica, another one may know it; entries for an unknown target are left to that one.
   */
  knows(target: string): boolean
  /** Names of the log events for each result. */
  names: { done: string; failed: string; givenUp: string }
  /**
   * Tries to deliver an entry once. `over`: nothing was left to do. Rejects with Undeliverable
   * where no attempt can succeed, with TargetGone where the target wants nothing more, and with any
   * other error where a later attempt may succeed.
   */
  carry(due: Due, stop: AbortSignal): Promise<'done' | 'over'>
}

/** No attempt can deliver this. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
}

/** The target answered 410 at this URL: it wants nothing more. */
export class TargetGone extends Error {
  override readonly name = 'TargetGone'
  readonly code = 410
  readonly url: string
  constructor(url: string) {
    super('it answered 410')
    this.url = url
  }
}

/** The target answered with a status that is no success. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** The HTTP status. */
  readonly code: number
  /** After how many seconds it may be asked again (`Retry-After`). */
  readonly retryAfterSeconds: number | undefined
  constructor({ status, retryAfterSeconds }: DeliveryAnswer) {
    super(`status ${status}`)
    this.code = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}
