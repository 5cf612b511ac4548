import { LANGUAGE_NAMES, LANGUAGES, type Language } from './language.ts'
import { escapeHtml } from './page.ts'

/** The same page in the other languages, as HTML; `label` says what they are to those who hear the page. */
export function languageLinks(
  current: Language,
  label: string,
  hrefOf: (language: Language) => string,
): string {
  const links = LANGUAGES.map((one) => {
    const name = LANGUAGE_NAMES[one]
    if (one === current) return `<span lang="${one}" aria-current="true">${name}</span>`
    return `<a lang="${one}" hreflang="${one}" rel="nofollow" href="${escapeHtml(hrefOf(one))}">${name}</a>`
  })
  return `<nav class="languages quiet" aria-label="${escapeHtml(label)}">\n${links.join('\n')}\n</nav>`
}
