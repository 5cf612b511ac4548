import { settings } from './client.js'
import { badge, el, facts, when } from './dom.js'
import { isRevealed, snippetView } from './snippet-view.js'
import { logoutSnippet, revokeSnippet, userSnippet } from './snippets.js'

/**
 * @import { SignedIn } from './client.js'
 * @typedef {{ provider: string, subject: string, email: string | null, email_verified: boolean, last_login_at: string }} Identity
 * @typedef {{ sub: string, name: string | null, email: string | null, email_verified: boolean, picture: string | null, locale: string | null, created_at: string, identities: Identity[] }} User
 */

/**
 * The picture, or the first letter where there is none to be had: emulated people have an address for
 * one, at a host that does not exist.
 * @param {User} user
 */
function face({ name, picture, identities }) {
  const letter = el('span', { 'aria-hidden': 'true' }, [...(name ?? '?')][0] ?? '?')
  const holder = el('div', { class: 'face' }, letter)
  if (picture === null || identities.every(({ provider }) => settings.emulated.includes(provider)))
    return holder
  const image = el('img', { alt: '', referrerpolicy: 'no-referrer' })
  image.addEventListener('error', () => holder.replaceChildren(letter))
  image.src = picture
  holder.replaceChildren(image)
  return holder
}

/** @param {{ email: string | null, email_verified: boolean }} of */
const email = ({ email, email_verified }) =>
  email === null
    ? [badge('no e-mail')]
    : [`${email} `, email_verified ? badge('verified', 'good') : badge('not verified', 'warn')]

/**
 * The second card: who signed in.
 * @param {{ user: User, signedIn: SignedIn, busy: boolean, signOut: () => void, revoke: () => void, reveal: () => void }} options
 */
export function userView({ user, signedIn, busy, signOut, revoke, reveal }) {
  const { name, sub, picture, locale, created_at, identities } = user
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'user-title' },
    el(
      'div',
      {},
      el('h2', { id: 'user-title', tabindex: '-1' }, 'Signed in'),
      el(
        'div',
        { class: 'person' },
        face(user),
        el(
          'div',
          {},
          el('div', { class: 'name' }, el('bdi', {}, name ?? 'Without a name')),
          el('div', {}, ...email(user)),
        ),
      ),
      facts([
        ['sub', el('code', {}, sub), el('small', {}, 'the user’s id: the key to use in your app')],
        ['locale', locale ?? '—'],
        ['picture', picture ?? '—'],
        ['created_at', when(created_at)],
        ...identities.map(
          (one) =>
            /** @type {[string, ...(Node | string)[]]} */ ([
              one.provider,
              el('span', {}, ...email(one)),
              el('small', {}, ' subject ', el('code', {}, one.subject)),
            ]),
        ),
      ]),
      el(
        'div',
        { class: 'row' },
        el(
          'button',
          { id: 'sign-out', type: 'button', disabled: busy, onclick: signOut },
          'Sign out',
        ),
        signedIn.tokens !== null &&
          el(
            'button',
            { id: 'revoke', type: 'button', disabled: busy, onclick: revoke },
            'Revoke tokens',
          ),
        signedIn.tokens !== null &&
          el(
            'button',
            { id: 'reveal', type: 'button', 'aria-pressed': String(isRevealed()), onclick: reveal },
            'Show tokens whole',
          ),
      ),
    ),
    el(
      'div',
      { class: 'side' },
      snippetView(userSnippet(signedIn, 'Who is it?', '/me')),
      snippetView(logoutSnippet(signedIn)),
      snippetView(revokeSnippet(signedIn)),
    ),
  )
}
