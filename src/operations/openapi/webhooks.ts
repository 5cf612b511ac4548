import { z } from 'zod'
import type { EventType } from '../../core/events/audit.ts'
import { type Components, toSchema } from './schemas.ts'

const id = (what: string) => z.string().meta({ description: what })

const POSTED = {
  'user.created': 'Somebody signed in for the first time, or was imported.',
  'user.updated':
    'Name, picture, locale or roles of a user changed, or a sign-in or a link found what the provider says of them changed.',
  'user.deleted': 'A user is gone, with identities and sessions.',
  'user.disabled': 'The operator locked a user out.',
  'user.enabled': 'The operator let a user in again.',
  'identity.linked': 'An account at a provider became a user’s.',
  'identity.unlinked': 'A user’s account at a provider is no longer linked.',
  'session.created': 'Somebody signed in to an app.',
  'session.ended': 'A session ended before its time.',
  'sign_in.failed': 'A sign-in ended without a session.',
  'refresh_token.reused': 'A refresh token was used again: its session is ended.',
  'refresh_token.repeated': 'A refresh token came again late and got its successor once more.',
  'provider_event.received': 'A provider told something of an account.',
  'grant.revoked': 'What a person had granted at a provider is revoked there.',
  'grant.revocation_failed': 'It could not be revoked, and only the operator tries again.',
  'signing_key.rotated': 'A new signing key was made.',
} satisfies Record<Exclude<EventType, `admin.${string}`>, string>

const WebhookEvent = z
  .object({
    type: z.enum(Object.keys(POSTED) as [string]).meta({ description: 'What happened.' }),
    timestamp: z.iso.datetime().meta({ description: 'When it happened.' }),
    data: z
      .looseObject({
        user_id: id('`sub` of the user’s tokens.').optional(),
        session_id: id('`sid` of the session’s tokens.').optional(),
        client_id: id('The app.').optional(),
        provider: id('The provider.').optional(),
        reason: id('Why, in a word.').optional(),
      })
      .meta({ description: 'Ids, no addresses.' }),
  })
  .meta({ id: 'WebhookEvent', description: 'An event as it is posted to WEBHOOK_URL.' })

const HEADERS = {
  'webhook-id': 'The event’s id, the same at each try.',
  'webhook-timestamp': 'When it was sent, in seconds since 1970.',
  'webhook-signature':
    '`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; with two secrets two, a space between.',
}

const example = {
  timestamp: '2026-11-28T09:30:00.000Z',
  data: { user_id: '0199f3a2-6f1c-7cc1-b8a4-2d1f0e9c7b11' },
}

/** What is posted to WEBHOOK_URL, after the Standard Webhooks specification. */
export function describeWebhooks(components: Components): Record<string, object> {
  const schema = toSchema(WebhookEvent, 'output', components)
  const parameters = Object.entries(HEADERS).map(([name, description]) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  }))
  return Object.fromEntries(
    Object.entries(POSTED).map(([type, description]) => [
      type,
      {
        post: {
          operationId: `tell${type.replaceAll(/(?:^|[._])(\w)/g, (_, letter) => letter.toUpperCase())}`,
          summary: type,
          description,
          tags: ['events'],
          security: [],
          parameters,
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema,
                examples: { event: { summary: type, value: { type, ...example } } },
              },
            },
          },
          responses: {
            204: { description: 'Taken; any 2xx is.' },
            410: { description: 'Nothing more is to be posted there.' },
          },
        },
      },
    ]),
  )
}
