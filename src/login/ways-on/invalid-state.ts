import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/**
 * The error of a callback whose flow does not exist, belongs to another browser, or is over;
 * `reason` is for the log.
 */
export const invalidState = (reason: string): LatchkeyError =>
  new LatchkeyError('invalid_state', said.flowOver, { evidence: { reason } })
