import { randomUUID } from 'node:crypto'
import type { Deed, EventOrder, PlayedEvents } from '../../events/event.ts'
import { stableDigits, stableHex } from '../../personas.ts'
import type { Stage } from '../../stage.ts'
import { kakaoId } from '../profiles/kakao.ts'
import { formRequest, pushedSet } from './requests.ts'

/** The primary admin key of the emulated app, and the app's number. */
export const kakaoApp = {
  adminKey: stableHex(32, 'kakao', 'admin'),
  id: Number(stableDigits(7, 'kakao', 'app')),
}

// The unlink webhook: its referrer_type, and whether the console has GET or POST chosen.
const unlinks: Record<string, readonly [string, 'GET' | 'POST', Deed]> = {
  unlink: ['UNLINK_FROM_APPS', 'POST', 'disconnects'],
  'unlink-by-get': ['UNLINK_FROM_APPS', 'GET', 'disconnects'],
  'unlink-account-delete': ['ACCOUNT_DELETE', 'POST', 'deletes_account'],
  'unlink-forced-delete': ['FORCED_ACCOUNT_DELETE', 'POST', 'deletes_account'],
  'unlink-incomplete-sign-up': ['INCOMPLETE_SIGN_UP', 'POST', 'disconnects'],
}

const secevent = 'https://schemas.openid.net/secevent'
const oauth = `${secevent}/oauth/event-type`
const risc = `${secevent}/risc/event-type`
const caep = `${secevent}/caep/event-type`

// The account-status webhook, by the end of the event's URI. Sign-up alone brings two of them.
const uris: Record<string, readonly [string, Deed]> = {
  'user-unlinked': [oauth, 'disconnects'],
  'account-purged': [risc, 'deletes_account'],
  'sessions-revoked': [risc, 'signed_out'],
  'tokens-revoked': [oauth, 'signed_out'],
  'account-disabled': [risc, 'disabled'],
  'account-enabled': [risc, 'enabled'],
  'user-linked': [oauth, 'other'],
  'user-scope-consent': [oauth, 'other'],
  'user-scope-withdraw': [oauth, 'other'],
  'token-issued': [oauth, 'other'],
  'token-revoked': [oauth, 'other'],
  'account-credential-change-required': [risc, 'other'],
  'credential-compromise': [risc, 'other'],
  'identifier-changed': [risc, 'other'],
  'identifier-recycled': [risc, 'other'],
  'assurance-level-change': [caep, 'other'],
  'credential-change': [caep, 'other'],
  'user-profile-changed': ['https://schemas.kakao.com/platevent/kakao/event-type', 'other'],
  unknown: [oauth, 'other'],
  // Says two people at once, which no right one does.
  'two-subjects': [oauth, 'other'],
}

/** Kakao's two webhooks (developers.kakao.com/docs/latest/ko/kakaologin/callback). */
export const kakaoEvents: PlayedEvents = {
  kinds: Object.fromEntries([
    ...Object.entries(unlinks).map(([kind, [, , deed]]) => [kind, deed]),
    ...Object.entries(uris).map(([kind, [, deed]]) => [kind, deed]),
  ]),
  timeoutMs: 3000,
  request: (stage, order) => {
    const unlink = unlinks[order.kind]
    return unlink ? unlinkRequest(order, unlink[0], unlink[1]) : statusRequest(stage, order)
  },
  // 200 to the unlink webhook, also for somebody unknown; 202 to a SET.
  accepts: ({ status, body }, { headers }) =>
    headers['content-type'] === 'application/secevent+jwt'
      ? status === 202 && body === ''
      : status === 200,
}

/** Proven by the admin key alone; nothing in it says when, or which of several it is. */
function unlinkRequest(order: EventOrder, referrer: string, method: 'GET' | 'POST') {
  const key = order.proof === 'right' ? kakaoApp.adminKey : stableHex(32, 'kakao', 'no admin')
  const values = {
    app_id: String(order.isOtherApp ? kakaoApp.id + 1 : kakaoApp.id),
    user_id: String(kakaoId(order.persona)),
    referrer_type: referrer,
  }
  const authorization = `KakaoAK ${key}`
  return method === 'GET'
    ? { method, query: values, headers: { authorization }, body: '' }
    : formRequest(values, { authorization })
}

/** A SET whose subject stands beside the event and inside it. */
function statusRequest(stage: Stage, order: EventOrder) {
  const sub = String(kakaoId(order.persona))
  const root = uris[order.kind]?.[0] ?? oauth
  const subject = { subject_type: 'iss-sub', iss: stage.url, sub }
  const reason = order.kind === 'user-unlinked' ? { reason: 'UNLINK_FROM_APPS' } : {}
  const claims = { iss: stage.url, sub, toe: order.at, txm: randomUUID() }
  if (order.kind === 'two-subjects') {
    const other = { ...subject, sub: String(Number(sub) + 1) }
    return pushedSet(stage, order, claims, { [`${root}/user-unlinked`]: { subject: other } })
  }
  return pushedSet(stage, order, claims, { [`${root}/${order.kind}`]: { subject, ...reason } })
}
