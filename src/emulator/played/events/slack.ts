import { createHmac, randomUUID } from 'node:crypto'
import type { EventOrder, PlayedEvents } from '../../events/event.ts'
import { stableHex } from '../../personas.ts'
import { slackTeamId, slackUserId } from '../profiles/slack.ts'
import { isSuccess, jsonRequest } from './requests.ts'

/** What the requests of the emulated app are signed with. */
export const slackSigningSecret = stableHex(32, 'slack', 'signing')

const challenge = 'a-challenge-of-the-emulated-slack'

/** Slack's Events API; unlike the real one, the emulator sends each once. */
export const slackEvents: PlayedEvents = {
  kinds: {
    'tokens-revoked': 'disconnects',
    // Everybody of that workspace.
    'app-uninstalled': 'disconnects',
    'url-verification': 'checks_address',
    unknown: 'other',
  },
  timeoutMs: 3000,
  request: (_stage, order) =>
    jsonRequest(payloadOf(order), (text) => {
      const secret = order.proof === 'right' ? slackSigningSecret : `${slackSigningSecret}x`
      const mac = createHmac('sha256', secret).update(`v0:${order.at}:${text}`).digest('hex')
      return {
        'x-slack-request-timestamp': String(order.at),
        'x-slack-signature': `v0=${mac}`,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      }
    }),
  accepts: (answer, { body }) =>
    isSuccess(answer) && (!body.includes(challenge) || answer.body.includes(challenge)),
}

function payloadOf({ kind, persona, at, client }: EventOrder): Record<string, unknown> {
  const token = stableHex(24, 'slack', 'verification')
  if (kind === 'url-verification') return { token, challenge, type: 'url_verification' }
  return {
    token,
    team_id: slackTeamId(persona),
    // The part of the client id behind the dot is the app.
    api_app_id: `A${client.id.split('.')[1] ?? ''}`,
    event: eventOf(kind, slackUserId(persona)),
    type: 'event_callback',
    event_id: `Ev${randomUUID().replaceAll('-', '').slice(0, 9).toUpperCase()}`,
    event_time: at,
  }
}

function eventOf(kind: string, userId: string): Record<string, unknown> {
  if (kind === 'app-uninstalled') return { type: 'app_uninstalled' }
  if (kind === 'unknown') return { type: 'team_rename', name: 'Renamed' }
  // Named after tokens, and lists people.
  return { type: 'tokens_revoked', tokens: { oauth: [userId], bot: [] } }
}
