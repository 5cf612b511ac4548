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
  /** On the button of a provider that refuses this app's browser: its link leaves the app. */
  opensOutside: string
  /** The same where the login has to begin at the client again. */
  opensAppOutside: (client: string) => string
  /** The same where no link leaves the app. */
  onlyOutside: string
  /** Why. */
  notInside: (provider: string, app: string) => string
  /** The same, where a link leads out, as the heading of what can be done by hand. */
  nothingOpens: (provider: string, app: string) => string
  address: string
  copy: string
  copied: string
  /** Where the button could not copy; the address is selected. */
  copyByHand: string
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
  opensOutside: 'Opens in your browser',
  opensAppOutside: (client) => `Opens ${client} in your browser`,
  onlyOutside: 'Only in your browser',
  notInside: (provider, app) => `${provider} does not allow signing in inside ${app}.`,
  nothingOpens: (provider, app) => `${en.notInside(provider, app)} Nothing opens?`,
  address: 'Copy this address and open it in your browser',
  copy: 'Copy address',
  copied: 'Copied',
  copyByHand: 'Press and hold the address to copy it',
  language: 'Language',
}

const ko: SignInTexts = {
  signIn: '로그인',
  continueTo: (client) => `${client} 서비스에 로그인합니다`,
  signInWith: (provider) => `${provider} 계정으로 로그인`,
  emulated: 'EMULATED',
  emulatedNote: '개발용 화면입니다. 에뮬레이터에서는 누구나 어떤 계정으로든 로그인할 수 있습니다.',
  lastUsed: '최근 로그인',
  noProviders: '사용할 수 있는 로그인 방법이 없습니다.',
  opensOutside: '브라우저에서 열립니다',
  opensAppOutside: (client) => `브라우저에서 ${client} 열기`,
  onlyOutside: '브라우저에서만 가능',
  notInside: (provider, app) => `${provider} 정책상 ${app} 안에서는 로그인할 수 없습니다.`,
  nothingOpens: (provider, app) => `${ko.notInside(provider, app)} 열리지 않나요?`,
  address: '이 주소를 복사해 브라우저에서 열어 주세요',
  copy: '주소 복사',
  copied: '복사했습니다',
  copyByHand: '주소를 길게 눌러 복사해 주세요',
  language: '언어',
}

const ja: SignInTexts = {
  signIn: 'ログイン',
  continueTo: (client) => `「${client}」にログインします`,
  signInWith: (provider) => `${provider}でログイン`,
  emulated: 'EMULATED',
  emulatedNote: '開発用の画面です。エミュレーターでは誰でもどのアカウントでもログインできます。',
  lastUsed: '前回のログイン',
  noProviders: '利用できるログイン方法がありません。',
  opensOutside: 'ブラウザで開きます',
  opensAppOutside: (client) => `ブラウザで「${client}」を開きます`,
  onlyOutside: 'ブラウザでのみ利用できます',
  notInside: (provider, app) => `${app}の中では${provider}でログインできません。`,
  nothingOpens: (provider, app) => `${ja.notInside(provider, app)}開かない場合はこちら`,
  address: 'このアドレスをコピーしてブラウザで開いてください',
  copy: 'アドレスをコピー',
  copied: 'コピーしました',
  copyByHand: 'アドレスを長押ししてコピーしてください',
  language: '言語',
}

export const signInTexts: Readonly<Record<Language, SignInTexts>> = { en, ko, ja }
