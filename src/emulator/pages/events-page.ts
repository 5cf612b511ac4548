import type { Delivery, Wanted } from '../events/deliver.ts'
import { variants } from '../events/event.ts'
import type { Answer } from '../http.ts'
import { type Persona, personas } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import { buttonText, escapeHtml, hidden, htmlPage } from './html-page.ts'
import type { Speaker } from './language.ts'

/** Below a provider's own root. */
export const eventsPath = '/emulator/events'

/** The path of a provider's events. */
export const eventsAddress = ({ id }: PlayedProvider) => `/${id}${eventsPath}`

/** The buttons by which somebody disconnects the app, and the way to all others; for the first page. */
export function mainEvents(played: PlayedProvider, { words }: Speaker): string {
  const { events } = played
  if (events === undefined) return ''
  const [kind = ''] = Object.keys(events.kinds)
  const forms = personas.map((persona) => {
    const button = `<button>${buttonText(escapeHtml(sentence(played, kind, persona, words)), kind)}</button>`
    const fields = hidden('persona', persona.id) + hidden('kind', kind)
    return `<li><form method="post" action="${eventsAddress(played)}">${fields}${button}</form></li>`
  })
  return `<h2 id="tells">${escapeHtml(words.tells(played.name))}</h2>
<ul role="list" aria-labelledby="tells">
${forms.join('\n')}
</ul>
<p><a href="${eventsAddress(played)}">${escapeHtml(words.allEvents(played.name))}</a></p>`
}

/** The page with a button for each kind of event and each person. */
export function eventsPage(played: PlayedProvider, speaker: Speaker): Answer {
  const { words } = speaker
  const sections = personas.map((persona) => section(played, persona, speaker))
  return htmlPage(speaker, {
    status: 200,
    title: words.eventsTitle(played.name),
    notice: `<p>${escapeHtml(words.notReal(played.name))}</p>`,
    rest: sections.join('\n'),
  })
}

function section(played: PlayedProvider, persona: Persona, { words }: Speaker): string {
  const kinds = Object.entries(played.events?.kinds ?? {})
  const buttons = (wanted: (deed: string) => boolean) =>
    kinds
      .filter(([, deed]) => wanted(deed))
      .map(([kind]) => {
        const text = buttonText(escapeHtml(sentence(played, kind, persona, words)), kind)
        return `<li><button name="kind" value="${kind}">${text}</button></li>`
      })
      .join('\n')
  const choices = variants
    .map((one) => `<option value="${one}">${escapeHtml(words.variants[one])}</option>`)
    .join('')
  const choice = `variant-${persona.id}`
  return `<section aria-labelledby="${persona.id}"><h2 id="${persona.id}">${words.called[persona.id]}</h2>
<form method="post" action="${eventsAddress(played)}">${hidden('persona', persona.id)}
<label for="${choice}">${words.how}</label>
<select id="${choice}" name="variant"><option value="">${words.genuine}</option>${choices}</select>
<ul role="list">
${buttons((deed) => deed !== 'other')}
</ul>
<details><summary>${words.furtherEvents}</summary>
<ul role="list">
${buttons((deed) => deed === 'other')}
</ul></details>
</form></section>`
}

/** The page that says what was sent and what came of it; no delivery: there was none to repeat. */
export function sentPage(
  played: PlayedProvider,
  { kind, persona, variant }: Wanted,
  delivery: Delivery | null,
  speaker: Speaker,
): Answer {
  const { words } = speaker
  const how = variant === null ? '' : ` (${words.variants[variant]})`
  const back = `<p><a href="${eventsAddress(played)}">${escapeHtml(words.allEvents(played.name))}</a></p>`
  return htmlPage(speaker, {
    status: delivery ? 200 : 409,
    title: words.eventsTitle(played.name),
    notice: `<p>${escapeHtml(sentence(played, kind, persona, words) + how)}</p>`,
    rest: (delivery ? outcome(played, delivery, words) : `<p>${words.neverSent}</p>`) + back,
  })
}

function outcome(
  { name }: PlayedProvider,
  { sent, answer, failure, accepted }: Delivery,
  words: Speaker['words'],
): string {
  const taken = accepted ? words.accepted(name) : words.notAccepted(name)
  const said = answer ? words.answered(answer.status) : words.noAnswer(failure ?? '')
  const block = (title: string, headers: Readonly<Record<string, string>>, body: string) => {
    const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}`)
    const text = [...lines, '', body].join('\n')
    return `<h2>${title}</h2><pre tabindex="0">${escapeHtml(text)}</pre>`
  }
  return [
    `<p role="status"><strong>${escapeHtml(said)}</strong> ${escapeHtml(answer ? taken : '')}</p>`,
    `<p>${escapeHtml(words.sentTo(`${sent.method} ${sent.url}`))}</p>`,
    answer ? block(words.whatWasAnswered, answer.headers, answer.body) : '',
    block(words.whatWasSent, sent.headers, sent.body),
  ].join('\n')
}

function sentence(
  { name, events }: PlayedProvider,
  kind: string,
  persona: Persona,
  words: Speaker['words'],
): string {
  return words.deeds[events?.kinds[kind] ?? 'other'](words.called[persona.id], name)
}
