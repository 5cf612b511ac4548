import type { FastifyReply, FastifyRequest } from 'fastify'
import { pickLanguage } from '../core/pages/language.ts'
import { texts } from '../texts/index.ts'
import { html } from './html.ts'
import type { Look } from './look.ts'
import { renderPage, sendPage } from './page.ts'

/** The answer to a login without an app: tokens, and the user whom they are for. */
interface TokenAnswer {
  user: { sub: string; name?: string | null | undefined; email?: string | null | undefined }
}

const STYLE = `pre { overflow: auto; max-height: 60vh; margin: 1rem 0 0; padding: 1rem; border: 1px solid var(--line);
  border-radius: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem }
.action { width: 100%; margin-top: 1rem }`

const SCRIPT = `
const button = document.querySelector('button')
button.addEventListener('click', () => {
  document.getElementById('json').hidden = false
  button.hidden = true
})
`

/**
 * On loopback, for a person who signed in without an app: shows who it is, and the answer when a
 * button is pressed.
 */
export const createTokenPage =
  (look: Look) =>
  (
    { answer, uiLocales }: { answer: TokenAnswer; uiLocales: string | undefined },
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const language = pickLanguage(uiLocales, request.headers['accept-language'])
    const { signedInAs, what, show } = texts[language].token
    const { name, email, sub } = answer.user
    const title = signedInAs(name ?? email ?? sub)
    const body = html`<p>${what}</p>
<button class="action" type="button" aria-controls="json">${show}</button>
<pre id="json" tabindex="0" hidden>${JSON.stringify(answer, null, 2)}</pre>`
    const extras = { style: STYLE, script: SCRIPT }
    return sendPage(reply, renderPage(look, { language, title, body, ...extras }))
  }
