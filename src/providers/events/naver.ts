import { createDecipheriv, createHash } from 'node:crypto'
import { z } from 'zod'
import { type EventReceiver, UnprovenEvent } from '../../core/provider/provider-event.ts'
import { ensure, ensureRecent, fieldsOf, hashOf, hmac, isSame, momentOf } from './proofs.ts'

const Fields = z.object({
  clientId: z.string(),
  encryptUniqueId: z.string(),
  timestamp: z.string(),
  signature: z.string(),
})

/** base64url, with padding or without: never more than two signs of it. */
const bare = (text: string) =>
  text
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '')

/** The person's id: AES-128-CBC behind its IV. */
function decrypt(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  ensure(bytes.length >= 32, 'invalid_request', 'It names nobody.')
  const decipher = createDecipheriv('aes-128-cbc', key, bytes.subarray(0, 16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString()
  } catch (cause) {
    throw new UnprovenEvent('invalid_request', 'It names nobody.', { cause })
  }
}

/** The disconnect callback, which is never sent twice. */
export const naverEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'My applications > API settings > 연결끊기 Callback URL',
        ko: '내 애플리케이션 > API 설정 > 연결끊기 Callback URL',
      },
      setting: null,
    },
  ],
  isOn: () => true,
  read(request, { client }) {
    const { clientId, encryptUniqueId, timestamp, signature } = Fields.parse(fieldsOf(request))
    const key = createHash('md5').update(client.secret).digest()
    const signed = `clientId=${clientId}&encryptUniqueId=${encryptUniqueId}&timestamp=${timestamp}`
    const mac = hmac(key, signed).toString('base64url')
    ensure(isSame(bare(signature), mac), 'invalid_key', 'Its signature is wrong.')
    ensure(clientId === client.id, 'invalid_audience', 'It is about another app.')
    ensureRecent(timestamp, 10)
    return {
      events: [
        { kind: 'consent_withdrawn', subject: decrypt(key, encryptUniqueId), told: 'disconnect' },
      ],
      id: hashOf(signed),
      at: momentOf(timestamp),
      answer: { status: 204 },
    }
  },
}
