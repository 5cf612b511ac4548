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

/** Whether a text is a type of event, or the beginning of some. */
export const isEventPattern = (text: string): boolean => /^([a-z_]+\.([a-z_]+|\*)|\*)$/.test(text)

/** The key of a secret (`whsec_` and base64 of 24 to 64 bytes), null where it is none. */
export function readWebhookSecret(text: string): Buffer | null {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const key = Buffer.from(encoded, 'base64')
  const isWhole = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '')
  return isWhole && key.length >= 24 && key.length <= 64 ? key : null
}

/**
 * Whether something may be posted to a URL that the operator wrote: https, or http to an address that is
 * loopback or private; names are looked at again when they are known.
 */
export function isDeliverable(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === ''
}
