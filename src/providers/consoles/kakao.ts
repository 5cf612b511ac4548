import { defineConsole, type ExplainedError } from '../../core/provider/console.ts'

const wrongKey: ExplainedError = {
  means: 'refused',
  step: {
    en: 'Wrong key or key type: KAKAO_CLIENT_ID must be the REST API key, not the native, JavaScript or admin key.',
    ko: '키 또는 키 유형이 잘못되었습니다. KAKAO_CLIENT_ID에는 네이티브, JavaScript, 어드민 키가 아니라 REST API 키를 넣으세요.',
  },
}
const responseType: ExplainedError = {
  means: 'nothing',
  step: {
    en: 'The response_type was refused: check KAKAO_AUTHORIZATION_ENDPOINT.',
    ko: 'response_type이 거부되었습니다. KAKAO_AUTHORIZATION_ENDPOINT를 확인하세요.',
  },
}

/** Kakao Developers. https://developers.kakao.com/docs/latest/en/kakaologin/trouble-shooting */
export const kakaoConsole = defineConsole({
  url: 'https://developers.kakao.com/console/app',
  redirectUris: {
    en: 'App > Platform keys > REST API key > Kakao Login redirect URI',
    ko: '앱 > 플랫폼 키 > REST API 키 > 카카오 로그인 리다이렉트 URI',
  },
  logoutRedirectUris: {
    en: 'App > Platform keys > REST API key > Logout redirect URI',
    ko: '앱 > 플랫폼 키 > REST API 키 > 로그아웃 리다이렉트 URI',
  },
  keys: {
    en: 'App > Platform keys > REST API key (its client secret is on from the start)',
    ko: '앱 > 플랫폼 키 > REST API 키(클라이언트 시크릿은 처음부터 켜져 있습니다)',
  },
  also: [
    {
      en: 'Kakao Login > General: turn Kakao Login on.',
      ko: '카카오 로그인 > 일반에서 카카오 로그인 사용 설정을 켜세요.',
    },
    {
      en: 'Kakao Login > Consent items: turn on what people are to be asked for (nickname, picture; account_email takes a Biz app). KAKAO_SCOPES asks for some of them only.',
      ko: '카카오 로그인 > 동의항목에서 받을 항목(닉네임, 프로필 사진, 비즈 앱이면 account_email)을 켜세요. KAKAO_SCOPES를 쓰면 그중 일부만 요청합니다.',
    },
  ],
  clientId: { pattern: /^[0-9a-f]{32}$/, like: '0123456789abcdef0123456789abcdef' },
  mistakenIds: [
    {
      pattern: /^kakao[0-9a-f]{32}$/,
      is: {
        en: 'the URL scheme of a mobile app, made of the native app key; it must be the REST API key',
        ko: '네이티브 앱 키로 만든 모바일 앱의 URL 스킴입니다. REST API 키를 넣으세요',
      },
    },
    {
      pattern: /^\d{5,12}$/,
      is: {
        en: 'the app id; it must be the REST API key',
        ko: '앱 ID입니다. REST API 키를 넣으세요',
      },
    },
  ],
  nativeClientId: {
    en: 'the native app key; it must be the REST API key',
    ko: '네이티브 앱 키입니다. REST API 키를 넣으세요',
  },
  errors: {
    '-10': {
      means: 'nothing',
      step: {
        en: 'The app’s quota of calls is used up: see it under Statistics > Quota.',
        ko: '앱의 API 쿼터를 다 썼습니다. 통계 > 쿼터에서 확인하세요.',
      },
    },
    '-401': {
      means: 'nothing',
      step: {
        en: 'Kakao refuses the access token, or calls from this server’s address: if the app has a list of allowed IP addresses, add it.',
        ko: '액세스 토큰이 유효하지 않거나 허용되지 않은 IP에서 호출했습니다. 앱에 허용 IP 주소 목록이 있다면 이 서버를 추가하세요.',
      },
    },
    '-402': {
      means: 'nothing',
      step: {
        en: 'The person has not agreed to a consent item that the call needs: sign in again, and agree.',
        ko: '호출에 필요한 동의항목에 사용자가 동의하지 않았습니다. 다시 로그인해 동의하세요.',
      },
    },
    KOE004: {
      means: 'incomplete',
      step: {
        en: 'Kakao Login is not activated: turn it on under Kakao Login > General.',
        ko: '카카오 로그인이 비활성화되어 있습니다. 카카오 로그인 > 일반에서 사용 설정을 켜세요.',
      },
    },
    KOE005: {
      means: 'nothing',
      step: {
        en: 'A test app admits only its members: add this Kakao account as a team member, or use the real app’s key.',
        ko: '테스트 앱에는 등록된 멤버만 로그인할 수 있습니다. 팀원으로 추가하거나 실제 앱의 키를 사용하세요.',
      },
    },
    KOE006: {
      means: 'incomplete',
      step: {
        en: 'The redirect URI is not registered: add it to the REST API key exactly as the doctor shows it.',
        ko: 'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 REST API 키에 등록하세요.',
      },
    },
    KOE007: {
      means: 'incomplete',
      step: {
        en: 'The logout redirect URI is not registered: add it to the REST API key exactly as the doctor shows it.',
        ko: '로그아웃 리다이렉트 URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 REST API 키에 등록하세요.',
      },
    },
    KOE008: wrongKey,
    KOE009: {
      means: 'refused',
      step: {
        en: 'The key’s platform does not match: use the REST API key, and register the web platform.',
        ko: '키의 플랫폼이 맞지 않습니다. REST API 키를 사용하고 웹 플랫폼을 등록하세요.',
      },
    },
    KOE010: {
      means: 'refused',
      step: {
        en: 'The client secret is missing or wrong. It is on from the start for new keys: copy it to KAKAO_CLIENT_SECRET.',
        ko: '클라이언트 시크릿이 없거나 틀렸습니다. 새 키는 시크릿이 처음부터 켜져 있으니 KAKAO_CLIENT_SECRET에 복사하세요.',
      },
    },
    KOE101: wrongKey,
    KOE201: responseType,
    KOE202: responseType,
    KOE205: {
      means: 'incomplete',
      step: {
        en: 'A consent item that is asked for is not turned on: turn it on under Kakao Login > Consent items, or leave it out of KAKAO_SCOPES (profile_nickname,profile_image without account_email).',
        ko: '요청한 동의항목이 켜져 있지 않습니다. 카카오 로그인 > 동의항목에서 켜거나 KAKAO_SCOPES에서 빼세요(account_email 없이: profile_nickname,profile_image).',
      },
    },
    KOE303: {
      means: 'incomplete',
      step: {
        en: 'The redirect URI differs from the one that the login began with: check PUBLIC_URL and the registered URI.',
        ko: '로그인을 시작할 때와 Redirect URI가 다릅니다. PUBLIC_URL과 등록된 URI를 확인하세요.',
      },
    },
    KOE320: {
      means: 'accepted',
      step: {
        en: 'The code was used or is too old: sign in again, and look for a page that calls the callback twice.',
        ko: '인가 코드가 이미 사용되었거나 만료되었습니다. 다시 로그인하고, 콜백이 두 번 호출되는지 확인하세요.',
      },
    },
  },
})
