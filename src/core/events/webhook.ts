import { EVENT_TYPES } from './audit.ts'

/** Where events are posted, after the Standard Webhooks specification. */
export interface WebhookTarget {
  url: string
  /** Keys of 24 to 64 bytes; each signs, so a receiver may know any one of them. */
  keys: readonly Buffer[]
  /** Types of events: `session.ended`, or `user.*` for all that begin with `user.`. */
  events: readonly string[]
}

/** The events that are posted by default. */
export const DEFAULT_WEBHOOK_EVENTS = ['user.*', 'identity.*', 'session.ended']

/** Whether a text is an existing type of event, or a pattern such as `user.*` that some match. */
export function isEventPattern(text: string): boolean {
  if (text === '*' || /^admin\.([a-z_]+|\*)$/.test(text)) return true
  return EVENT_TYPES.some((type) => type === text || `${type.split('.', 1)[0]}.*` === text)
}

/** The key in a secret (`whsec_` and base64 of 24 to 64 bytes); null if it is not one. */
export function readWebhookSecret(text: string): Buffer | null {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const key = Buffer.from(encoded, 'base64')
  const isWhole = key.toString('base64').replace(/={1,2}$/, '') === encoded.replace(/={1,2}$/, '')
  return isWhole && key.length >= 24 && key.length <= 64 ? key : null
}

/** Whether a URL of the settings may be posted to; its IP address is checked at each connection. */
export function isDeliverable(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === ''
}
