import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/** The flow of a callback is not there, not of this browser, or over; `reason` is for the log. */
export const invalidState = (reason: string): LatchkeyError =>
  new LatchkeyError('invalid_state', said.flowOver, { evidence: { reason } })
