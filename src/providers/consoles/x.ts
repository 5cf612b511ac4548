import { defineConsole } from '../../core/provider/console.ts'

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
      en: 'Calls are billed: without credits, or outside a project, people come back from X and are refused (HTTP 402, or 403 client-not-enrolled, in the log at userinfo).',
      ko: '호출에 요금이 듭니다. 크레딧이 없거나 프로젝트에 없으면 X에서 돌아온 뒤 거부됩니다(로그의 userinfo에 HTTP 402 또는 403 client-not-enrolled).',
    },
    {
      en: 'User authentication settings: type of app "Web App, Automated App or Bot", and "Request email from users".',
      ko: 'User authentication settings에서 앱 유형을 "Web App, Automated App or Bot"으로 하고 "Request email from users"를 켜세요.',
    },
  ],
  errors: {
    'client-not-enrolled': {
      means: 'incomplete',
      step: {
        en: 'The app is in no project with access to the API v2: put it into one, with a plan, in the Developer Console.',
        ko: '앱이 API v2를 쓸 수 있는 프로젝트에 없습니다. Developer Console에서 요금제가 있는 프로젝트에 넣으세요.',
      },
    },
    CreditsDepleted: {
      means: 'incomplete',
      step: {
        en: 'X bills each call, and the credits are used up: buy some in the Developer Console, or nobody can sign in.',
        ko: 'X는 호출마다 요금을 받으며 크레딧이 바닥났습니다. Developer Console에서 충전해야 로그인할 수 있습니다.',
      },
    },
  },
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
