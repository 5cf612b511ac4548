import { LatchkeyError } from './errors.ts'

/** The answer for a provider that is not enabled. */
export const unknownProvider = (): LatchkeyError =>
  new LatchkeyError('unknown_provider', 'No provider of this name is enabled.')
