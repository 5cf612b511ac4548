import type { EventReceiver, ProviderEventKind } from '../../core/provider-event.ts'
import { readSet, refuseSet } from './set.ts'

const oauth = 'https://schemas.openid.net/secevent/oauth/event-type'
const risc = 'https://schemas.openid.net/secevent/risc/event-type'

/** Kinds that do something; they are also what a stream is asked for. */
export const GOOGLE_KINDS: Readonly<Record<string, ProviderEventKind>> = {
  [`${oauth}/tokens-revoked`]: 'consent_withdrawn',
  [`${risc}/sessions-revoked`]: 'sessions_revoked',
  [`${risc}/account-disabled`]: 'account_disabled',
  [`${risc}/account-enabled`]: 'account_enabled',
  [`${risc}/account-purged`]: 'account_gone',
}

/** Cross-Account Protection. https://developers.google.com/identity/protocols/risc */
export const googleEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'registered by a call of a service account that may configure RISC',
        ko: 'RISC 설정 권한이 있는 서비스 계정으로 등록합니다',
      },
      setting: null,
      command: 'npm run admin -- google-risc register',
    },
  ],
  keys: { configuration: 'risc_configuration' },
  isOn: () => true,
  // Its `exp`, where there is one, is not looked at: Google says so.
  read: ({ body }, tools) =>
    readSet(body.toString(), tools, { audiences: tools.audiences, kinds: GOOGLE_KINDS }),
  refuse: refuseSet,
}
