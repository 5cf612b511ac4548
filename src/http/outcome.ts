import { toLatchkeyError } from './errors/problems.ts'

/** Waits for work and reports how it ended: `success`, or the code of its error. */
export async function withOutcome<T>(
  work: Promise<T>,
  ended: (outcome: string) => void,
  names: { ofResult?: (result: T) => string; ofError?: (error: unknown) => string } = {},
): Promise<T> {
  const { ofResult = () => 'success', ofError = (error) => toLatchkeyError(error).code } = names
  try {
    const result = await work
    ended(ofResult(result))
    return result
  } catch (error) {
    ended(ofError(error))
    throw error
  }
}
