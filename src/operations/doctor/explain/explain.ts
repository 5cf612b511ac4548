import type { LatchkeyError } from '../../../core/errors.ts'
import type { DoctorTexts } from '../texts/texts.ts'
import { explainFailure } from './failures.ts'

/** Why a call ended as it did, and what to do. Never contains text from outside. */
export interface Explanation {
  text: string
  steps: string[]
}

/** Why a provider's answer cannot be used, from the error that a login would end with. */
export function explainCall(error: LatchkeyError, words: DoctorTexts): Explanation {
  const { reason, status, field } = error.evidence
  if (error.code === 'provider_timeout') return { text: words.noAnswer, steps: [] }
  if (typeof reason === 'string') {
    const text = reasonText(reason, words)
    return { text: typeof field === 'string' ? `${text}: ${field}` : text, steps: [] }
  }
  if (typeof status === 'number') return { text: words.status(String(status)), steps: [] }
  const code = codeOf(error)
  return { text: code ?? words.noConnection, steps: explainFailure(code ?? '', words.language) }
}

function reasonText(reason: string, words: DoctorTexts): string {
  if (reason === 'redirect') return words.redirected
  if (reason === 'too_large') return words.tooLarge
  const isJson = ['shape', 'not_an_object', 'endpoint_missing'].includes(reason)
  return isJson ? words.notUsable : words.notJson
}

/** The code of the deepest cause that has one, as Node, TLS and PostgreSQL give them. */
export function codeOf(error: unknown): string | undefined {
  let found: string | undefined
  let cause = error
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    const { code } = cause as { code?: unknown }
    if (depth > 0 || !('evidence' in cause)) found = typeof code === 'string' ? code : found
    cause = cause.cause
  }
  return found
}
