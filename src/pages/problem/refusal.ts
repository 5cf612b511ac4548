import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../../core/pages/language.ts'
import type { RefusalPage } from '../../core/pages/refusal-page.ts'
import { texts } from '../../texts/index.ts'
import { hiddenFields } from '../form-page.ts'
import { type Html, html, lines } from '../html.ts'
import type { Look } from '../look.ts'
import { renderPage, sendPage } from '../page.ts'
import { type ReasonFacts, reasonTexts } from './reason.ts'
import { WAYS_STYLE, way } from './ways.ts'

/**
 * Makes the page that says why somebody is refused, with links to another account or back to the
 * app.
 */
export const createRefusalPage =
  (look: Look, facts: ReasonFacts) =>
  (
    { reason, client, back, anotherAccount, signIn, uiLocales }: RefusalPage,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const words = texts[language].problem
    const { title, text } = reasonTexts(reason, language, facts)
    const isDisabled = reason === 'user_disabled'
    const links = [
      anotherAccount === null ? null : way(anotherAccount, words.anotherAccount, true),
      way(signIn, words.otherWays, anotherAccount === null && !isDisabled),
    ]
    const toApp = backTo(back, words.backTo(client), isDisabled)
    const body = html`<p>${text}</p>
<div class="ways">
${lines(isDisabled ? [toApp, ...links] : [...links, toApp])}
</div>
<p class="quiet">${words.code}: access_denied (${reason}) · ${words.requestId}: ${request.id}</p>`
    const mayPost = back.fields !== null
    const extras = { style: WAYS_STYLE, ...(back.message === null ? {} : { script: TELL_SCRIPT }) }
    return sendPage(reply, renderPage(look, { language, title, body, ...extras, mayPost }))
  }

// In a window that no page opened, the link works unchanged.
const TELL_SCRIPT = `
const back = document.querySelector('[data-answer]')
back.addEventListener('click', (event) => {
  if (!window.opener) return
  event.preventDefault()
  const { origin, message } = JSON.parse(back.dataset.answer)
  window.opener.postMessage(message, origin)
  window.close()
})
`

function backTo(
  { href, fields, message }: RefusalPage['back'],
  text: string,
  isFirst: boolean,
): Html {
  if (message !== null) {
    return html`<div data-answer="${JSON.stringify(message)}">${way(href, text, isFirst)}</div>`
  }
  if (fields === null) return way(href, text, isFirst)
  return html`<form method="post" action="${href}">
${hiddenFields(fields)}
<button class="${isFirst ? 'action first' : 'action'}" type="submit">${text}</button>
</form>`
}
