import type { z } from 'zod'
import { type ErrorCode, LatchkeyError } from '../../core/errors.ts'

/** The error code for a parameter that is given twice or malformed. Default: `invalid_request`. */
type CodeOf = (name: string, isTwice: boolean) => ErrorCode | undefined

/**
 * Reads a query, form or JSON object by a schema. Empty parameters and null count as omitted. A
 * parameter is refused if it is missing, if the schema refuses it, or if it is given twice or in
 * brackets (unless the schema takes a list). Throws `invalid_request`, or the code that `codeOf`
 * gives.
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
    // PostgreSQL text cannot hold it. Whether a state may is for its schema to decide.
    if (typeof value === 'string' && value.includes('\0') && name !== 'state') {
      throw malformed(name, codeOf)
    }
    // JSON clients may send null for what they leave out.
    if (value !== '' && value !== null) given[name] = value
  }
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const name = String(issue?.path[0] ?? '')
  if (!(name in given)) throw new LatchkeyError('invalid_request', `The ${name} is missing.`)
  throw malformed(name, codeOf, issue && whatIsWrong(issue))
}

/** The error for a parameter that is given twice. */
export const givenTwice = (name: string, code: ErrorCode = 'invalid_request'): LatchkeyError =>
  new LatchkeyError(code, `The parameter "${name}" must be given once.`)

const malformed = (name: string, codeOf: CodeOf, what = 'is malformed') =>
  new LatchkeyError(codeOf(name, false) ?? 'invalid_request', `The parameter "${name}" ${what}.`, {
    evidence: { reason: 'malformed', parameter: name },
  })

/**
 * Tells the developer what to change. A schema's own message is used where it begins with "must".
 */
function whatIsWrong(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big') return `may have at most ${issue.maximum} characters`
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
  }
  return issue.message.startsWith('must ') ? issue.message : 'is malformed'
}

/** Whether the parameter may be given several times. */
const takesLists = (schema: z.ZodType): boolean => schema.safeParse(['a', 'a']).success
