import { createHmac, randomUUID } from 'node:crypto'
import type { EventOrder, PlayedEvents } from '../../events/event.ts'
import { stableHex } from '../../personas.ts'
import { githubUser } from '../profiles/github.ts'
import { formRequest, isSuccess, jsonRequest } from './requests.ts'

/** What the webhooks of the emulated app are signed with. */
export const githubWebhookSecret = stableHex(40, 'github', 'webhook')

/** The webhook of a GitHub App: an OAuth App, which the emulator plays else, has none of its own. */
export const githubEvents: PlayedEvents = {
  kinds: {
    revoked: 'disconnects',
    'revoked-as-form': 'disconnects',
    ping: 'checks_address',
    unknown: 'other',
  },
  timeoutMs: 10_000,
  request: (_stage, order) => {
    const payload = payloadOf(order)
    const asForm = order.kind === 'revoked-as-form'
    const { body, headers } = asForm
      ? formRequest({ payload: JSON.stringify(payload) })
      : jsonRequest(payload)
    const secret = order.proof === 'right' ? githubWebhookSecret : `${githubWebhookSecret}x`
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const further = {
      accept: '*/*',
      'user-agent': 'GitHub-Hookshot/emulated',
      'x-github-event': eventOf(order.kind),
      'x-github-delivery': randomUUID(),
      'x-github-hook-id': '1',
      'x-hub-signature-256': `sha256=${signature}`,
    }
    return { method: 'POST', headers: { ...headers, ...further }, body }
  },
  accepts: isSuccess,
}

function eventOf(kind: string): string {
  if (kind === 'ping') return 'ping'
  return kind === 'unknown' ? 'installation' : 'github_app_authorization'
}

/** Nothing in it says when. */
function payloadOf({ kind, persona }: EventOrder): Record<string, unknown> {
  const { login, id, node_id, type } = githubUser(persona)
  const sender = { login, id, node_id, type }
  if (kind === 'ping') return { zen: 'Keep it logically awesome.', hook_id: 1, sender }
  return { action: kind === 'unknown' ? 'suspend' : 'revoked', sender }
}
