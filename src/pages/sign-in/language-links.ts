import { LANGUAGES, type Language } from '../../core/pages/language.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html } from '../html.ts'

/** The same page in the other languages; `label` says what they are to those who hear the page. */
export function languageLinks(
  current: Language,
  label: string,
  hrefOf: (language: Language) => string,
): Html {
  const links = LANGUAGES.map((one) => {
    const name = texts[one].name
    if (one === current) return html`<span lang="${one}" aria-current="true">${name}</span>`
    return html`<a lang="${one}" hreflang="${one}" rel="nofollow" href="${hrefOf(one)}">${name}</a>`
  })
  return html`<nav class="languages quiet" aria-label="${label}">\n${links}\n</nav>`
}
