import { z } from 'zod'
import { AnySubject } from '../../core/identity/profile.ts'
import type { EventReceiver } from '../../core/provider/provider-event.ts'
import { ensure, hashOf, hmac, isSame, jsonOf, momentOf } from './proofs.ts'

const Payload = z.object({
  user_id: AnySubject,
  algorithm: z.string(),
  issued_at: z.number().optional(),
  code: z.unknown().optional(),
  oauth_token: z.unknown().optional(),
})

const DELETION = '/data-deletion'

/** Deauthorize and data deletion callbacks. https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback */
export const facebookEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'Facebook Login > Settings > Deauthorize callback URL',
        ko: 'Facebook 로그인 > 설정 > 승인 취소 콜백 URL',
      },
      setting: null,
    },
    {
      path: DELETION,
      where: {
        en: 'App settings > Basic > Data deletion request URL',
        ko: '앱 설정 > 기본 설정 > 데이터 삭제 요청 URL',
      },
      setting: null,
    },
  ],
  isOn: ({ path }) => path === '' || path === DELETION,
  read({ body, path }, { client, address }) {
    const form = new URLSearchParams(body.toString())
    const [mac = '', payload = ''] = (form.get('signed_request') ?? '').split('.')
    const right = hmac(client.secret, payload)
    ensure(isSame(Buffer.from(mac, 'base64url'), right), 'invalid_key', 'Its signature is wrong.')
    const read = Payload.parse(jsonOf(Buffer.from(payload, 'base64url')))
    const isKnown = read.algorithm.toUpperCase() === 'HMAC-SHA256'
    ensure(isKnown, 'invalid_request', 'Its algorithm is not HMAC-SHA256.')
    // The same secret signs what its SDK leaves in a browser: that belongs to a login, and does not
    // mean that anybody left.
    const isOfLogin = read.code !== undefined || read.oauth_token !== undefined
    ensure(!isOfLogin, 'invalid_request', 'It is of a login.')
    const at = momentOf(read.issued_at)
    const id = hashOf(path, payload)
    if (path === '') {
      const told = {
        kind: 'consent_withdrawn',
        subject: read.user_id,
        told: 'deauthorize',
      } as const
      return { events: [told], id, at, answer: { status: 200 } }
    }
    const told = { kind: 'account_gone', subject: read.user_id, told: 'data_deletion' } as const
    const answer = { url: `${address}${DELETION}/${id}`, confirmation_code: id }
    return {
      events: [{ ...told, forget: true }],
      id,
      at,
      answer: { status: 200, type: 'application/json', body: JSON.stringify(answer) },
    }
  },
}
