import type { EventReceiver } from '../../core/provider/provider-event.ts'
import { GOOGLE_KINDS, googleRisc } from './google-risc.ts'
import { readSet, refuseSet } from './set.ts'

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
  registration: googleRisc,
  keys: { configuration: 'risc_configuration' },
  isOn: () => true,
  // Its `exp`, where there is one, is not looked at: Google says so.
  read: ({ body }, tools) =>
    readSet(body.toString(), tools, { audiences: tools.audiences, kinds: GOOGLE_KINDS }),
  refuse: refuseSet,
}
