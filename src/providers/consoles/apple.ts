import { defineConsole } from '../../core/provider/console.ts'

/** Apple Developer. https://developer.apple.com/documentation/signinwithapple/configuring-your-environment-for-sign-in-with-apple */
export const appleConsole = defineConsole({
  url: 'https://developer.apple.com/account/resources/identifiers/list/serviceId',
  redirectUris: {
    en: 'Certificates, Identifiers & Profiles > Identifiers > Services IDs > Sign in with Apple > Configure > Return URLs',
    ko: 'Certificates, Identifiers & Profiles > Identifiers > Services IDs > Sign in with Apple > Configure > Return URLs',
  },
  keys: {
    en: 'The Services ID is APPLE_CLIENT_ID; Keys gives APPLE_KEY_ID and the .p8 file (once); Membership gives APPLE_TEAM_ID',
    ko: 'Services ID가 APPLE_CLIENT_ID입니다. Keys에 APPLE_KEY_ID와 .p8 파일(한 번만 내려받을 수 있음), Membership에 APPLE_TEAM_ID가 있습니다',
  },
  refuses: {
    pattern: /^http:|^https:\/\/(localhost|[\d.]+|\[[^\]]*\])([:/]|$)/,
    instead: {
      en: 'Apple takes https and a domain name only: try it behind a public https name, or with the emulator.',
      ko: 'Apple은 https와 도메인 이름만 받습니다. 공개 https 주소나 에뮬레이터로 시험하세요.',
    },
  },
  mistakenIds: [
    {
      pattern: /^[A-Z0-9]{10}$/,
      is: {
        en: 'a team id or key id; the client id is the Services ID, such as com.example.web',
        ko: '팀 ID나 키 ID입니다. com.example.web 같은 Services ID를 넣으세요',
      },
    },
  ],
  errors: {
    invalid_client: {
      means: 'refused',
      step: {
        en: 'Apple does not take the signed secret: check that the key belongs to this team and to Sign in with Apple, and that APPLE_CLIENT_ID is the Services ID.',
        ko: 'Apple이 서명된 시크릿을 받지 않았습니다. 키가 이 팀과 Sign in with Apple용인지, APPLE_CLIENT_ID가 Services ID인지 확인하세요.',
      },
    },
  },
})
