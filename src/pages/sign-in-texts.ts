import type { Language } from './language.ts'

/** The texts of the sign-in page in one language. */
export interface SignInTexts {
  signIn: string
  signInWith: (provider: string) => string
  emulated: string
  noProviders: string
}

const en: SignInTexts = {
  signIn: 'Sign in',
  signInWith: (provider) => `Sign in with ${provider}`,
  emulated: 'EMULATED',
  noProviders: 'No provider is enabled.',
}

const ko: SignInTexts = {
  signIn: '로그인',
  signInWith: (provider) => `${provider}(으)로 로그인`,
  emulated: '에뮬레이터',
  noProviders: '사용할 수 있는 로그인 방법이 없습니다.',
}

const ja: SignInTexts = {
  signIn: 'ログイン',
  signInWith: (provider) => `${provider}でログイン`,
  emulated: 'エミュレーター',
  noProviders: '利用できるログイン方法がありません。',
}

export const signInTexts: Readonly<Record<Language, SignInTexts>> = { en, ko, ja }
