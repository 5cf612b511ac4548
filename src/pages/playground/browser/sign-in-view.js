import { settings } from './client.js'
import { el } from './dom.js'
import { snippetView } from './snippet-view.js'
import { startSnippet } from './snippets.js'
import { COURSES, FAILURES, PEOPLE } from './words.js'

/**
 * @import { Choice, Mode, Secrets } from './client.js'
 * @typedef {{ id: string, name: string }} Provider
 */

/** @type {[Mode, string, string][]} */
const MODES = [
  ['redirect', 'Redirect', 'the page goes and comes back'],
  ['popup', 'Popup', 'the page stays, a window asks'],
  ['cookie', 'Cookie', 'no script ever sees a token'],
]

/**
 * A choice of one, as tiles.
 * @param {{ name: string, legend: string, wide?: boolean, options: [value: string, label: string, about: string | null][], chosen: string, choose: (value: string) => void }} options
 */
function tiles({ name, legend, wide = false, options, chosen, choose }) {
  const tile = (/** @type {[string, string, string | null]} */ [value, label, about]) =>
    el(
      'label',
      { class: 'tile' },
      el('input', {
        type: 'radio',
        name,
        value,
        checked: value === chosen,
        onchange: () => choose(value),
      }),
      el('b', {}, label),
      about === null ? null : el('small', { class: wide ? '' : 'mark' }, about),
    )
  return el(
    'fieldset',
    {},
    el('legend', {}, legend),
    el('div', { class: wide ? 'tiles wide' : 'tiles' }, ...options.map(tile)),
  )
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 */
const group = (label, options) =>
  el('optgroup', { label }, ...options.map(([value, text]) => el('option', { value }, text)))

/**
 * The first card: who, how, as whom. `choice` is changed by what is chosen.
 * @param {{ providers: Provider[], choice: Choice, secrets: Secrets, signIn: () => void }} options
 */
export function signInView({ providers, choice, secrets, signIn }) {
  const side = el('div', { class: 'side' })
  const button = el('button', { id: 'sign-in', type: 'button', class: 'main', onclick: signIn })
  const hints = el(
    'select',
    {
      id: 'hint',
      onchange: () => {
        choice.hint = hints.value
        update()
      },
    },
    el('option', { value: '' }, 'Choose on the provider’s page'),
    group('Sign in at once as', PEOPLE),
    group('Or fail', FAILURES),
  )
  hints.value = choice.hint
  const hintField = el(
    'fieldset',
    {},
    el('label', { for: 'hint', class: 'label' }, 'As whom (emulated)'),
    hints,
  )
  const openid = el('input', {
    type: 'checkbox',
    id: 'openid',
    checked: choice.openid,
    onchange: () => {
      choice.openid = openid.checked
      update()
    },
  })
  const openidField = el(
    'label',
    { class: 'check', for: 'openid' },
    openid,
    'Ask for an ID token too (openid)',
  )

  const update = () => {
    const isEmulated = settings.emulated.includes(choice.provider)
    hintField.hidden = !isEmulated
    if (!isEmulated) choice.hint = ''
    openidField.hidden = choice.mode === 'cookie'
    const name = providers.find(({ id }) => id === choice.provider)?.name ?? choice.provider
    button.textContent = `Sign in with ${name}`
    const snippet = snippetView(startSnippet({ ...choice, ...secrets }))
    const steps = COURSES[choice.mode].map((step) => el('li', {}, step))
    side.replaceChildren(
      ...(snippet === null ? [] : [snippet]),
      el('h3', {}, 'What happens'),
      el('ol', { class: 'steps' }, ...steps),
    )
  }
  update()

  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'sign-in-title' },
    el(
      'div',
      {},
      el('h2', { id: 'sign-in-title', tabindex: '-1' }, 'Sign in'),
      tiles({
        name: 'provider',
        legend: 'With',
        options: providers.map(({ id, name }) => [
          id,
          name,
          settings.emulated.includes(id) ? 'EMULATED' : null,
        ]),
        chosen: choice.provider,
        choose: (value) => {
          choice.provider = value
          update()
        },
      }),
      tiles({
        name: 'mode',
        legend: 'How',
        wide: true,
        options: MODES,
        chosen: choice.mode,
        choose: (value) => {
          choice.mode = /** @type {Mode} */ (value)
          update()
        },
      }),
      hintField,
      openidField,
      button,
    ),
    side,
  )
}
