import {
  DEFAULT_WEBHOOK_EVENTS,
  isDeliverable,
  isEventPattern,
  readWebhookSecret,
  type WebhookTarget,
} from '../../core/events/webhook.ts'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import { builtInProviders } from '../../providers/index.ts'
import type { Reader } from '../reader.ts'

/** What happens to a user whose account at a provider is gone. */
export type OnAccountGone = 'end_sessions' | 'delete'

/** Settings of the audit log, webhooks and providers' events. */
export interface EventSettings {
  auditRetentionSeconds: number
  webhook: WebhookTarget | null
  /** By the id of a provider that sends such events. */
  onAccountGone: Readonly<Record<string, OnAccountGone>>
}

/** AUDIT_RETENTION, WEBHOOK_… and `<PROVIDER>_ON_ACCOUNT_GONE`. */
export function readEventSettings(reader: Reader): EventSettings {
  const telling = builtInProviders.filter(({ events }) => events !== null)
  return {
    auditRetentionSeconds: reader.duration('AUDIT_RETENTION', '400d'),
    webhook: readWebhook(reader),
    onAccountGone: Object.fromEntries(
      telling.map(({ id }) => [
        id,
        reader.choice(
          `${settingsPrefix(id)}ON_ACCOUNT_GONE`,
          ['end_sessions', 'delete'],
          'end_sessions',
        ),
      ]),
    ),
  }
}

function readWebhook(reader: Reader): WebhookTarget | null {
  const url = reader.text('WEBHOOK_URL')
  const secrets = reader.list('WEBHOOK_SECRET')
  const asked = reader.list('WEBHOOK_EVENTS')
  const unknown = asked.filter((pattern) => !isEventPattern(pattern))
  if (unknown.length > 0) reader.refuse('webhookEvents', unknown.join(', '))
  if (url === undefined) return null
  if (!isDeliverable(url)) reader.refuse('deliverable', 'WEBHOOK_URL')
  const keys = secrets.map(readWebhookSecret).filter((key) => key !== null)
  if (secrets.length === 0) reader.refuse('missing', 'WEBHOOK_SECRET')
  else if (keys.length < secrets.length || secrets.length > 2) reader.refuse('webhookSecret')
  return { url, keys, events: asked.length > 0 ? asked : DEFAULT_WEBHOOK_EVENTS }
}
