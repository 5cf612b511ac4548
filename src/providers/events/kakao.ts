import type {
  EventReceiver,
  EventRequest,
  EventTools,
  ProvenEvents,
  ProviderEventKind,
} from '../../core/provider/provider-event.ts'
import { ensure, fieldsOf, isSame } from './proofs.ts'
import { OAUTH, RISC, readSet, refuseSet } from './set.ts'

// `user-linked` and `user-scope-consent` come at the moment of sign-up.
const KINDS: Readonly<Record<string, ProviderEventKind>> = {
  [`${OAUTH}/user-unlinked`]: 'consent_withdrawn',
  [`${OAUTH}/tokens-revoked`]: 'sessions_revoked',
  [`${RISC}/sessions-revoked`]: 'sessions_revoked',
  [`${RISC}/account-disabled`]: 'account_disabled',
  [`${RISC}/account-enabled`]: 'account_enabled',
  [`${RISC}/account-purged`]: 'account_gone',
}

const GONE = ['ACCOUNT_DELETE', 'FORCED_ACCOUNT_DELETE']

const isSet = ({ contentType }: EventRequest) => contentType === 'application/secevent+jwt'

/** Proven by the admin key; nothing in it says when, or which of several it is. */
function readUnlink(request: EventRequest, { values }: EventTools): ProvenEvents {
  const [, key = ''] = /^KakaoAK +(.+)$/i.exec(request.header('authorization')) ?? []
  ensure(isSame(key, values.ADMIN_KEY ?? ''), 'invalid_key', 'Its admin key is wrong.')
  const { app_id, user_id = '', referrer_type = 'unlink' } = fieldsOf(request)
  const isOurs = app_id === undefined || !values.APP_ID || app_id === values.APP_ID
  ensure(isOurs, 'invalid_audience', 'It is about another app.')
  ensure(/^\d{1,20}$/.test(user_id), 'invalid_request', 'It names nobody.')
  const kind = GONE.includes(referrer_type) ? 'account_gone' : 'consent_withdrawn'
  const events = [{ kind, subject: user_id, told: referrer_type } as const]
  return { events, id: null, at: null, answer: { status: 200 } }
}

/** Kakao's two webhooks. https://developers.kakao.com/docs/latest/ko/kakaologin/callback */
export const kakaoEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'Kakao Login > Advanced > Unlink webhook (POST or GET)',
        ko: '카카오 로그인 > 고급 > 연결 해제 웹훅(POST 또는 GET)',
      },
      setting: 'ADMIN_KEY',
    },
    {
      path: '',
      where: {
        en: 'Kakao Login > Account status change webhook',
        ko: '카카오 로그인 > 계정 상태 변경 웹훅',
      },
      setting: null,
    },
  ],
  get: true,
  keys: { jwks: 'jwks_uri' },
  isOn: (request, values) => isSet(request) || values.ADMIN_KEY !== '',
  read: (request, tools) =>
    isSet(request)
      ? readSet(request.body.toString(), tools, {
          audiences: [...tools.audiences, tools.values.APP_ID ?? ''].filter((id) => id !== ''),
          kinds: KINDS,
          refine: (kind, { reason }) =>
            kind === 'consent_withdrawn' && GONE.includes(String(reason)) ? 'account_gone' : kind,
        })
      : readUnlink(request, tools),
  refuse: (refusal, request) => (isSet(request) ? refuseSet(refusal) : { status: 401 }),
}
