import { defineConsole } from '../../core/provider/console.ts'

/** Slack's app pages. https://docs.slack.dev/authentication/sign-in-with-slack */
export const slackConsole = defineConsole({
  url: 'https://api.slack.com/apps',
  redirectUris: {
    en: 'The app > OAuth & Permissions > Redirect URLs',
    ko: '앱 > OAuth & Permissions > Redirect URLs',
  },
  keys: {
    en: 'The app > Basic Information > App Credentials (Client ID, Client Secret)',
    ko: '앱 > Basic Information > App Credentials(Client ID, Client Secret)',
  },
  also: [
    {
      en: 'OAuth & Permissions: add the user token scopes openid, email and profile.',
      ko: 'OAuth & Permissions에서 User Token Scopes에 openid, email, profile을 추가하세요.',
    },
  ],
  refuses: {
    pattern: /^http:/,
    instead: {
      en: 'Slack takes https only: try it behind a public https name, or with the emulator.',
      ko: 'Slack은 https만 받습니다. 공개 https 주소나 에뮬레이터로 시험하세요.',
    },
  },
  clientId: { pattern: /^\d+\.\d+$/, like: '123456789012.123456789012' },
  clientSecret: { pattern: /^[0-9a-f]{32}$/, like: '32 × 0-9a-f' },
  mistakenIds: [
    {
      pattern: /^A[0-9A-Z]{8,}$/,
      is: {
        en: 'the App ID; the Client ID stands below it',
        ko: 'App ID입니다. 그 아래의 Client ID를 넣으세요',
      },
    },
  ],
  errors: {
    bad_redirect_uri: {
      means: 'incomplete',
      step: {
        en: 'The redirect URI is not registered: add it exactly as the doctor shows it.',
        ko: 'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 등록하세요.',
      },
    },
    invalid_code: {
      means: 'accepted',
      step: {
        en: 'The code was used or is too old: sign in again.',
        ko: '코드가 이미 사용되었거나 만료되었습니다. 다시 로그인하세요.',
      },
    },
    bad_client_secret: {
      means: 'refused',
      step: {
        en: 'The secret is wrong: copy it again from Basic Information.',
        ko: '시크릿이 틀렸습니다. Basic Information에서 다시 복사하세요.',
      },
    },
    invalid_client_id: {
      means: 'refused',
      step: {
        en: 'There is no such app: check SLACK_CLIENT_ID.',
        ko: '앱을 찾을 수 없습니다. SLACK_CLIENT_ID를 확인하세요.',
      },
    },
  },
})
