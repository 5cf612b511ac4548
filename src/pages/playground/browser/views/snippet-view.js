import { copyButton, el } from '../dom.js'
import { words } from '../words.js'

/** @import { Snippet, Variant } from '../snippets/snippet-parts.js' */

const preferences = {
  /** Labels that were chosen, the last one first. @type {string[]} */
  labels: [],
  /** Whether tokens are shown whole; they are copied whole either way. */
  reveal: false,
  /** Whether code is in sight; a phone has no room beside the rest. */
  code: window.matchMedia('(min-width: 60rem)').matches,
}

/** Whether tokens are shown whole. */
export const isRevealed = () => preferences.reveal
export const toggleReveal = () => {
  preferences.reveal = !preferences.reveal
}

/**
 * @param {string} text
 * @param {string[]} secrets
 */
function mask(text, secrets) {
  if (preferences.reveal) return text
  return secrets
    .filter((secret) => secret !== '')
    .reduce((masked, secret) => masked.replaceAll(secret, `${secret.slice(0, 6)}••••••••`), text)
}

/**
 * A request to copy, in each of its forms.
 * @param {Snippet | null} snippet
 */
export function snippetView(snippet) {
  if (snippet === null) return null
  const { title, heard = title, path, variants, secrets } = snippet
  const preferred = preferences.labels.find((label) => variants.some((one) => one.label === label))
  let shown = variants.find(({ label }) => label === preferred) ?? variants[0]
  const note = el('p', { class: 'note soft' })
  const pre = el('pre', {
    tabindex: '0',
    role: 'region',
    'aria-label': words.snippets.region(heard),
  })
  /** @param {Variant | undefined} variant */
  const show = (variant) => {
    shown = variant
    pre.textContent = mask(variant?.text ?? '', secrets)
    note.textContent = [snippet.note, variant?.note].filter(Boolean).join(' ')
    for (const [index, button] of buttons.entries()) {
      button.setAttribute('aria-pressed', String(variants[index] === variant))
    }
  }
  const buttons = variants.map((variant) =>
    el(
      'button',
      {
        type: 'button',
        onclick: () => {
          preferences.labels = [variant.label, ...preferences.labels]
          show(variant)
        },
      },
      variant.label,
    ),
  )
  show(shown)
  return el(
    'figure',
    { class: variants.length === 1 ? 'snippet one' : 'snippet' },
    el(
      'figcaption',
      {},
      title,
      path === '' ? null : ' · ',
      path === '' ? null : el('code', {}, path),
    ),
    note,
    el(
      'div',
      { class: 'bar' },
      ...(buttons.length > 1 ? buttons : []),
      copyButton(() => shown?.text ?? '', heard),
    ),
    pre,
  )
}

/**
 * The code of a card, folded away where there is little room.
 * @param {string} id
 * @param {...(Node | false | null)} snippets
 */
export function codeOf(id, ...snippets) {
  const details = el(
    'details',
    { id, class: 'side', open: preferences.code },
    el('summary', {}, words.snippets.show),
    ...snippets,
  )
  details.addEventListener('toggle', () => {
    preferences.code = details.open
  })
  return details
}

/** The copy buttons of what the server has written. */
export function addCopyButtons() {
  for (const figure of document.querySelectorAll('figure[data-copy]')) {
    const text = () => figure.querySelector('pre')?.textContent ?? ''
    const what = figure.querySelector('figcaption')?.textContent ?? ''
    figure.querySelector('.bar')?.append(copyButton(text, what))
  }
}
