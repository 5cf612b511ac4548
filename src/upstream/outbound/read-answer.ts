import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import { isObject, parseJson } from '../../core/json.ts'
import { said } from '../../core/messages.ts'

/** An answer of a provider. */
export interface Answer {
  status: number
  /** Lower case, without parameters. */
  contentType: string
  text: string
  /** The headers Date and Location, unchanged. */
  date: string | null
  location: string | null
  /**
   * WWW-Authenticate: an OpenID provider may give the reason of a refusal only there (RFC 6750,
   * section 3).
   */
  challenge: string | null
  /** After how many seconds it may be asked again, where it says so. */
  retryAfterSeconds: number | undefined
}

/** Statuses of a complete document; 203 is a proxy's that changed something in it. */
const SUCCESSES = [200, 201, 203]

/** Whether an answer's status promises a document. */
export const isSuccess = ({ status }: Pick<Answer, 'status'>): boolean => SUCCESSES.includes(status)

/** The JSON of a successful answer. Throws for any other answer. */
export function readJson(answer: Answer, step: string): unknown {
  const { status } = answer
  if (status >= 300 && status < 400) throw invalidAnswer(step, 'redirect', { status })
  if (!isSuccess(answer)) throw refusedBy(step, status)
  return readText(answer, step)
}

/**
 * The JSON of an answer whose status decides nothing (an error may come with 200, a success with
 * 204); null for an error that is no JSON.
 */
export function readBody(answer: Answer, step: string): unknown {
  const { status } = answer
  if (status >= 300 && status < 400) throw invalidAnswer(step, 'redirect', { status })
  try {
    return readText(answer, step)
  } catch (error) {
    if (status >= 400) return null
    throw error
  }
}

/** Content types that are trusted to be no JSON: a proxy's page, a signed document. */
const OTHERS = ['text/html', 'application/xhtml+xml', 'application/jwt', 'application/jose']

/** Parses JSON under any other content type: PHP sends text/html where a script sets none. */
function readText({ status, contentType, text }: Answer, step: string): unknown {
  try {
    // A byte order mark has no meaning in UTF-8.
    return parseJson(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch (cause) {
    const reason = OTHERS.includes(contentType) ? 'content_type' : 'not_json'
    throw invalidAnswer(step, reason, { status }, cause)
  }
}

/** The error for an answer that cannot be used. `reason` is for the log. */
export function invalidAnswer(
  step: string,
  reason: string,
  evidence: Record<string, string | number> = {},
  cause?: unknown,
): LatchkeyError {
  return new LatchkeyError(
    'invalid_provider_response',
    'The provider’s answer cannot be trusted.',
    { evidence: { step, reason, ...evidence }, cause },
  )
}

/** The error for an answer whose status is no success. */
const refusedBy = (step: string, status: number, facts: Evidence = {}): LatchkeyError =>
  new LatchkeyError('provider_error', said.providerRefused, {
    evidence: { step, status, ...facts },
  })

/**
 * A provider's error code, where it is safe to log (RFC 6749, section 5.2; some are numbers); else
 * null.
 */
export function errorCodeOf(error: unknown): string | null {
  const text = typeof error === 'number' ? String(error) : error
  return typeof text === 'string' && /^[\w.:-]{1,64}$/.test(text) ? text : null
}

/**
 * The JSON of a successful API answer. A refusal is logged with the code that `codeOf` finds in it.
 */
export function readApiJson(
  answer: Answer,
  step: string,
  codeOf: (document: Record<string, unknown>) => unknown,
): unknown {
  if (answer.status < 400) return readJson(answer, step)
  throw refusedBy(step, answer.status, whyRefused(answer, step, codeOf))
}

/** The parameter `error` of a WWW-Authenticate header. */
const CHALLENGED = /(?:^|[\s,])error=(?:"([^"]*)"|([^",\s]+))/

/**
 * The provider's error code of a refusal (400 or more), for the log: from its document, else from
 * its WWW-Authenticate header.
 */
export function whyRefused(
  answer: Answer,
  step: string,
  codeOf: (document: Record<string, unknown>) => unknown,
): Evidence {
  const document = readBody(answer, step)
  const told = isObject(document) ? errorCodeOf(codeOf(document)) : null
  const [, quoted, bare] = CHALLENGED.exec(answer.challenge ?? '') ?? []
  const error = told ?? errorCodeOf(quoted ?? bare)
  return error === null ? {} : { error }
}
