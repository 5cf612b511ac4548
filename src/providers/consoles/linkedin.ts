import { defineConsole } from '../../core/provider/console.ts'

/** LinkedIn Developers. https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2 */
export const linkedinConsole = defineConsole({
  url: 'https://www.linkedin.com/developers/apps',
  redirectUris: {
    en: 'The app > Auth > Authorized redirect URLs for your app',
    ko: '앱 > Auth > Authorized redirect URLs for your app',
  },
  keys: {
    en: 'The app > Auth (Client ID, Primary Client Secret)',
    ko: '앱 > Auth(Client ID, Primary Client Secret)',
  },
  also: [
    {
      en: 'Products: add "Sign In with LinkedIn using OpenID Connect".',
      ko: 'Products에서 "Sign In with LinkedIn using OpenID Connect"를 추가하세요.',
    },
  ],
  clientSecret: { pattern: /^WPL_AP/, like: 'WPL_AP1.…' },
  errors: {
    unauthorized_scope_error: {
      means: 'incomplete',
      step: {
        en: 'The app lacks the product: add "Sign In with LinkedIn using OpenID Connect" under Products.',
        ko: '앱에 제품이 없습니다. Products에서 "Sign In with LinkedIn using OpenID Connect"를 추가하세요.',
      },
    },
  },
})
