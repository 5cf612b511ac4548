import { generateKeyPairSync, sign } from 'node:crypto'
import type { EventOrder, PlayedEvents } from '../../events/event.ts'
import { discordId } from '../profiles/discord.ts'
import { jsonRequest } from './requests.ts'

// The application's key: Discord keeps the private half and shows the public one.
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const wrongKey = generateKeyPairSync('ed25519').privateKey

/** 32 bytes, hexadecimal, as the console shows them. */
export const discordPublicKey = Buffer.from(
  publicKey.export({ format: 'jwk' }).x ?? '',
  'base64url',
).toString('hex')

/** Discord's webhook events; it sends wrong signatures on purpose and wants 401 for them. */
export const discordEvents: PlayedEvents = {
  kinds: { deauthorized: 'disconnects', ping: 'checks_address', unknown: 'other' },
  timeoutMs: 3000,
  request: (_stage, order) => {
    const timestamp = String(order.at)
    const key = order.proof === 'right' ? privateKey : wrongKey
    return jsonRequest(payloadOf(order), (text) => ({
      'x-signature-timestamp': timestamp,
      'x-signature-ed25519': sign(null, Buffer.from(timestamp + text), key).toString('hex'),
      'user-agent': 'Discord-Webhook/1.0 (+https://discord.com)',
    }))
  },
  // To a PING it wants a content type, though there is no content.
  accepts: ({ status, headers, body }, request) =>
    status === 204 && body === '' && (!isPing(request.body) || 'content-type' in headers),
}

function payloadOf({ kind, persona, at, client }: EventOrder): Record<string, unknown> {
  const common = { version: 1, application_id: client.id }
  if (kind === 'ping') return { ...common, type: 0 }
  const user = { id: discordId(persona), username: `${persona.id}.emulated`, discriminator: '0' }
  const type = kind === 'unknown' ? 'QUEST_USER_ENROLLMENT' : 'APPLICATION_DEAUTHORIZED'
  const timestamp = new Date(at * 1000).toISOString()
  return { ...common, type: 1, event: { type, timestamp, data: { user } } }
}

function isPing(text: string): boolean {
  return (JSON.parse(text) as { type: number }).type === 0
}
