import { LANGUAGES, type Language } from '../../core/pages/language.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html } from '../html.ts'

/** Links to the same page in other languages; `label` describes them for screen readers. */
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
