import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import { AnySubject } from '../../core/identity/profile.ts'
import type { EventReceiver } from '../../core/provider/provider-event.ts'
import { ensure, hashOf, jsonOf, momentOf } from './proofs.ts'

const Payload = z.looseObject({ application_id: z.string(), type: z.int() })

const Told = z.object({
  event: z.looseObject({ type: z.string(), timestamp: z.string().optional() }),
})
const Deauthorized = z.object({
  event: z.object({ data: z.object({ user: z.object({ id: AnySubject }) }) }),
})

const EVENT = 1
const isSignature = /^[0-9a-f]{128}$/i

/** Webhook events; Discord sends wrong signatures on purpose. https://docs.discord.com/developers/events/webhook-events */
export const discordEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'Webhooks > Endpoint URL, Events on, with "Application Deauthorized"',
        ko: 'Webhooks > Endpoint URL, Events를 켜고 "Application Deauthorized" 선택',
      },
      setting: 'PUBLIC_KEY',
    },
  ],
  isOn: (_request, { PUBLIC_KEY }) => PUBLIC_KEY !== '',
  read({ header, body }, { client, values }) {
    const timestamp = header('x-signature-timestamp')
    const signature = header('x-signature-ed25519')
    const x = Buffer.from(values.PUBLIC_KEY ?? '', 'hex').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const signed = Buffer.concat([Buffer.from(timestamp), body])
    const isRight =
      isSignature.test(signature) && verify(null, signed, key, Buffer.from(signature, 'hex'))
    ensure(isRight, 'invalid_key', 'Its signature is wrong.')
    const json = jsonOf(body)
    const payload = Payload.parse(json)
    ensure(payload.application_id === client.id, 'invalid_audience', 'It is about another app.')
    // It wants a content type though there is no content.
    const answer = { status: 204, type: 'application/json' }
    const none = { events: [], id: null, at: null, answer }
    // A check of the address, or what there is none of yet.
    if (payload.type !== EVENT) return none
    const { event } = Told.parse(json)
    if (event.type !== 'APPLICATION_DEAUTHORIZED') {
      return { ...none, ignored: event.type }
    }
    const subject = Deauthorized.parse(json).event.data.user.id
    return {
      events: [{ kind: 'consent_withdrawn', subject, told: 'APPLICATION_DEAUTHORIZED' }],
      id: hashOf(signed),
      at: momentOf(event.timestamp ?? timestamp),
      answer,
    }
  },
}
