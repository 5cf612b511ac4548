import type { ErrorCode } from '../core/errors.ts'
import type { Language } from './language.ts'

/** The texts of the error pages in one language. */
export interface ProblemTexts {
  failed: string
  /** The same where nobody was signing in. */
  failedElsewhere: string
  /** What stands instead where the code says more. */
  titles: Partial<Readonly<Record<ErrorCode, string>>>
  tryAgain: string
  otherWays: string
  /** To the sign-in page, from where nobody was signing in. */
  signIn: string
  backTo: (client: string) => string
  code: string
  requestId: string
  /** What a provider is called that has no name here. */
  provider: string
  /** What happened and what to do, by error code; some say which provider it was. */
  problems: Readonly<Record<ErrorCode, string | ((provider: string) => string)>>
}

/** What only an app can do wrong: to a person it is all one. */
const OF_APP = [
  ...(['invalid_request', 'unauthorized_client', 'unsupported_response_type'] as const),
  ...(['invalid_scope', 'invalid_target', 'request_not_supported'] as const),
  ...(['request_uri_not_supported', 'invalid_client', 'invalid_grant'] as const),
  ...(['unsupported_grant_type', 'insufficient_scope'] as const),
]

/** What the provider has to ask the person. */
const AT_PROVIDER = [
  ...(['login_required', 'interaction_required', 'consent_required'] as const),
  ...(['account_selection_required', 'reauthentication_required'] as const),
]

/** One text for several codes. */
const all = <Code extends ErrorCode>(codes: readonly Code[], text: string) =>
  Object.fromEntries(codes.map((code) => [code, text])) as Record<Code, string>

