import { LatchkeyError } from '../errors.ts'
import { said } from '../messages.ts'

/** The answer for a provider that is not enabled. */
export const unknownProvider = (): LatchkeyError =>
  new LatchkeyError('unknown_provider', said.unknownProvider)
