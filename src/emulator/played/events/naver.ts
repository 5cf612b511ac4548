import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import type { EventOrder, EventRequest, PlayedEvents } from '../../events/event.ts'
import { naverId } from '../profiles/naver.ts'
import { formRequest, jsonRequest } from './requests.ts'

/** Naver's disconnect callback, in the three forms that implementers have met. */
export const naverEvents: PlayedEvents = {
  kinds: {
    disconnect: 'disconnects',
    'disconnect-in-query': 'disconnects',
    'disconnect-as-json': 'disconnects',
  },
  timeoutMs: 5000,
  request: (_stage, order) => {
    const values = signed(order)
    if (order.kind === 'disconnect-as-json') return jsonRequest(values)
    if (order.kind === 'disconnect') return formRequest(values)
    const request: EventRequest = { ...formRequest({}), query: values }
    return request
  },
  accepts: ({ status, body }) => status === 204 && body === '',
}

/** Encrypted and signed under the MD5 of the client secret, base64url without padding. */
function signed({ client, persona, at, proof }: EventOrder): Record<string, string> {
  const secret = proof === 'right' ? client.secret : `${client.secret}x`
  const key = createHash('md5').update(secret).digest()
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  const sealed = [iv, cipher.update(naverId(persona)), cipher.final()]
  const encryptUniqueId = Buffer.concat(sealed).toString('base64url')
  const text = `clientId=${client.id}&encryptUniqueId=${encryptUniqueId}&timestamp=${at}`
  const signature = createHmac('sha256', key).update(text).digest('base64url')
  return { clientId: client.id, encryptUniqueId, timestamp: String(at), signature }
}