const en: ProblemTexts = {
  failed: 'Signing in did not work',
  failedElsewhere: 'That did not work',
  titles: { not_found: 'Page not found', invalid_token: 'You are not signed in' },
  tryAgain: 'Try again',
  otherWays: 'Other ways to sign in',
  signIn: 'Sign in',
  backTo: (client) => `Back to ${client}`,
  code: 'Code',
  requestId: 'Request ID',
  provider: 'The provider',
  problems: {
    unknown_provider: 'This way to sign in is not offered here.',
    ...all(OF_APP, 'The link or the app that brought you here made a mistake.'),
    invalid_state:
      'This sign-in is over, took too long or was started in another window. Please start again.',
    access_denied: 'The sign-in was cancelled, or this account may not sign in here.',
    invalid_code: 'This sign-in took too long or was used already. Please start again.',
    invalid_provider_response: (provider) =>
      `${provider} sent an answer that failed a check, so you were not signed in. Please try again.`,
    provider_error: (provider) => `${provider} could not sign you in. Please try again.`,
    provider_timeout: (provider) => `${provider} did not answer in time. Please try again.`,
    temporarily_unavailable: 'Signing in is not possible right now. Please try again in a moment.',
    rate_limited: 'That was too often. Please wait a moment and try again.',
    not_found: 'The address may be mistyped or out of date.',
    last_identity: 'It is the only way to sign in to this account, so it was kept.',
    identity_in_use: 'This account is already used by somebody else here.',
    provider_in_use: 'Another account at the same provider is linked already.',
    method_not_allowed: 'This address is not a page to be opened.',
    invalid_token: 'Your session may be over. Please sign in.',
    ...all(AT_PROVIDER, 'Please sign in with the provider again.'),
    insufficient_user_authentication: 'Please sign in again to go on.',
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
  titles: { not_found: '페이지를 찾을 수 없습니다', invalid_token: '로그인이 필요합니다' },
  tryAgain: '다시 시도',
  otherWays: '다른 방법으로 로그인',
  signIn: '로그인',
  backTo: (client) => `${client} 서비스로 돌아가기`,
  code: '오류 코드',
  requestId: '요청 ID',
  provider: '로그인 서비스',
  problems: {
    unknown_provider: '지원하지 않는 로그인 방법입니다.',
    ...all(OF_APP, '링크나 앱에서 보낸 요청이 올바르지 않습니다.'),
    invalid_state:
      '로그인 시간이 지났거나 이미 끝난 로그인입니다. 다른 창에서 시작했을 수도 있습니다. 다시 로그인해 주세요.',
    access_denied: '로그인을 취소했거나 이 계정으로는 로그인할 수 없습니다.',
    invalid_code: '로그인 시간이 지났거나 이미 사용한 로그인입니다. 다시 시도해 주세요.',
    invalid_provider_response: (provider) =>
      `${provider}에서 받은 정보를 확인하지 못해 로그인을 중단했습니다. 다시 시도해 주세요.`,
    provider_error: (provider) =>
      `${provider}에 문제가 생겨 로그인하지 못했습니다. 다시 시도해 주세요.`,
    provider_timeout: (provider) => `${provider}에서 응답이 없습니다. 다시 시도해 주세요.`,
    temporarily_unavailable: '지금은 로그인할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    rate_limited: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
    not_found: '주소가 잘못되었거나 페이지가 없어졌을 수 있습니다.',
    last_identity: '이 계정에 로그인할 수 있는 유일한 방법이어서 연결을 끊지 않았습니다.',
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
}

const ja: ProblemTexts = {
  failed: 'ログインできませんでした',
  failedElsewhere: 'エラーが発生しました',
  titles: { not_found: 'ページが見つかりません', invalid_token: 'ログインが必要です' },
  tryAgain: 'もう一度試す',
  otherWays: '別の方法でログイン',
  signIn: 'ログイン',
  backTo: (client) => `「${client}」に戻る`,
  code: 'エラーコード',
  requestId: 'リクエストID',
  provider: 'ログインサービス',
  problems: {
    unknown_provider: 'このログイン方法には対応していません。',
    ...all(OF_APP, 'リンクまたはアプリからのリクエストが正しくありません。'),
    invalid_state:
      'ログインの有効期限が切れたか、すでに完了しているか、別のウィンドウで始められています。もう一度ログインしてください。',
    access_denied: 'ログインがキャンセルされたか、このアカウントではログインできません。',
    invalid_code:
      'ログインの有効期限が切れたか、すでに使われています。もう一度ログインしてください。',
    invalid_provider_response: (provider) =>
      `${provider}からの応答を確認できなかったため、ログインを中止しました。もう一度お試しください。`,
    provider_error: (provider) =>
      `${provider}で問題が発生したため、ログインできませんでした。もう一度お試しください。`,
    provider_timeout: (provider) =>
      `${provider}から応答がありませんでした。もう一度お試しください。`,
    temporarily_unavailable: '現在ログインできません。しばらくしてからお試しください。',
    rate_limited: 'リクエストが多すぎます。しばらくしてからお試しください。',
    not_found: 'アドレスが間違っているか、ページがなくなった可能性があります。',
    last_identity: 'このアカウントにログインできる唯一の方法のため、連携を解除しませんでした。',
    identity_in_use: 'このアカウントはすでに別のユーザーが使用しています。',
    provider_in_use: '同じサービスの別のアカウントがすでに連携されています。',
    method_not_allowed: '直接開けるページではありません。',
    invalid_token: 'ログインの有効期限が切れた可能性があります。ログインしてください。',
    ...all(AT_PROVIDER, 'もう一度ログインしてください。'),
    insufficient_user_authentication: '続けるには、もう一度ログインしてください。',
    csrf: '別のサイトからのリクエストのため、処理しませんでした。',
    payload_too_large: '送信された内容が大きすぎます。',
    unsupported_media_type: '送信された内容を読み取れませんでした。',
    request_timeout:
      '接続が遅く、リクエストを最後まで受信できませんでした。もう一度お試しください。',
    server_error: '問題が発生しました。もう一度お試しください。',
  },
}

export const problemTexts: Readonly<Record<Language, ProblemTexts>> = { en, ko, ja }
