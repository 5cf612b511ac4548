import { settings } from './client.js'
import { button, el } from './dom.js'
import { snippetView } from './snippet-view.js'
import { startSnippet } from './start-snippet.js'
import { pendingStore } from './store.js'
import { words } from './words.js'

/**
 * @import { Choice, Mode, Secrets } from './client.js'
 * @typedef {{ id: string, name: string }} Provider
 */

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
 * @param {Record<string, string>} options what each value says
 */
const group = (label, options) =>
  el(
    'optgroup',
    { label },
    ...Object.entries(options).map(([value, text]) => el('option', { value }, text)),
  )

/**
 * The first card: who, how, as whom. `choice` is changed by what is chosen.
 * @param {{ providers: Provider[], choice: Choice, secrets: Secrets, signIn: () => void }} options
 */
export function signInView({ providers, choice, secrets, signIn }) {
  const text = words.signIn
  const side = el('div', { class: 'side' })
  const start = button('sign-in', '', signIn, { class: 'main' })
  const hints = el(
    'select',
    {
      id: 'hint',
      onchange: () => {
        choice.hint = hints.value
        update()
      },
    },
    el('option', { value: '' }, text.chooseThere),
    group(text.atOnce, text.people),
    group(text.orFail, text.failures),
  )
  hints.value = choice.hint
  const hintField = el(
    'fieldset',
    {},
    el('label', { for: 'hint', class: 'label' }, text.person),
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
  const openidField = el('label', { class: 'check', for: 'openid' }, openid, text.openid)

  const update = () => {
    const isEmulated = settings.emulated.includes(choice.provider)
    hintField.hidden = !isEmulated
    if (!isEmulated) choice.hint = ''
    openidField.hidden = choice.mode === 'cookie'
    const name = providers.find(({ id }) => id === choice.provider)?.name ?? choice.provider
    start.textContent = text.button(name)
    // Kept before the click: who pastes the URL or the code instead is known when they come back, too.
    const pending = { ...choice, ...secrets }
    pendingStore.write(pending)
    const steps = text.courses[choice.mode].map((step) => el('li', {}, step))
    side.replaceChildren(
      snippetView(startSnippet(pending)) ?? '',
      el('h3', {}, text.course),
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
      el('h2', { id: 'sign-in-title', tabindex: '-1' }, text.title),
      tiles({
        name: 'provider',
        legend: text.provider,
        options: providers.map(({ id, name }) => [
          id,
          name,
          settings.emulated.includes(id) ? text.emulated : null,
        ]),
        chosen: choice.provider,
        choose: (value) => {
          choice.provider = value
          update()
        },
      }),
      tiles({
        name: 'mode',
        legend: text.mode,
        wide: true,
        options: Object.entries(text.modes).map(([mode, { label, about }]) => [mode, label, about]),
        chosen: choice.mode,
        choose: (value) => {
          choice.mode = /** @type {Mode} */ (value)
          update()
        },
      }),
      hintField,
      openidField,
      start,
    ),
    side,
  )
}
