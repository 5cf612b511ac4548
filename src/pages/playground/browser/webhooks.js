import { call, settings } from './client.js'
import { badge, button, el, when } from './dom.js'
import { card } from './views/tries-view.js'
import { words } from './words.js'

/**
 * @typedef {{ number: number, headers: Record<string, string>, body: { type: string, timestamp: string, data: Record<string, string> } }} Webhook
 */

const EVERY_MS = 2000
const text = words.tries.webhook

const heard = {
  isListening: false,
  /** Newest first. @type {Webhook[]} */
  received: [],
}

const list = el('div', { id: 'webhooks', role: 'log', 'aria-label': text.title })

/** @param {Webhook} webhook */
function item({ number, headers, body }) {
  const raw = [
    'POST /playground/webhooks',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    JSON.stringify(body, null, 2),
  ]
  return el(
    'details',
    { id: `webhook-${number}` },
    el(
      'summary',
      {},
      el('code', {}, body.type),
      ' · ',
      when(body.timestamp),
      ' ',
      badge(text.verified, 'good'),
    ),
    el('pre', { tabindex: '0' }, raw.join('\n')),
  )
}

/** Asks what has come; what is shown already stays as it is. */
async function look() {
  if (!settings.receives) return
  const { listening, received } = await call('/playground/webhooks')
  const newest = heard.received[0]?.number ?? 0
  const added = received.filter((/** @type {Webhook} */ { number }) => number > newest)
  Object.assign(heard, { isListening: listening, received })
  list.prepend(...added.map(item))
}

/** What has been received before this page was opened, and from now on. */
export async function followWebhooks() {
  await look().catch(() => {})
  setInterval(() => {
    if (heard.isListening && !document.hidden) look().catch(() => {})
  }, EVERY_MS)
}

/** Whether there is anything to see without somebody signed in. */
export const isListening = () => heard.isListening

/** Has events sent here from now on. */
export async function listen() {
  await call('/playground/listen', { method: 'POST' })
  await look()
}

/**
 * The card of what Latchkey tells the app's server.
 * @param {() => void} start
 */
export function webhookCard(start) {
  if (!settings.receives) return card('webhook', [el('p', {}, text.own)])
  return card(
    'webhook',
    heard.isListening
      ? [el('p', {}, text.waiting), list]
      : [el('div', { class: 'row' }, button('listen', text.listen, start))],
  )
}
