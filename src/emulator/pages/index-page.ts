import type { Answer } from '../http.ts'
import type { PlayedProvider } from '../provider.ts'
import { eventsAddress } from './events-page.ts'
import { escapeHtml, htmlPage } from './html-page.ts'
import type { Speaker } from './language.ts'

/** The emulator's front page: whom it plays, and the way to what each can tell. */
export function indexPage(cast: readonly PlayedProvider[], speaker: Speaker): Answer {
  const { words } = speaker
  const items = cast.map((played) => {
    const name = escapeHtml(played.name)
    const link = `<a href="${eventsAddress(played)}">${escapeHtml(words.allEvents(played.name))}</a>`
    return `<li><strong>${name}</strong>${played.events ? `<br>${link}` : ''}</li>`
  })
  return htmlPage(speaker, {
    status: 200,
    title: words.indexTitle,
    notice: `<p>${escapeHtml(words.indexNotice)}</p>`,
    rest: `<ul role="list">\n${items.join('\n')}\n</ul>`,
  })
}
