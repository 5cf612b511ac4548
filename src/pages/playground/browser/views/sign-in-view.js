import { CLIENT_ID, otherApp, settings } from '../client.js'
import { button, el } from '../dom.js'
import { appCodeSnippet, startSnippet } from '../snippets/start-snippet.js'
import { pendingStore } from '../store.js'
import { words } from '../words.js'
import { snippetView } from './snippet-view.js'

/**
 * @import { PlaygroundApp } from '../../facts.ts'
 * @import { Choice, Mode, Secrets } from '../client.js'
 * @typedef {{ id: string, name: string, auth_time?: true }} Provider
 */

/** How many providers are in sight at once. */
const FIRST_PROVIDERS = 5

/**
 * A choice of one, as tiles; what comes after the `first` few is folded away.
 * @param {{ name: string, legend: string, wide?: boolean, first?: number, options: [value: string, label: string, about: string | null][], chosen: string, choose: (value: string) => void }} options
 */
function tiles({ name, legend, wide = false, first = Infinity, options, chosen, choose }) {
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
  const looks = wide ? 'tiles wide' : 'tiles'
  const rest = options.slice(first)
  return el(
    'fieldset',
    {},
    el('legend', {}, legend),
    el('div', { class: looks }, ...options.slice(0, first).map(tile)),
    rest.length > 0 &&
      el(
        'details',
        { class: 'more', id: `more-${name}`, open: rest.some(([value]) => value === chosen) },
        el('summary', {}, words.signIn.more(rest.length)),
        el('div', { class: looks }, ...rest.map(tile)),
      ),
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
 * Which app the login is for, where there are others than the playground.
 * @param {Choice} choice
 * @param {() => void} changed
 */
function appField(choice, changed) {
  const { app: label, here } = words.signIn
  if (settings.apps.length === 0) return null
  const apps = el(
    'select',
    {
      id: 'app-choice',
      onchange: () => {
        choice.app = apps.value
        changed()
      },
    },
    el('option', { value: CLIENT_ID }, here),
    ...settings.apps.map(({ id, name }) => el('option', { value: id }, name)),
  )
  apps.value = choice.app
  return el('fieldset', {}, el('label', { for: 'app-choice', class: 'label' }, label), apps)
}

/** The response mode that each way needs. @type {[Mode, string][]} */
const NEEDS = [
  ['redirect', 'query'],
  ['popup', 'web_message'],
  ['cookie', 'cookie'],
]

/**
 * Leaves an app the ways that it lists.
 * @param {HTMLElement} field
 * @param {Choice} choice
 * @param {PlaygroundApp | undefined} app
 */
function allowModes(field, choice, app) {
  for (const [mode, needed] of NEEDS) {
    const input = field.querySelector(`input[value=${mode}]`)
    const isAllowed = app === undefined || app.modes.includes(needed)
    input?.toggleAttribute('disabled', !isAllowed)
    if (!isAllowed && choice.mode === mode) choice.mode = 'redirect'
  }
}

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

  const away = el('div', {})
  const modes = tiles({
    name: 'mode',
    legend: text.mode,
    wide: true,
    options: Object.entries(text.modes).map(([mode, { label, about }]) => [mode, label, about]),
    chosen: choice.mode,
    choose: (value) => {
      choice.mode = /** @type {Mode} */ (value)
      update()
    },
  })

  const update = () => {
    const isEmulated = settings.emulated.includes(choice.provider)
    hintField.hidden = !isEmulated
    if (!isEmulated) choice.hint = ''
    openidField.hidden = choice.mode === 'cookie'
    const app = otherApp(choice.app)
    // An app that the answer goes to has its own ways; the page only begins the login.
    const isElsewhere = app !== undefined && !app.endsHere
    if (isElsewhere) choice.mode = 'redirect'
    modes.hidden = isElsewhere
    allowModes(modes, choice, app)
    away.replaceChildren(
      ...(isElsewhere ? [el('p', { class: 'soft' }, text.elsewhere(app.redirectUri))] : []),
      ...(app?.url ? [el('p', {}, el('a', { href: app.url }, text.openApp(app.name)))] : []),
    )
    const name = providers.find(({ id }) => id === choice.provider)?.name ?? choice.provider
    start.textContent = text.button(name)
    // Kept before the click: who pastes the URL or the code instead is known when they come back, too.
    const pending = { ...choice, ...secrets }
    pendingStore.write(pending)
    const steps = text.courses[choice.mode].map((step) => el('li', {}, step))
    side.replaceChildren(
      snippetView(startSnippet(pending)) ?? '',
      (isElsewhere && snippetView(appCodeSnippet(pending))) || '',
      ...(isElsewhere ? [] : [el('h3', {}, text.course), el('ol', { class: 'steps' }, ...steps)]),
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
      appField(choice, () => update()),
      tiles({
        name: 'provider',
        legend: text.provider,
        first: FIRST_PROVIDERS,
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
      modes,
      hintField,
      openidField,
      start,
      away,
    ),
    side,
  )
}
