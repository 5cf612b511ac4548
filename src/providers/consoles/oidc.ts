import { type Console, defineConsole } from '../../core/provider/console.ts'

/** Whatever an OpenID provider has for its administrators; every one has these places. */
export const oidcConsole = (issuer: string): Console =>
  defineConsole({
    url: issuer,
    redirectUris: { en: 'the client > redirect URIs', ko: '클라이언트 > 리다이렉트 URI' },
    logoutRedirectUris: {
      en: 'the client > post-logout redirect URIs',
      ko: '클라이언트 > 로그아웃 후 리다이렉트 URI(post_logout_redirect_uris)',
    },
    keys: { en: 'the client (id, secret)', ko: '클라이언트(id, secret)' },
  })
