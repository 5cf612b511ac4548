import type { ErrorCode } from '../core/errors.ts'
import type { Language } from './language.ts'

/** The texts of the error pages in one language. */
export interface ProblemTexts {
  failed: string
  /** The same where nobody was signing in. */
  failedElsewhere: string
  tryAgain: string
  otherWays: string
  /** To the sign-in page, from where nobody was signing in. */
  signIn: string
  backTo: (client: string) => string
  code: string
  requestId: string
  /** What happened and what to do, by error code. */
  problems: Readonly<Record<ErrorCode, string>>
}

const en: ProblemTexts = {
  failed: 'Signing in did not work',
  failedElsewhere: 'That did not work',
  tryAgain: 'Try again',
  otherWays: 'Other ways to sign in',
  signIn: 'Sign in',
  backTo: (client) => `Back to ${client}`,
  code: 'Code',
  requestId: 'Request',
  problems: {
    unknown_provider: 'This sign-in provider is not offered here.',
    invalid_request: 'The link or the app that brought you here made a mistake.',
    invalid_state:
      'This sign-in is over, took too long or was started in another window. Please start again.',
    access_denied: 'The sign-in was declined, or your account may not sign in.',
    invalid_code: 'The provider no longer accepts this sign-in. Please start again.',
    invalid_provider_response: 'The provider sent an answer that could not be trusted.',
    provider_error: 'The provider could not sign you in. Please try again.',
    provider_timeout: 'The provider did not answer in time. Please try again.',
    temporarily_unavailable: 'Signing in is not possible right now. Please try again in a moment.',
    rate_limited: 'That was too often. Please wait a moment and try again.',
    not_found: 'There is no page here.',
    method_not_allowed: 'This page cannot be opened in this way.',
    invalid_token: 'You are not signed in here, or your session is over. Please sign in.',
    csrf: 'The request came from another site, so nothing was changed.',
    payload_too_large: 'What was sent is too large.',
    unsupported_media_type: 'What was sent cannot be read here.',
    request_timeout: 'The connection was too slow. Please try again.',
    server_error: 'Something went wrong here. Please try again.',
  },
}

const ko: ProblemTexts = {
  failed: '로그인하지 못했습니다',
  failedElsewhere: '요청을 처리하지 못했습니다',
  tryAgain: '다시 시도',
  otherWays: '다른 방법으로 로그인',
  signIn: '로그인',
  backTo: (client) => `${client}(으)로 돌아가기`,
  code: '코드',
  requestId: '요청',
  problems: {
    unknown_provider: '이곳에서 제공하지 않는 로그인 방법입니다.',
    invalid_request: '이 페이지로 연결한 링크나 앱에 오류가 있습니다.',
    invalid_state:
      '로그인이 이미 끝났거나, 시간이 초과되었거나, 다른 창에서 시작되었습니다. 다시 시작해 주세요.',
    access_denied: '로그인이 취소되었거나 이 계정으로는 로그인할 수 없습니다.',
    invalid_code: '로그인 정보가 만료되었습니다. 다시 시작해 주세요.',
    invalid_provider_response: '로그인 제공자의 응답을 신뢰할 수 없습니다.',
    provider_error: '로그인 제공자에 문제가 있습니다. 다시 시도해 주세요.',
    provider_timeout: '로그인 제공자가 제때 응답하지 않았습니다. 다시 시도해 주세요.',
    temporarily_unavailable: '지금은 로그인할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    rate_limited: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
    not_found: '페이지가 없습니다.',
    method_not_allowed: '이 페이지는 이 방법으로 열 수 없습니다.',
    invalid_token: '로그인되어 있지 않거나 로그인이 만료되었습니다. 로그인해 주세요.',
    csrf: '다른 사이트에서 온 요청이라 아무것도 변경하지 않았습니다.',
    payload_too_large: '보낸 내용이 너무 큽니다.',
    unsupported_media_type: '보낸 내용을 읽을 수 없습니다.',
    request_timeout: '연결이 너무 느립니다. 다시 시도해 주세요.',
    server_error: '문제가 발생했습니다. 다시 시도해 주세요.',
  },
}

const ja: ProblemTexts = {
  failed: 'ログインできませんでした',
  failedElsewhere: '処理できませんでした',
  tryAgain: 'もう一度試す',
  otherWays: '別の方法でログイン',
  signIn: 'ログイン',
  backTo: (client) => `${client} に戻る`,
  code: 'コード',
  requestId: 'リクエスト',
  problems: {
    unknown_provider: 'このログイン方法は提供されていません。',
    invalid_request: 'このページへのリンクまたはアプリに誤りがあります。',
    invalid_state:
      'ログインはすでに終了したか、時間切れか、別のウィンドウで開始されました。もう一度やり直してください。',
    access_denied: 'ログインが拒否されたか、このアカウントではログインできません。',
    invalid_code: 'ログイン情報の有効期限が切れました。もう一度やり直してください。',
    invalid_provider_response: 'プロバイダーの応答を信頼できませんでした。',
    provider_error: 'プロバイダーでログインできませんでした。もう一度お試しください。',
    provider_timeout: 'プロバイダーが時間内に応答しませんでした。もう一度お試しください。',
    temporarily_unavailable: '現在ログインできません。しばらくしてからお試しください。',
    rate_limited: 'リクエストが多すぎます。しばらくしてからお試しください。',
    not_found: 'ページがありません。',
    method_not_allowed: 'このページはこの方法では開けません。',
    invalid_token: 'ログインしていないか、ログインの有効期限が切れています。ログインしてください。',
    csrf: '別のサイトからのリクエストのため、何も変更しませんでした。',
    payload_too_large: '送信された内容が大きすぎます。',
    unsupported_media_type: '送信された内容を読み取れません。',
    request_timeout: '接続が遅すぎます。もう一度お試しください。',
    server_error: '問題が発生しました。もう一度お試しください。',
  },
}

export const problemTexts: Readonly<Record<Language, ProblemTexts>> = { en, ko, ja }
