import { settings } from '../client.js'
import { badge, button, el, facts, when } from '../dom.js'
import { logoutSnippet, revokeSnippet, userSnippet } from '../snippets/snippets.js'
import { words } from '../words.js'
import { codeOf, isRevealed, snippetView } from './snippet-view.js'

/**
 * @import { SignedIn } from '../client.js'
 * @typedef {{ provider: string, subject: string, email?: string, email_verified?: boolean, last_login_at: string }} Identity
 * @typedef {{ sub: string, name?: string, email?: string, email_verified?: boolean, picture?: string, locale?: string, created_at: string, identities: Identity[] }} User
 */

/**
 * The picture, or the first letter where there is none to be had: emulated people have an address for
 * one, at a host that does not exist.
 * @param {User} user
 */
function face({ name, picture, identities }) {
  const letter = el('span', { 'aria-hidden': 'true' }, [...(name ?? '?')][0] ?? '?')
  const holder = el('div', { class: 'face' }, letter)
  if (
    picture === undefined ||
    identities.every(({ provider }) => settings.emulated.includes(provider))
  )
    return holder
  const image = el('img', { alt: '', referrerpolicy: 'no-referrer' })
  image.addEventListener('error', () => holder.replaceChildren(letter))
  image.src = picture
  holder.replaceChildren(image)
  return holder
}

/** @param {{ email?: string, email_verified?: boolean }} of What nobody knows is not there. */
const email = ({ email, email_verified }) =>
  email === undefined
    ? [badge(words.user.noEmail)]
    : [
        `${email} `,
        email_verified ? badge(words.user.verified, 'good') : badge(words.user.notVerified, 'warn'),
      ]

/**
 * The second card: who signed in.
 * @param {{ user: User, signedIn: SignedIn, provider: string, signOut: (isEverywhere: boolean) => void, revoke: () => void, reveal: () => void }} options `provider`: its name
 */
export function userView({ user, signedIn, provider, signOut, revoke, reveal }) {
  const text = words.user
  const { name, sub, picture, locale, created_at, identities } = user
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'user-title' },
    el(
      'div',
      {},
      el('h2', { id: 'user-title', tabindex: '-1' }, text.title),
      el(
        'div',
        { class: 'person' },
        face(user),
        el(
          'div',
          {},
          el('div', { class: 'name' }, el('bdi', {}, name ?? text.nameless)),
          el('div', {}, ...email(user)),
        ),
      ),
      facts([
        ['sub', el('code', {}, sub), el('small', {}, text.sub)],
        ['locale', locale ?? '—'],
        ['picture', picture ?? '—'],
        ['created_at', when(created_at)],
        ...identities.map(
          (one) =>
            /** @type {[string, ...(Node | string)[]]} */ ([
              one.provider,
              el('span', {}, ...email(one)),
              el('small', {}, ` ${text.subject} `, el('code', {}, one.subject)),
            ]),
        ),
      ]),
      el(
        'div',
        { class: 'row' },
        button('sign-out', text.signOut, () => signOut(false)),
        button('sign-out-everywhere', text.signOutAt(provider), () => signOut(true)),
        signedIn.tokens !== null && button('revoke', text.revoke, revoke),
        signedIn.tokens !== null &&
          button('reveal', text.reveal, reveal, { 'aria-pressed': String(isRevealed()) }),
      ),
    ),
    codeOf(
      'user-code',
      snippetView(userSnippet(signedIn, words.snippets.user, '/me')),
      snippetView(logoutSnippet(signedIn, words.snippets.signOut, '/logout')),
      snippetView(
        logoutSnippet(signedIn, words.snippets.signOutAtProvider, `/logout/${signedIn.provider}`),
      ),
      snippetView(revokeSnippet(signedIn)),
    ),
  )
}
