import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from './html.ts'
import { type Language, pickLanguage } from './language.ts'
import { renderPage, sendPage } from './page.ts'

/** What a program gets that signs in without an app: tokens, and whom they are for. */
interface TokenAnswer {
  user: { sub: string; name?: string | null | undefined; email?: string | null | undefined }
}

interface Texts {
  signedInAs: (who: string) => string
  what: string
  show: string
}

const TEXTS: Readonly<Record<Language, Texts>> = {
  en: {
    signedInAs: (who) => `Signed in as ${who}`,
    what: 'No app sent you here, so that Latchkey itself has the answer: what a program gets. It holds tokens; anybody who sees them can use them.',
    show: 'Show the JSON',
  },
  ko: {
    signedInAs: (who) => `${who} 님으로 로그인했습니다`,
    what: '앱을 거치지 않았으므로 프로그램이 받는 응답을 Latchkey가 직접 보여 줍니다. 응답에는 토큰이 들어 있으며, 토큰을 본 사람은 누구나 쓸 수 있습니다.',
    show: 'JSON 보기',
  },
  ja: {
    signedInAs: (who) => `${who} としてログインしました`,
    what: 'アプリを経由していないため、プログラムが受け取る応答をLatchkeyが直接表示します。応答にはトークンが含まれ、見た人は誰でも使えます。',
    show: 'JSONを表示',
  },
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

/** On loopback, for a person who has signed in without an app: who it is, and the answer behind a button. */
export function sendTokenPage(
  { answer, uiLocales }: { answer: TokenAnswer; uiLocales: string | undefined },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const language = pickLanguage(uiLocales, request.headers['accept-language'])
  const { signedInAs, what, show } = TEXTS[language]
  const { name, email, sub } = answer.user
  const title = signedInAs(name ?? email ?? sub)
  const body = html`<p>${what}</p>
<button class="action" type="button" aria-controls="json">${show}</button>
<pre id="json" tabindex="0" hidden>${JSON.stringify(answer, null, 2)}</pre>`
  const extras = { style: STYLE, script: SCRIPT }
  return sendPage(reply, renderPage(language, title, body, extras))
}
