import type { Language } from '../../core/pages/language.ts'
import type { PageReason } from '../../core/pages/page-reason.ts'
import { texts } from '../../texts/index.ts'

/** Values of the settings that some of these pages show. */
export interface ReasonFacts {
  /** The host that people see in the address. */
  host: string
  /** The e-mail domains of SIGN_UP; empty where it lists none. */
  domains: readonly string[]
}

/** The title and text for a reason that has its own words. */
export function reasonTexts(
  reason: PageReason,
  language: Language,
  { host, domains }: ReasonFacts,
): { title: string; text: string } {
  const { reasons, failed } = texts[language].problem
  const { title: own, text } = reasons[reason]
  const title = own ?? failed
  if (typeof text === 'string') return { title, text }
  const list = new Intl.ListFormat(language, { type: 'disjunction' }).format(domains)
  return { title, text: text({ host, domains: list }) }
}
