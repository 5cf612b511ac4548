import { defineConsole } from '../../core/provider/console.ts'

/** Spotify for Developers. https://developer.spotify.com/documentation/web-api/concepts/redirect_uri */
export const spotifyConsole = defineConsole({
  url: 'https://developer.spotify.com/dashboard',
  redirectUris: {
    en: 'Dashboard > the app > Settings > Redirect URIs',
    ko: 'Dashboard > 내 앱 > Settings > Redirect URIs',
  },
  keys: {
    en: 'Dashboard > the app > Settings > Basic Information (Client ID, Client secret)',
    ko: 'Dashboard > 내 앱 > Settings > Basic Information(Client ID, Client secret)',
  },
  also: [
    {
      en: 'In development mode only five people, on the list under User Management, can sign in (others are refused at userinfo, HTTP 403), the owner needs Premium, and there is no e-mail address. Extended quota lifts all of it.',
      ko: '개발 모드에서는 User Management 목록에 있는 다섯 명만 로그인할 수 있고(다른 사람은 userinfo에서 HTTP 403), 소유자에게 Premium이 있어야 하며 이메일은 오지 않습니다. Extended quota를 받으면 풀립니다.',
    },
  ],
  refuses: {
    pattern: /^http:\/\/(?!127\.|\[::1\])/,
    instead: {
      en: 'Spotify takes no localhost: set PUBLIC_URL=http://127.0.0.1 with the port, and open that.',
      ko: 'Spotify는 localhost를 받지 않습니다. PUBLIC_URL을 http://127.0.0.1과 포트로 바꾸고 그 주소로 여세요.',
    },
  },
  clientId: { pattern: /^[0-9a-f]{32}$/, like: '32 × 0-9a-f' },
})
