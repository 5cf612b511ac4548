import { settings } from '../client.js'
import { button, el } from '../dom.js'
import { quote } from '../snippets/snippet-parts.js'
import { formSnippet, userSnippet } from '../snippets/snippets.js'
import { asked, outcomes, silentProvider } from '../tries.js'
import { words } from '../words.js'
import { snippetView } from './snippet-view.js'

/**
 * @import { SignedIn } from '../client.js'
 * @import { Child } from '../dom.js'
 * @import { Snippet } from '../snippets/snippet-parts.js'
 * @import { User } from './user-view.js'
 * @typedef {{ link(provider: string): void, unlink(provider: string): void, stale(provider: string): void, fresh(provider: string): void, disconnect(provider: string, persona: string): void, ask(): void, remove(): void, leave(): void }} Deeds
 * @typedef {{ user: User, signedIn: SignedIn, nameOf: (provider: string) => string, deeds: Deeds }} Parts
 */

const text = words.tries

/**
 * A card that opens: a sentence, a button, what came of it, and the request to copy.
 * @param {'link' | 'unlink' | 'stepUp' | 'disconnect' | 'remove' | 'webhook'} id
 * @param {Child[]} body
 * @param {(Snippet | null)[]} [snippets]
 */
export function card(id, body, snippets = []) {
  const outcome = outcomes[id]
  return el(
    'details',
    { class: 'try', id: `try-${id}` },
    el('summary', {}, text[id].title),
    el('p', { class: 'soft' }, text[id].about),
    ...body,
    outcome !== undefined &&
      el('p', { class: outcome.isGood ? 'notice good' : 'notice bad' }, outcome.text),
    outcome?.shown !== undefined &&
      snippetView({
        title: text.answer,
        heard: `${text[id].title}, ${text.answer}`,
        path: '',
        variants: [{ label: 'HTTP', text: outcome.shown }],
        secrets: [],
      }),
    ...snippets.map(
      (one) => one && snippetView({ ...one, heard: `${text[id].title}, ${one.title}` }),
    ),
  )
}

/** @param {...Child} children */
const row = (...children) => el('div', { class: 'row' }, ...children)

/**
 * A choice in a card.
 * @param {string} id
 * @param {string} label
 * @param {[value: string, text: string][]} options
 */
function choice(id, label, options) {
  const select = el(
    'select',
    { id },
    ...options.map(([value, name]) => el('option', { value }, name)),
  )
  return { select, field: el('div', {}, el('label', { for: id, class: 'label' }, label), select) }
}

/** @param {Parts} parts */
function linkCard({ user, signedIn, nameOf, deeds }) {
  const free = settings.providers.filter((id) =>
    user.identities.every((one) => one.provider !== id),
  )
  const { select, field } = choice(
    'link-provider',
    words.signIn.provider,
    free.map((id) => [id, nameOf(id)]),
  )
  const start = button('link', '', () => deeds.link(select.value))
  const update = () => {
    start.textContent = text.link.button(nameOf(select.value))
  }
  select.addEventListener('change', update)
  update()
  const body = free.length === 0 ? [el('p', {}, text.link.all)] : [field, row(start)]
  return card('link', body, [
    formSnippet(signedIn, {
      title: text.request,
      path: '/me/identities',
      form: { code: '…', redirect_uri: `${settings.publicUrl}/`, code_verifier: '…' },
      note: text.link.note,
      ...bearer(signedIn),
    }),
  ])
}

/** @param {SignedIn} signedIn */
const bearer = ({ tokens }) =>
  tokens === null ? {} : { token: tokens.access_token, secrets: [tokens.access_token] }

/** @param {Parts} parts */
const unlinkCard = ({ user, signedIn, nameOf, deeds }) =>
  card(
    'unlink',
    [
      row(
        ...user.identities.map(({ provider }) =>
          button(`unlink-${provider}`, text.unlink.button(nameOf(provider)), () =>
            deeds.unlink(provider),
          ),
        ),
      ),
    ],
    [
      userSnippet(
        signedIn,
        text.request,
        `/me/identities/${user.identities[0]?.provider ?? ''}`,
        'DELETE',
      ),
    ],
  )

/** @param {Parts} parts */
function stepUpCard({ signedIn, deeds }) {
  const provider = silentProvider()
  if (provider === undefined) return card('stepUp', [el('p', {}, text.stepUp.unable)])
  return card(
    'stepUp',
    [
      row(
        button('stale', text.stepUp.silent, () => deeds.stale(provider)),
        outcomes.stepUp !== undefined &&
          button('fresh', text.stepUp.again, () => deeds.fresh(provider)),
      ),
    ],
    [userSnippet(signedIn, text.request, '/me/identities/none', 'DELETE')],
  )
}

/** The persona whose name the user has, as far as can be seen. @param {Parts} parts */
const personaOf = ({ user, signedIn }) =>
  Object.keys(words.signIn.people).find((id) => id === signedIn.hint) ??
  { 김민지: 'minji', 'Alex Morgan': 'alex', 이소라: 'sora', 田中雪: 'yuki' }[user.name ?? ''] ??
  'minji'

/** @param {Parts} parts */
function disconnectCard(parts) {
  const { signedIn, nameOf, deeds } = parts
  const { provider } = signedIn
  const { tells, emulator } = settings
  if (!tells.includes(provider) || emulator === null) {
    return card('disconnect', [
      el('p', {}, text.disconnect.unable(tells.map(nameOf).join(', ') || '—')),
    ])
  }
  const people = Object.entries(words.signIn.people).filter(([id]) => !id.startsWith('!'))
  const { select, field } = choice('disconnect-persona', text.disconnect.who, people)
  select.value = personaOf(parts)
  const isOver = outcomes.disconnect?.isGood === true
  return card(
    'disconnect',
    isOver
      ? [row(button('leave', text.disconnect.again, deeds.leave))]
      : [
          field,
          row(
            button('disconnect', text.disconnect.button(nameOf(provider)), () =>
              deeds.disconnect(provider, select.value),
            ),
          ),
        ],
    [
      {
        title: text.request,
        path: '',
        variants: [
          {
            label: 'curl',
            text: `curl -s ${quote(`${emulator}/${provider}/emulator/events`)} -d persona=${select.value}`,
          },
        ],
        secrets: [],
      },
    ],
  )
}

/** @param {Parts} parts */
const removeCard = ({ signedIn, deeds }) =>
  card(
    'remove',
    [
      row(
        asked.remove
          ? button('remove-sure', text.remove.sure, deeds.remove)
          : button('remove', text.remove.button, deeds.ask),
      ),
    ],
    [userSnippet(signedIn, text.request, '/me', 'DELETE')],
  )

/**
 * What happens in the life of an account, each as a card that opens.
 * @param {Parts} parts
 * @param {HTMLElement | null} webhooks
 */
export const triesView = (parts, webhooks) =>
  el(
    'section',
    { class: 'card plain', 'aria-labelledby': 'tries-title' },
    el('h2', { id: 'tries-title', tabindex: '-1' }, text.title),
    el('p', { class: 'soft' }, text.about),
    linkCard(parts),
    unlinkCard(parts),
    stepUpCard(parts),
    disconnectCard(parts),
    webhooks,
    removeCard(parts),
  )
