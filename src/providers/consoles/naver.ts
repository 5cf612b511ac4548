import { defineConsole } from '../../core/provider/console.ts'

/** NAVER Developers. https://developers.naver.com/docs/login/devguide/devguide.md */
export const naverConsole = defineConsole({
  url: 'https://developers.naver.com/apps',
  redirectUris: {
    en: 'Application > the app > API settings > Callback URL',
    ko: 'Application > 내 애플리케이션 > API 설정 > 네이버 로그인 Callback URL',
  },
  keys: {
    en: 'Application > the app > Overview (Client ID, Client Secret)',
    ko: 'Application > 내 애플리케이션 > 개요(Client ID, Client Secret)',
  },
  also: [
    {
      en: 'Choose the profile items there; before the review (검수) only registered test ids can sign in.',
      ko: '같은 곳에서 제공 정보를 고르세요. 검수 전에는 등록한 테스트 아이디만 로그인할 수 있습니다.',
    },
  ],
  errors: {
    '024': {
      means: 'nothing',
      step: {
        en: 'The access token is not valid: sign in again.',
        ko: '접근 토큰이 유효하지 않습니다. 다시 로그인하세요.',
      },
    },
    '028': {
      means: 'nothing',
      step: {
        en: 'The Authorization header is missing: a proxy on the way to NAVER removes it.',
        ko: 'Authorization 헤더가 없습니다. 네이버로 가는 길의 프록시가 지우고 있는지 확인하세요.',
      },
    },
    '403': {
      means: 'incomplete',
      step: {
        en: 'The permission for the profile API is not ticked: tick it under API settings.',
        ko: '프로필 API 권한이 선택되어 있지 않습니다. API 설정에서 선택하세요.',
      },
    },
  },
})
