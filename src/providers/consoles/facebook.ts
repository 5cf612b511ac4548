import { defineConsole } from '../../core/provider/console.ts'

/** Meta for Developers. https://developers.facebook.com/docs/facebook-login */
export const facebookConsole = defineConsole({
  url: 'https://developers.facebook.com/apps',
  redirectUris: {
    en: 'My Apps > the app > Facebook Login > Settings > Valid OAuth Redirect URIs',
    ko: '내 앱 > Facebook 로그인 > 설정 > 유효한 OAuth 리디렉션 URI',
  },
  keys: {
    en: 'My Apps > the app > Settings > Basic (App ID, App Secret)',
    ko: '내 앱 > 설정 > 기본 설정(앱 ID, 앱 시크릿 코드)',
  },
  also: [
    {
      en: 'In development mode only people with a role in the app can sign in; http works for localhost only.',
      ko: '개발 모드에서는 앱에 역할이 있는 사람만 로그인할 수 있고, http는 localhost에서만 됩니다.',
    },
  ],
  clientId: { pattern: /^\d{5,20}$/, like: '1234567890123456' },
  clientSecret: { pattern: /^[0-9a-f]{32}$/, like: '32 × 0-9a-f' },
  errors: {
    '1': {
      means: 'refused',
      step: {
        en: 'The app secret is wrong: copy it again from Settings > Basic.',
        ko: '앱 시크릿이 틀렸습니다. 설정 > 기본 설정에서 다시 복사하세요.',
      },
    },
    '100': {
      means: 'nothing',
      step: {
        en: 'A parameter was refused, or the code was used: sign in again.',
        ko: '파라미터가 거부되었거나 코드가 이미 사용되었습니다. 다시 로그인하세요.',
      },
    },
    '101': {
      means: 'refused',
      step: {
        en: 'There is no such app: check FACEBOOK_CLIENT_ID.',
        ko: '앱을 찾을 수 없습니다. FACEBOOK_CLIENT_ID를 확인하세요.',
      },
    },
    '190': {
      means: 'nothing',
      step: {
        en: 'The access token is no longer valid: sign in again.',
        ko: '액세스 토큰이 유효하지 않습니다. 다시 로그인하세요.',
      },
    },
    '191': {
      means: 'incomplete',
      step: {
        en: 'The redirect URI is not registered: add it exactly as the doctor shows it.',
        ko: 'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 등록하세요.',
      },
    },
  },
})
