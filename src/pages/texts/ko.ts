import { AT_PROVIDER, all, OF_APP } from './codes.ts'
import type { Texts } from './texts.ts'

/** Korean. */
export const ko: Texts = {
  name: '한국어',
  signIn: {
    signIn: '로그인',
    continueTo: (client) => `${client} 서비스에 로그인합니다`,
    signInWith: (provider) => `${provider} 계정으로 로그인`,
    emulated: '에뮬레이터',
    emulatedNote:
      '개발용 화면입니다. 에뮬레이터에서는 누구나 어떤 계정으로든 로그인할 수 있습니다.',
    lastUsed: '최근 로그인',
    noProviders: '사용할 수 있는 로그인 방법이 없습니다.',
    opensOutside: '브라우저에서 열립니다',
    opensAppOutside: (client) => `브라우저에서 ${client} 열기`,
    onlyOutside: '브라우저에서만 가능',
    notInside: (provider, app) => `${provider} 정책상 ${app} 안에서는 로그인할 수 없습니다.`,
    nothingOpens: (provider, app) => `${ko.signIn.notInside(provider, app)} 열리지 않나요?`,
    address: '이 주소를 복사해 브라우저에서 열어 주세요',
    copy: '주소 복사',
    copied: '복사했습니다',
    copyByHand: '주소를 길게 눌러 복사해 주세요',
    language: '언어',
  },
  problem: {
    failed: '로그인하지 못했습니다',
    failedElsewhere: '요청을 처리하지 못했습니다',
    titles: { not_found: '페이지를 찾을 수 없습니다', invalid_token: '로그인이 필요합니다' },
    tryAgain: '다시 시도',
    retryIn: (time) => `${time} 뒤에 다시 시도할 수 있습니다.`,
    retryNow: '이제 다시 시도할 수 있습니다.',
    anotherAccount: '다른 계정 사용',
    otherWays: '다른 방법으로 로그인',
    signIn: '로그인',
    backTo: (client) => `${client} 서비스로 돌아가기`,
    open: (client) => `${client} 열기`,
    reasons: {
      direct_answer_off: {
        title: '앱에서 로그인을 시작해 주세요',
        text: '이 주소를 바로 열어서는 로그인할 수 없습니다. 사용하려는 앱을 열고 거기에서 로그인해 주세요.',
      },
      cookies_missing: {
        title: null,
        text: ({ host }) =>
          `브라우저에서 로그인에 필요한 쿠키를 받지 못했습니다. ${host}의 쿠키를 차단하고 있거나, 다른 브라우저에서 시작한 로그인입니다. 쿠키를 허용하고 여기에서 다시 시도해 주세요.`,
      },
      user_disabled: {
        title: '이용이 정지된 계정입니다',
        text: '이 계정은 이용이 정지되어 로그인할 수 없습니다. 잘못된 것 같다면 앱 운영자에게 문의해 주세요.',
      },
      sign_up_closed: {
        title: '새로 가입할 수 없습니다',
        text: '이미 가입한 사람만 로그인할 수 있습니다. 가입했다면 전에 로그인하던 계정으로 로그인해 주세요.',
      },
      sign_up_domain: {
        title: '이 이메일 주소로는 가입할 수 없습니다',
        text: ({ domains }) =>
          `가입하려면 로그인 서비스에서 인증한 ${domains} 이메일 주소가 필요합니다. 그런 계정이 있다면 그 계정으로 로그인해 주세요.`,
      },
      not_of_organisation: {
        title: '이 계정으로는 로그인할 수 없습니다',
        text: '정해진 조직의 계정으로만 로그인할 수 있습니다. 그 조직의 계정이 있다면 그 계정으로 로그인해 주세요.',
      },
    },
    code: '오류 코드',
    requestId: '요청 ID',
    provider: '로그인 서비스',
    problems: {
      unknown_provider: '지원하지 않는 로그인 방법입니다.',
      ...all(OF_APP, '링크나 앱에서 보낸 요청이 올바르지 않습니다.'),
      invalid_state:
        '로그인 시간이 지났거나 이미 처리된 로그인입니다. 다른 창에서 시작했을 수도 있습니다. 다시 로그인해 주세요.',
      access_denied: '로그인을 취소했거나 이 계정으로는 로그인할 수 없습니다.',
      invalid_code: '로그인 시간이 지났거나 이미 처리된 로그인입니다. 다시 시도해 주세요.',
      invalid_provider_response: (provider) =>
        `${provider}에서 받은 정보를 확인하지 못해 로그인을 중단했습니다. 다시 시도해 주세요.`,
      provider_error: (provider) =>
        `${provider}에 문제가 생겨 로그인하지 못했습니다. 다시 시도해 주세요.`,
      provider_timeout: (provider) => `${provider}에서 응답이 없습니다. 다시 시도해 주세요.`,
      temporarily_unavailable: '지금은 로그인할 수 없습니다. 잠시 후 다시 시도해 주세요.',
      rate_limited: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
      not_found: '주소가 잘못되었거나 페이지가 없어졌을 수 있습니다.',
      last_identity: '이 계정에 로그인할 수 있는 유일한 방법이어서 연결을 해제하지 않았습니다.',
      identity_in_use: '다른 사용자가 이미 사용하고 있는 계정입니다.',
      provider_in_use: '같은 로그인 서비스의 다른 계정이 이미 연결되어 있습니다.',
      method_not_allowed: '바로 열 수 있는 페이지가 아닙니다.',
      invalid_token: '로그인이 만료되었을 수 있습니다. 다시 로그인해 주세요.',
      ...all(AT_PROVIDER, '해당 서비스로 다시 로그인해 주세요.'),
      insufficient_user_authentication: '계속하려면 다시 로그인해 주세요.',
      csrf: '다른 사이트에서 보낸 요청이어서 처리하지 않았습니다.',
      payload_too_large: '보낸 내용이 너무 큽니다.',
      unsupported_media_type: '보낸 내용을 읽을 수 없습니다.',
      request_timeout: '연결이 느려 요청을 끝까지 받지 못했습니다. 다시 시도해 주세요.',
      server_error: '일시적인 문제가 생겼습니다. 다시 시도해 주세요.',
    },
  },
  popup: {
    signedIn: '로그인했습니다',
    confirmed: '계정을 확인했습니다',
    close: '이 창을 닫아도 됩니다.',
  },
  token: {
    signedInAs: (who) => `${who} 님으로 로그인했습니다`,
    what: '앱을 거치지 않았으므로 프로그램이 받는 응답을 Latchkey가 직접 보여 줍니다. 응답에는 토큰이 들어 있으며, 토큰을 본 사람은 누구나 쓸 수 있습니다.',
    show: 'JSON 보기',
  },
  received: {
    title: '데이터를 삭제했습니다',
    text: (provider, day) =>
      `${day}에 ${provider}에서 요청을 받았습니다. ${provider}에서 받은 정보를 삭제하고 로그아웃했습니다.`,
  },
  signedOut: { title: '로그아웃되었습니다', text: '이 페이지를 닫아도 됩니다.' },
  brand: { terms: '이용약관', privacy: '개인정보처리방침' },
  playground: {
    title: '플레이그라운드',
    skip: '로그인으로 건너뛰기',
    language: '언어',
    signInPage: '로그인 화면',
    apiReference: 'API 문서',
    lead: (url) =>
      `<code>${url}</code>에서 실행 중인 Latchkey에 연결된 실제 클라이언트입니다. 로그인하고, 코드를 토큰으로 교환하고, 누구인지 조회합니다. 호출하는 방법은 여러분의 앱과 똑같습니다. 이 페이지는 Latchkey의 주소가 이 컴퓨터인 동안에만 나옵니다.`,
    oneLogin: '명령줄에서 로그인 한 번에 끝내기',
    providers: '명령줄에서 제공자 목록 보기',
    command: '명령',
    settings: '설정',
    withoutScript: (base) =>
      `플레이그라운드의 나머지 기능에는 JavaScript가 필요합니다. JavaScript 없이 쓰려면 위 명령을 실행하거나, <a href="${base}/login">로그인</a>하고 JSON 응답을 확인하세요.`,
    next: '다음 단계: 내 앱에 붙이기',
    steps: (callbackUrl, base) => [
      '<code>CLIENTS</code>에 앱 이름을 적습니다. Latchkey의 주소가 이 컴퓨터인 동안에는 이 페이지도 그대로 남습니다.',
      `제공자의 콘솔에 <code>${callbackUrl}</code>을 등록하고, 발급받은 키를 Latchkey에 설정합니다.`,
      '<code>npm run doctor</code>를 실행해 아직 빠진 것이 있는지 확인합니다.',
      `여러분의 API에서 액세스 토큰을 <a href="${base}/.well-known/jwks.json">jwks.json</a>의 키로 검증합니다. 어떤 JWT 라이브러리로도 됩니다.`,
    ],
    further:
      '자세한 내용은 README.ko.md에 이어집니다. 설정 하나하나는 <code>.env.example</code>에 설명되어 있습니다.',
  },
}
