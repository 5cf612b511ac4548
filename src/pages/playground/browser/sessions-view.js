import { badge, el, when } from './dom.js'
import { snippetView } from './snippet-view.js'
import { userSnippet } from './snippets.js'

/**
 * @import { SignedIn } from './client.js'
 * @typedef {{ id: string, client_id: string, provider: string, user_agent: string | null, address: string | null, created_at: string, last_used_at: string, current: boolean }} Session
 */

/**
 * What a person calls a browser.
 * @param {string | null} userAgent
 */
function browserOf(userAgent) {
  if (userAgent === null) return 'unknown program'
  const [, name] = /(Firefox|Edg|OPR|Chrome|Safari|curl)\//.exec(userAgent) ?? []
  return name ?? userAgent.slice(0, 60)
}

/**
 * The fourth card: where this user is signed in.
 * @param {{ sessions: Session[], signedIn: SignedIn, busy: boolean, end: (id: string) => void, endOthers: () => void, again: () => void }} options
 */
export function sessionsView({ sessions, signedIn, busy, end, endOthers, again }) {
  const others = sessions.filter(({ current }) => !current)
  const item = (/** @type {Session} */ session) =>
    el(
      'li',
      {},
      el(
        'div',
        {},
        `${session.client_id} · ${session.provider} · ${browserOf(session.user_agent)} `,
        session.current && badge('this one', 'good'),
        el('br'),
        el('small', {}, session.address ?? '', ' since ', when(session.created_at)),
      ),
      !session.current &&
        el(
          'button',
          {
            type: 'button',
            disabled: busy,
            'aria-label': `End the session of ${session.provider} since ${new Date(session.created_at).toLocaleTimeString()}`,
            onclick: () => end(session.id),
          },
          'End',
        ),
    )
  const path = `/me/sessions/${others[0]?.id ?? '<id>'}`
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'sessions-title' },
    el(
      'div',
      {},
      el('h2', { id: 'sessions-title', tabindex: '-1' }, 'Sessions'),
      el('ul', { class: 'list' }, ...sessions.map(item)),
      el(
        'div',
        { class: 'row' },
        el(
          'button',
          {
            id: 'end-others',
            type: 'button',
            disabled: busy || others.length === 0,
            onclick: endOthers,
          },
          'End all others',
        ),
        el('button', { id: 'again', type: 'button', onclick: again }, 'Sign in once more'),
      ),
      el('p', { class: 'soft' }, 'What is ended answers 401 at once.'),
    ),
    el(
      'div',
      { class: 'side' },
      snippetView(userSnippet(signedIn, 'List', '/me/sessions')),
      snippetView(userSnippet(signedIn, 'End one', path, 'DELETE')),
      snippetView(userSnippet(signedIn, 'End all others', '/me/sessions', 'DELETE')),
    ),
  )
}
