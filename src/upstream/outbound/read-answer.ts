import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import { isObject, parseJson } from '../../core/json.ts'
import { said } from '../../core/messages.ts'

/** What a provider answered. */
export interface Answer {
  status: number
  /** Without parameters, in lower case. */
  contentType: string
  text: string
  /** The headers Date and Location as they came. */
  date: string | null
  location: string | null
  /** WWW-Authenticate: an OpenID provider may say there alone why it refuses (RFC 6750, section 3). */
  challenge: string | null
  /** After how many seconds it wants to be asked again, where it says so. */
  retryAfterSeconds: number | undefined
}

/** What says that the whole document is here: 203 is a proxy's that changed something of it. */
const SUCCESSES = [200, 201, 203]

/** Whether an answer's status promises a document. */
export const isSuccess = ({ status }: Pick<Answer, 'status'>): boolean => SUCCESSES.includes(status)

/** The JSON of a successful answer; any other answer is an error of the provider. */
export function readJson(answer: Answer, step: string): unknown {
  const { status } = answer
  if (status >= 300 && status < 400) throw invalidAnswer(step, 'redirect', { status })
  if (!isSuccess(answer)) throw refusedBy(step, status)
  return readText(answer, step)
}

/**
 * The JSON of an answer whose status says nothing yet (an error may be HTTP 200, a success 204); null
 * for an error that is no JSON.
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

/** What says by its name that it is something else, and is: a page of a proxy, a signed document. */
const OTHERS = ['text/html', 'application/xhtml+xml', 'application/jwt', 'application/jose']

/** JSON is JSON whatever it is called: PHP calls everything text/html that is not given a name. */
function readText({ status, contentType, text }: Answer, step: string): unknown {
  try {
    // A byte order mark says nothing in UTF-8.
    return parseJson(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch (cause) {
    const reason = OTHERS.includes(contentType) ? 'content_type' : 'not_json'
    throw invalidAnswer(step, reason, { status }, cause)
  }
}

/** An answer that was given but cannot be used. `reason` is for the log. */
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

/** A call that the provider answered with a status that is no success. */
const refusedBy = (step: string, status: number, facts: Evidence = {}): LatchkeyError =>
  new LatchkeyError('provider_error', said.providerRefused, {
    evidence: { step, status, ...facts },
  })

/** A provider's own error code where it is one that can be logged (RFC 6749, section 5.2; some are numbers), else null. */
export function errorCodeOf(error: unknown): string | null {
  const text = typeof error === 'number' ? String(error) : error
  return typeof text === 'string' && /^[\w.:-]{1,64}$/.test(text) ? text : null
}

/** The JSON of a successful answer of an API; a refusal is logged with the code that `codeOf` finds in it. */
export function readApiJson(
  answer: Answer,
  step: string,
  codeOf: (document: Record<string, unknown>) => unknown,
): unknown {
  if (answer.status < 400) return readJson(answer, step)
  throw refusedBy(step, answer.status, whyRefused(answer, step, codeOf))
}

/** The parameter `error` of a challenge. */
const CHALLENGED = /(?:^|[\s,])error=(?:"([^"]*)"|([^",\s]+))/

/** The provider's code for a refusal (400 or more), as evidence: of its document, else of its challenge. */
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
