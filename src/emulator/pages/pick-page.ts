import { createHash } from 'node:crypto'
import type { Answer } from '../http.ts'
import { hintParametersOf, hintsOf } from '../login/hints.ts'
import { personas } from '../personas.ts'
import type { FaultWords, PlayedProvider } from '../provider.ts'
import { mainEvents } from './events-page.ts'
import { buttonText, escapeHtml, hidden, htmlPage } from './html-page.ts'
import type { Speaker } from './language.ts'

/** Marks a request that the page's own form sends, in which a browser writes a space as `+`. */
export const pickedHere = 'picked_here'

const submitting = 'document.forms[0].submit()'
const submittingHash = `sha256-${createHash('sha256').update(submitting).digest('base64')}`

/** The page on which somebody picks who signs in, or what goes wrong. */
export function pickPage(
  played: PlayedProvider,
  action: string,
  request: Readonly<Record<string, string>>,
  speaker: Speaker,
): Answer {
  const { words } = speaker
  const own = [...hintParametersOf(played), pickedHere]
  const kept = Object.entries(request).filter(([name]) => !own.includes(name))
  const fields = kept.map(([name, value]) => hidden(name, value)).join('')
  const form = (pick: string, nameHtml: string, about: string) =>
    `<li><form method="get" action="${escapeHtml(action)}">${fields}${hidden(pickedHere, '1')}${hidden('login_hint', pick)}` +
    `<button>${buttonText(nameHtml, about)}</button></form></li>`
  const list = (id: string, title: string, forms: readonly string[]) =>
    `<h2 id="${id}">${title}</h2>\n<ul role="list" aria-labelledby="${id}">\n${forms.join('\n')}\n</ul>`
  const people = personas.map(({ id, name, locale }) =>
    form(id, `<bdi lang="${locale}">${escapeHtml(name)}</bdi>`, `${id}: ${words.people[id]}`),
  )
  const faults = hintsOf(played).map((name) =>
    form(name, `<code>${name}</code>`, words.hints[name]),
  )
  return htmlPage(speaker, {
    status: 200,
    title: words.title(played.name),
    notice: `<p>${escapeHtml(words.notReal(played.name))}</p>`,
    rest: [
      list('people', words.signInAs, people),
      list('failures', words.orFail, faults),
      mainEvents(played, speaker),
    ].join('\n'),
  })
}

/** The page of an authorization request that is refused without a redirect. */
export function faultPage(
  played: PlayedProvider,
  fault: FaultWords,
  detail: string,
  speaker: Speaker,
): Answer {
  return htmlPage(speaker, {
    status: fault.status,
    title: speaker.words.errorTitle(played.name),
    notice: `<p lang="en"><strong>${escapeHtml(fault.code)}</strong> ${escapeHtml(fault.text)}</p>`,
    rest: `<p><code>${escapeHtml(detail)}</code></p>`,
  })
}

/** The page that posts a callback's parameters to the app by itself (OAuth form post mode). */
export function postingPage(
  played: PlayedProvider,
  uri: string,
  values: readonly (readonly [string, string])[],
  speaker: Speaker,
): Answer {
  const { words } = speaker
  const fields = values.map(([name, value]) => hidden(name, value)).join('')
  return htmlPage(speaker, {
    status: 200,
    title: words.title(played.name),
    notice: `<p>${words.backToApp}</p>`,
    rest: `<form method="post" action="${escapeHtml(uri)}">${fields}<button>${words.continue}</button></form>
<script>${submitting}</script>`,
    script: `script-src '${submittingHash}'; `,
  })
}
