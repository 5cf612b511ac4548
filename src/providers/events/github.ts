import { z } from 'zod'
import { NumericSubject } from '../../core/identity/profile.ts'
import type { EventReceiver } from '../../core/provider/provider-event.ts'
import { ensure, hmac, isSame, jsonOf } from './proofs.ts'

const Revoked = z.object({ sender: z.object({ id: NumericSubject }) })

/** The webhook of a GitHub App. https://docs.github.com/en/webhooks/webhook-events-and-payloads#github_app_authorization */
export const githubEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'the GitHub App > General > Webhook (an OAuth App has none; GitHub sends nothing twice by itself)',
        ko: 'GitHub App > General > Webhook(OAuth App에는 없으며, GitHub는 스스로 다시 보내지 않습니다)',
      },
      setting: 'WEBHOOK_SECRET',
    },
  ],
  isOn: (_request, { WEBHOOK_SECRET }) => WEBHOOK_SECRET !== '',
  read({ header, body, contentType }, { values }) {
    const mac = hmac(values.WEBHOOK_SECRET ?? '', body).toString('hex')
    const isRight = isSame(header('x-hub-signature-256'), `sha256=${mac}`)
    ensure(isRight, 'invalid_key', 'Its signature is wrong.')
    const text =
      contentType === 'application/x-www-form-urlencoded'
        ? (new URLSearchParams(body.toString()).get('payload') ?? '')
        : body
    const payload = jsonOf(text)
    const isRevocation =
      header('x-github-event') === 'github_app_authorization' && payload.action === 'revoked'
    const done = { id: null, at: null, answer: { status: 204 } }
    if (!isRevocation) {
      return { ...done, events: [], ignored: header('x-github-event') }
    }
    const subject = Revoked.parse(payload).sender.id
    return { ...done, events: [{ kind: 'consent_withdrawn', subject, told: 'revoked' }] }
  },
}
