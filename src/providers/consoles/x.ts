import { defineConsole } from '../../core/console.ts'

/** X Developer Console. https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
export const xConsole = defineConsole({
  url: 'https://developer.x.com/en/portal/dashboard',
  redirectUris: {
    en: 'The app > User authentication settings > Callback URI / Redirect URL',
    ko: '앱 > User authentication settings > Callback URI / Redirect URL',
  },
  keys: {
    en: 'The app > Keys and tokens > OAuth 2.0 Client ID and Client Secret',
    ko: '앱 > Keys and tokens > OAuth 2.0 Client ID and Client Secret',
  },
  also: [
    {
      en: 'User authentication settings: type of app "Web App, Automated App or Bot", and "Request email from users".',
      ko: 'User authentication settings에서 앱 유형을 "Web App, Automated App or Bot"으로 하고 "Request email from users"를 켜세요.',
    },
  ],
  mistakenIds: [
    {
      pattern: /^\d+$/,
      is: {
        en: 'the number of the app or the first part of an access token; the client id is under OAuth 2.0',
        ko: '앱 번호 또는 액세스 토큰의 앞부분입니다. OAuth 2.0의 Client ID를 넣으세요',
      },
    },
  ],
})
