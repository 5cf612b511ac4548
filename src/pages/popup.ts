import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import type { PopupAnswer } from '../core/pages/opener-message.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

// The script reads the message from the page, so it is always the same and has one hash.
const SCRIPT = `
const { origin, message } = JSON.parse(document.getElementById('answer').dataset.answer)
if (window.opener) {
  window.opener.postMessage(message, origin)
  document.getElementById('close').hidden = false
  document.getElementById('onward').hidden = true
  window.close()
} else {
  console.warn('No page to post to: where one opened this window, its Cross-Origin-Opener-Policy (same-origin) cut it off.')
}
`

/**
 * A page that sends the answer to its opener and closes itself. A tab without an opener, or one
 * that a policy cut off from it, has a link instead: if it closed, neither app nor person would get
 * an answer.
 */
export const createPopupPage =
  (look: Look) =>
  (
    { origin, message, onward, client, uiLocales, intent }: PopupAnswer,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const { signedIn, confirmed, close } = texts[language].popup
    const { failed, backTo } = texts[language].problem
    const title = 'error' in message.response ? failed : intent === 'link' ? confirmed : signedIn
    const body = html`<div id="answer" data-answer="${JSON.stringify({ origin, message })}"></div>
<p id="close" hidden>${close}</p>
<p><a id="onward" class="action" rel="nofollow" href="${onward}">${backTo(client)}</a></p>`
    const extras = { style: '.action { margin-top: 1.5rem }', script: SCRIPT }
    return sendPage(reply, renderPage(look, { language, title, body, ...extras }))
  }
