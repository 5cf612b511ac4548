import { defineConsole } from '../../core/provider/console.ts'

/** GitHub's developer settings. https://docs.github.com/apps/oauth-apps */
export const githubConsole = defineConsole({
  url: 'https://github.com/settings/developers',
  redirectUris: {
    en: 'Settings > Developer settings > OAuth Apps > the app > Authorization callback URL',
    ko: 'Settings > Developer settings > OAuth Apps > 내 앱 > Authorization callback URL',
  },
  keys: {
    en: 'Settings > Developer settings > OAuth Apps > the app (Client ID, Client secrets)',
    ko: 'Settings > Developer settings > OAuth Apps > 내 앱(Client ID, Client secrets)',
  },
  clientSecret: { pattern: /^[0-9a-f]{40}$/, like: '40 × 0-9a-f' },
  mistakenIds: [
    {
      pattern: /^\d+$/,
      is: {
        en: 'the number of a GitHub App; the Client ID stands beside it',
        ko: 'GitHub App의 App ID입니다. 같은 화면의 Client ID를 넣으세요',
      },
    },
  ],
  errors: {
    redirect_uri_mismatch: {
      means: 'incomplete',
      step: {
        en: 'The callback URL is another one: enter it exactly as the doctor shows it.',
        ko: 'callback URL이 다릅니다. doctor가 보여 주는 그대로 입력하세요.',
      },
    },
    incorrect_client_credentials: {
      means: 'refused',
      step: {
        en: 'Id or secret is wrong: make a new secret in the app’s settings.',
        ko: 'id나 secret이 틀렸습니다. 앱 설정에서 secret을 새로 만드세요.',
      },
    },
    bad_verification_code: {
      means: 'accepted',
      step: {
        en: 'The code was used or is too old: sign in again.',
        ko: '코드가 이미 사용되었거나 만료되었습니다. 다시 로그인하세요.',
      },
    },
    unverified_user_email: {
      means: 'nothing',
      step: {
        en: 'The person has no verified e-mail address at GitHub: they verify it there.',
        ko: '이 사용자의 GitHub 이메일이 인증되지 않았습니다. GitHub에서 인증해야 합니다.',
      },
    },
    application_suspended: {
      means: 'incomplete',
      step: {
        en: 'GitHub has suspended the app: see its page, or ask GitHub’s support.',
        ko: 'GitHub이 앱을 정지했습니다. 앱 화면을 확인하거나 GitHub 지원팀에 문의하세요.',
      },
    },
  },
})
