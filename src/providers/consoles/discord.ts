import { defineConsole } from '../../core/provider/console.ts'

/** Discord Developer Portal. https://discord.com/developers/docs/topics/oauth2 */
export const discordConsole = defineConsole({
  url: 'https://discord.com/developers/applications',
  redirectUris: {
    en: 'The application > OAuth2 > Redirects',
    ko: '애플리케이션 > OAuth2 > Redirects',
  },
  keys: {
    en: 'The application > OAuth2 (Client ID, Client Secret)',
    ko: '애플리케이션 > OAuth2(Client ID, Client Secret)',
  },
  clientId: { pattern: /^\d{15,22}$/, like: '123456789012345678' },
})
