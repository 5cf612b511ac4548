import type { Language } from '../language.ts'

/**
 * What the server writes on the playground in one language, as HTML; the words of its scripts are in
 * `browser/words-….js`.
 */
export interface PlaygroundTexts {
  title: string
  skip: string
  language: string
  signInPage: string
  apiReference: string
  lead: (url: string) => string
  oneLogin: string
  providers: string
  /** What the code regions are, for those who only hear the page. */
  command: string
  settings: string
  /** `base`: the path below which Latchkey is served. */
  withoutScript: (base: string) => string
  next: string
  steps: (callbackUrl: string, base: string) => readonly string[]
  further: string
}

const en: PlaygroundTexts = {
  title: 'Playground',
  skip: 'To the sign-in',
  language: 'Language',
  signInPage: 'Sign-in page',
  apiReference: 'API reference',
  lead: (url) =>
    `A real client of the Latchkey at <code>${url}</code>: it signs you in, swaps the code for tokens and asks who you are, with the same calls as your app will. It is here because Latchkey’s address is on this machine.`,
  oneLogin: 'A whole login on the command line',
  providers: 'The providers, on the command line',
  command: 'Command',
  settings: 'Settings',
  withoutScript: (base) =>
    `The rest of the playground needs JavaScript. Without it: run the command above, or <a href="${base}/login">sign in</a> and read the answer as JSON.`,
  next: 'Next: your own app',
  steps: (callbackUrl, base) => [
    'Name your app in <code>CLIENTS</code>. This page stays beside it, as long as Latchkey’s address is on this machine.',
    `Register <code>${callbackUrl}</code> in the provider’s console, and give Latchkey its keys.`,
    'Let <code>npm run doctor</code> say what is still missing.',
    `In your API, verify access tokens by <a href="${base}/.well-known/jwks.json">jwks.json</a>; any JWT library can.`,
  ],
  further: 'The README goes on from here; <code>.env.example</code> explains each setting.',
}

const ko: PlaygroundTexts = {
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
}

const ja: PlaygroundTexts = {
  title: 'プレイグラウンド',
  skip: 'ログインへ移動',
  language: '言語',
  signInPage: 'ログイン画面',
  apiReference: 'APIリファレンス',
  lead: (url) =>
    `<code>${url}</code> で動いているLatchkeyの本物のクライアントです。ログインし、コードをトークンと交換し、ユーザー情報を取得します。呼び出し方は実際のアプリと同じです。このページは、Latchkeyのアドレスがこのコンピューターで、クライアントが未登録の間だけ表示されます。`,
  oneLogin: 'コマンドラインでログインをひととおり',
  providers: 'コマンドラインでプロバイダー一覧',
  command: 'コマンド',
  settings: '設定',
  withoutScript: (base) =>
    `ここから先はJavaScriptが必要です。JavaScriptなしで試すには、上のコマンドを実行するか、<a href="${base}/login">ログイン</a>してJSONの応答を確認してください。`,
  next: '次へ：自分のアプリで使う',
  steps: (callbackUrl, base) => [
    '<code>CLIENTS</code> にアプリの名前を設定します。Latchkeyのアドレスがこのコンピューターである間は、このページも残ります。',
    `プロバイダーのコンソールに <code>${callbackUrl}</code> を登録し、発行されたキーをLatchkeyに設定します。`,
    '<code>npm run doctor</code> で、足りない設定がないか確認します。',
    `自分のAPIでは、アクセストークンを <a href="${base}/.well-known/jwks.json">jwks.json</a> の鍵で検証します。どのJWTライブラリでもできます。`,
  ],
  further: '続きはREADMEにあります。各設定は <code>.env.example</code> に説明があります。',
}

export const playgroundTexts: Readonly<Record<Language, PlaygroundTexts>> = { en, ko, ja }
