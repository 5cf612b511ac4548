import type { ErrorCode } from '../../../core/errors.ts'
import type { ExplainedError, ExplainedErrors } from '../../../core/provider/console.ts'
import type { ProviderRow } from '../../../core/provider/provider.ts'
import type { OperatorLanguage } from '../../../core/settings/operator-texts.ts'
import { errorTexts } from '../../error-texts.ts'
import { FAILURES } from './failures.ts'
import { OWN_CODES_IN_KOREAN } from './own-codes.ts'
import { REASONS } from './reasons.ts'

/** Codes that any provider may answer (RFC 6749, sections 4.1.2.1 and 5.2). */
const COMMON: ExplainedErrors = {
  invalid_client: {
    means: 'refused',
    step: {
      en: 'Id or secret is wrong: copy both again from the console.',
      ko: '클라이언트 ID 또는 시크릿이 틀렸습니다. 콘솔에서 다시 복사하세요.',
    },
  },
  unauthorized_client: {
    means: 'refused',
    step: {
      en: 'This app may not use this flow, or the secret is wrong: check the app’s type and secret.',
      ko: '이 앱에 허용되지 않은 방식이거나 시크릿이 틀렸습니다. 앱 유형과 시크릿을 확인하세요.',
    },
  },
  invalid_grant: {
    means: 'accepted',
    step: {
      en: 'The code was used, is too old, or was made for another redirect URI: sign in again.',
      ko: '코드가 사용되었거나 만료되었거나 다른 Redirect URI용입니다. 다시 로그인하세요.',
    },
  },
  invalid_request: {
    means: 'nothing',
    step: {
      en: 'A parameter was refused; some providers say so of a wrong code and of a wrong secret too.',
      ko: '파라미터가 거부되었습니다. 틀린 코드나 틀린 시크릿에도 이렇게 답하는 제공자가 있습니다.',
    },
  },
  invalid_redirect_uri: {
    means: 'incomplete',
    step: {
      en: 'The redirect URI is not registered: add it exactly as the doctor shows it.',
      ko: 'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 등록하세요.',
    },
  },
  invalid_scope: {
    means: 'incomplete',
    step: {
      en: 'The app may not ask for one of the scopes: allow it in the console, or set <PROVIDER>_SCOPES.',
      ko: '앱이 요청할 수 없는 scope가 있습니다. 콘솔에서 허용하거나 <PROVIDER>_SCOPES를 설정하세요.',
    },
  },
  access_denied: {
    means: 'nothing',
    step: {
      en: 'The person said no, or may not use the app: see who the console lets in.',
      ko: '사용자가 거부했거나 앱을 쓸 권한이 없습니다. 콘솔에서 누가 쓸 수 있는지 확인하세요.',
    },
  },
}

/** Latchkey's own codes, as `/docs/errors` explains them, and the reasons in its log. */
const OWN: ExplainedErrors = Object.fromEntries(
  [
    ...Object.entries(OWN_CODES_IN_KOREAN).map(
      ([code, ko]) => [code, { en: errorTexts[code as ErrorCode].join(' '), ko }] as const,
    ),
    ...Object.entries(REASONS),
  ].map(([code, step]) => [code, { means: 'nothing', step }]),
)

/** What the log says of a database, a network or a certificate. */
const MACHINES: ExplainedErrors = Object.fromEntries(
  Object.entries(FAILURES)
    // In the log `timeout` is a reason of our own.
    .filter(([code]) => code !== 'TIMEOUT')
    .map(([code, step]) => [code, { means: 'nothing', step }]),
)

/** What is known of a code at this provider. */
export function explainError({ console }: ProviderRow, code: string): ExplainedError | undefined {
  const errors = Object.hasOwn(console.errors, code) ? console.errors : COMMON
  return Object.hasOwn(errors, code) ? errors[code] : undefined
}

/** A code that a text names, with all that is known of it. */
export interface Named {
  code: string
  /** Whose it is; null for one that any provider may answer. */
  provider: string | null
  step: string
}

/** Every known code in a text: a code alone, an error message, the address of an error page. */
export function findErrors(
  text: string,
  rows: readonly ProviderRow[],
  language: OperatorLanguage,
): Named[] {
  const lower = text.toLowerCase()
  const words = new Set([...lower.split(/[^\w]+/), ...lower.split(/[^\w-]+/)])
  // A number in a longer text is mostly another number, but not where a line of the log names it.
  const isNamed = (code: string) =>
    /^\d+$/.test(code)
      ? text.trim() === code || text.includes(`"database":"${code}"`)
      : words.has(code.toLowerCase())
  return allErrors(rows)
    .filter(({ code }) => isNamed(code))
    .map(({ code, provider, error }) => ({ code, provider, step: error.step[language] }))
}

/** The codes of every provider, each once. */
export const knownCodes = (rows: readonly ProviderRow[]): string[] => [
  ...new Set(allErrors(rows).map(({ code }) => code)),
]

function allErrors(rows: readonly ProviderRow[]) {
  const sources = [
    ...rows.map(({ name, console }) => ({ provider: name, errors: console.errors })),
    { provider: null, errors: COMMON },
    { provider: 'Latchkey', errors: OWN },
    { provider: null, errors: MACHINES },
  ]
  return sources.flatMap(({ provider, errors }) =>
    Object.entries(errors).map(([code, error]) => ({ code, provider, error })),
  )
}
