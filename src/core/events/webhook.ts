import { EVENT_TYPES } from './audit.ts'

/** Where events are posted, after the Standard Webhooks specification. */
export interface WebhookTarget {
  url: string
  /** Keys of 24 to 64 bytes; each signs, so that a receiver may know either. */
  keys: readonly Buffer[]
  /** Types of events: `session.ended`, or `user.*` for all that begin so. */
  events: readonly string[]
}

/** What is posted where nothing else is asked for. */
export const DEFAULT_WEBHOOK_EVENTS = ['user.*', 'identity.*', 'session.ended']

/** Whether a text is a type of event that there is, or the beginning of some. */
export function isEventPattern(text: string): boolean {
  if (text === '*' || /^admin\.([a-z_]+|\*)$/.test(text)) return true
  return EVENT_TYPES.some((type) => type === text || `${type.split('.', 1)[0]}.*` === text)
}

/** The key of a secret (`whsec_` and base64 of 24 to 64 bytes), null where it is none. */
export function readWebhookSecret(text: string): Buffer | null {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const key = Buffer.from(encoded, 'base64')
  const isWhole = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '')
  return isWhole && key.length >= 24 && key.length <= 64 ? key : null
}

/** Whether a URL that the operator wrote may be posted to; its address is looked at at each connection. */
export function isDeliverable(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === ''
}
