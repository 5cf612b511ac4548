import { defineConsole } from '../../core/provider/console.ts'

/** GitLab's applications. https://docs.gitlab.com/integration/oauth_provider */
export const gitlabConsole = defineConsole({
  url: 'https://gitlab.com/-/user_settings/applications',
  redirectUris: {
    en: 'User settings > Applications > the application > Redirect URI',
    ko: 'User settings > Applications > 내 애플리케이션 > Redirect URI',
  },
  keys: {
    en: 'User settings > Applications > the application (Application ID, Secret)',
    ko: 'User settings > Applications > 내 애플리케이션(Application ID, Secret)',
  },
  also: [
    {
      en: 'Tick Confidential, and the scopes openid, profile and email.',
      ko: 'Confidential과 scope openid, profile, email을 선택하세요.',
    },
  ],
  clientSecret: { pattern: /^gloas-/, like: 'gloas-…' },
})
