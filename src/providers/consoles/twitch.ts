import { defineConsole } from '../../core/provider/console.ts'

/** Twitch Developers. https://dev.twitch.tv/docs/authentication/register-app */
export const twitchConsole = defineConsole({
  url: 'https://dev.twitch.tv/console/apps',
  redirectUris: {
    en: 'Applications > Manage > OAuth Redirect URLs',
    ko: 'Applications > Manage > OAuth Redirect URLs',
  },
  keys: {
    en: 'Applications > Manage (Client ID, New Secret)',
    ko: 'Applications > Manage(Client ID, New Secret)',
  },
  errors: {
    invalid_authorization_code: {
      means: 'accepted',
      step: {
        en: 'The code was used or is too old: sign in again.',
        ko: '코드가 이미 사용되었거나 만료되었습니다. 다시 로그인하세요.',
      },
    },
    invalid_client_secret: {
      means: 'refused',
      step: {
        en: 'The secret is wrong: make a new one.',
        ko: '시크릿이 틀렸습니다. 새로 만드세요.',
      },
    },
    invalid_client: {
      means: 'refused',
      step: {
        en: 'There is no such app: check TWITCH_CLIENT_ID.',
        ko: '앱을 찾을 수 없습니다. TWITCH_CLIENT_ID를 확인하세요.',
      },
    },
  },
})
