import type { z } from 'zod'
import { type ErrorCode, LatchkeyError } from '../../core/errors.ts'

/** The code of a parameter that stands twice or is malformed. Default: `invalid_request`. */
type CodeOf = (name: string, isTwice: boolean) => ErrorCode | undefined

/**
 * Reads a query, form or JSON by its schema: empty parameters and null are omitted ones, a parameter that stands
 * twice or in brackets is refused unless the schema takes a list, and so is one that is missing or that
 * the schema refuses. Throws `invalid_request`, or what `codeOf` says.
 */
export function readParameters<Schema extends z.ZodObject>(
  schema: Schema,
  parameters: unknown,
  codeOf: CodeOf = () => undefined,
): z.infer<Schema> {
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parameters ?? {})) {
    const base = name.split('[', 1)[0] ?? name
    if (!Object.hasOwn(schema.shape, base)) continue
    const isList = Array.isArray(value) && !takesLists(schema.shape[base] as z.ZodType)
    if (base !== name || isList) {
      throw givenTwice(base, codeOf(base, true))
    }
    // No text of PostgreSQL can hold it. What a state may be is its schema's to say.
    if (typeof value === 'string' && value.includes('\0') && name !== 'state') {
      throw malformed(name, codeOf)
    }
    // In JSON an app may write out what it leaves out.
    if (value !== '' && value !== null) given[name] = value
  }
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const name = String(issue?.path[0] ?? '')
  if (!(name in given)) throw new LatchkeyError('invalid_request', `The ${name} is missing.`)
  throw malformed(name, codeOf, issue && whatIsWrong(issue))
}

/** A parameter that stands twice. */
export const givenTwice = (name: string, code: ErrorCode = 'invalid_request'): LatchkeyError =>
  new LatchkeyError(code, `The parameter "${name}" must be given once.`)

const malformed = (name: string, codeOf: CodeOf, what = 'is malformed') =>
  new LatchkeyError(codeOf(name, false) ?? 'invalid_request', `The parameter "${name}" ${what}.`, {
    evidence: { reason: 'malformed', parameter: name },
  })

/** What its developer can mend it by; a schema's own message counts where it begins with "must". */
function whatIsWrong(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big') return `may have at most ${issue.maximum} characters`
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
  }
  return issue.message.startsWith('must ') ? issue.message : 'is malformed'
}

/** Whether a parameter may stand twice. */
const takesLists = (schema: z.ZodType): boolean => schema.safeParse(['a', 'a']).success
