import { LatchkeyError } from '../core/errors.ts'

/** The flow of a callback is not there, not of this browser, or over; `reason` is for the log. */
export const invalidState = (reason: string): LatchkeyError =>
  new LatchkeyError(
    'invalid_state',
    'This sign-in is over, was started elsewhere or took too long. Please start again.',
    { evidence: { reason } },
  )
