import type { Language } from './language.ts'

/** The texts of the sign-in page in one language. */
export interface SignInTexts {
  signIn: string
  continueTo: (client: string) => string
  signInWith: (provider: string) => string
  emulated: string
  /** What the badge means, once for the page. */
  emulatedNote: string
  lastUsed: string
  noProviders: string
  /** Why these providers are not offered inside this app's browser. */
  notInside: (providers: string, app: string) => string
  openBrowser: string
  address: string
  copy: string
  copied: string
  language: string
}

const en: SignInTexts = {
  signIn: 'Sign in',
  continueTo: (client) => `to continue to ${client}`,
  signInWith: (provider) => `Sign in with ${provider}`,
  emulated: 'EMULATED',
  emulatedNote: 'For development: emulated providers sign anybody in as anybody.',
  lastUsed: 'Last used',
  noProviders: 'No provider is enabled.',
  notInside: (providers, app) =>
    `${providers} does not sign people in inside ${app}. Open this page in your browser instead.`,
  openBrowser: 'Open in browser',
  address: 'Address to open in your browser',
  copy: 'Copy address',
  copied: 'Copied',
  language: 'Language',
}

const ko: SignInTexts = {
  signIn: '로그인',
  continueTo: (client) => `${client} 서비스로 계속합니다`,
  signInWith: (provider) => `${provider}(으)로 로그인`,
  emulated: 'EMULATED',
  emulatedNote: '개발용입니다. 에뮬레이터에서는 누구나 아무 계정으로 로그인할 수 있습니다.',
  lastUsed: '최근 사용',
  noProviders: '사용할 수 있는 로그인 방법이 없습니다.',
  notInside: (providers, app) =>
    `${app} 안에서는 ${providers} 로그인을 사용할 수 없습니다. 브라우저에서 열어 주세요.`,
  openBrowser: '브라우저에서 열기',
  address: '브라우저에서 열 주소',
  copy: '주소 복사',
  copied: '복사했습니다',
  language: '언어',
}

const ja: SignInTexts = {
  signIn: 'ログイン',
  continueTo: (client) => `${client} に進みます`,
  signInWith: (provider) => `${provider}でログイン`,
  emulated: 'EMULATED',
  emulatedNote: '開発用です。エミュレーターでは誰でもどのアカウントにもログインできます。',
  lastUsed: '前回使用',
  noProviders: '利用できるログイン方法がありません。',
  notInside: (providers, app) =>
    `${app} の中では ${providers} でログインできません。ブラウザで開いてください。`,
  openBrowser: 'ブラウザで開く',
  address: 'ブラウザで開くアドレス',
  copy: 'アドレスをコピー',
  copied: 'コピーしました',
  language: '言語',
}

export const signInTexts: Readonly<Record<Language, SignInTexts>> = { en, ko, ja }
