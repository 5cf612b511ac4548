import type { Language } from '../core/language.ts'
import type { SignUp } from '../core/linking.ts'
import type { PageReason } from '../core/page-reason.ts'
import { texts } from './texts/index.ts'

/** The title and text of a page that has words of its own; SIGN_UP names the domains that may come in. */
export function reasonTexts(
  reason: PageReason,
  language: Language,
  signUp: SignUp,
): { title: string; text: string } {
  const { title, text } = texts[language].problem.reasons[reason]
  if (typeof text === 'string') return { title, text }
  const domains = typeof signUp === 'string' ? [] : signUp
  return {
    title,
    text: text(new Intl.ListFormat(language, { type: 'disjunction' }).format(domains)),
  }
}
