import { badge, button, el, when } from '../dom.js'
import { endOneSnippet, userSnippet } from '../snippets/snippets.js'
import { language, words } from '../words.js'
import { codeOf, snippetView } from './snippet-view.js'

/**
 * @import { SignedIn } from '../client.js'
 * @typedef {{ id: string, client_id: string, provider: string, user_agent: string | null, address: string | null, created_at: string, last_used_at: string, current: boolean }} Session
 */

/**
 * What a person calls a browser.
 * @param {string | null} userAgent
 */
function browserOf(userAgent) {
  if (userAgent === null) return words.sessions.unknown
  const [, name] = /(Firefox|Edg|OPR|Chrome|Safari|curl)\//.exec(userAgent) ?? []
  return name ?? userAgent.slice(0, 60)
}

/**
 * The fourth card: where this user is signed in.
 * @param {{ sessions: Session[], signedIn: SignedIn, end: (id: string) => void, endOthers: () => void, again: () => void }} options
 */
export function sessionsView({ sessions, signedIn, end, endOthers, again }) {
  const text = words.sessions
  const others = sessions.filter(({ current }) => !current)
  const item = (/** @type {Session} */ session) =>
    el(
      'li',
      {},
      el(
        'div',
        {},
        `${session.client_id} · ${session.provider} · ${browserOf(session.user_agent)} `,
        session.current && badge(text.current, 'good'),
        el('br'),
        el('small', {}, `${session.address ?? ''} ${text.since} `, when(session.created_at)),
      ),
      !session.current &&
        el(
          'button',
          {
            type: 'button',
            'aria-label': text.endThat(
              session.provider,
              new Date(session.created_at).toLocaleTimeString(language),
            ),
            onclick: () => end(session.id),
          },
          text.end,
        ),
    )
  const [other] = others
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'sessions-title' },
    el(
      'div',
      {},
      el('h2', { id: 'sessions-title', tabindex: '-1' }, text.title),
      el('ul', { class: 'list', role: 'list' }, ...sessions.map(item)),
      el(
        'div',
        { class: 'row' },
        button('end-others', text.endOthers, endOthers, { disabled: other === undefined }),
        button('again', text.again, again),
      ),
      el('p', { class: 'soft' }, text.note),
    ),
    codeOf(
      'sessions-code',
      snippetView(userSnippet(signedIn, words.snippets.sessions, '/me/sessions')),
      other === undefined ? null : snippetView(endOneSnippet(signedIn, other.id)),
      snippetView(userSnippet(signedIn, words.snippets.endOthers, '/me/sessions', 'DELETE')),
    ),
  )
}
