import { AT_PROVIDER, all, OF_APP } from './codes.ts'
import type { Texts } from './texts.ts'

/** Japanese. */
export const ja: Texts = {
  name: '日本語',
  signIn: {
    signIn: 'ログイン',
    continueTo: (client) => `「${client}」にログインします`,
    signInWith: (provider) => `${provider}でログイン`,
    emulated: 'エミュレーター',
    emulatedNote: '開発用の画面です。エミュレーターでは誰でもどのアカウントでもログインできます。',
    lastUsed: '前回のログイン',
    noProviders: '利用できるログイン方法がありません。',
    opensOutside: 'ブラウザで開きます',
    opensAppOutside: (client) => `ブラウザで「${client}」を開きます`,
    onlyOutside: 'ブラウザでのみ利用できます',
    notInside: (provider, app) => `${app}の中では${provider}でログインできません。`,
    nothingOpens: (provider, app) => `${ja.signIn.notInside(provider, app)}開かない場合はこちら`,
    address: 'このアドレスをコピーしてブラウザで開いてください',
    copy: 'アドレスをコピー',
    copied: 'コピーしました',
    copyByHand: 'アドレスを長押ししてコピーしてください',
    language: '言語',
  },
  problem: {
    failed: 'ログインできませんでした',
    failedElsewhere: 'エラーが発生しました',
    titles: { not_found: 'ページが見つかりません', invalid_token: 'ログインが必要です' },
    tryAgain: 'もう一度試す',
    retryIn: (time) => `${time}後にもう一度お試しいただけます。`,
    retryNow: 'もう一度お試しいただけます。',
    anotherAccount: '別のアカウントを使う',
    otherWays: '別の方法でログイン',
    signIn: 'ログイン',
    backTo: (client) => `「${client}」に戻る`,
    open: (client) => `「${client}」を開く`,
    reasons: {
      direct_answer_off: {
        title: 'アプリからログインしてください',
        text: 'このアドレスを直接開いてもログインできません。ご利用のアプリを開いて、そこからログインしてください。',
      },
      cookies_missing: {
        title: null,
        text: ({ host }) =>
          `ブラウザからログインに必要なCookieが届きませんでした。${host}のCookieをブロックしているか、別のブラウザでログインを始めています。Cookieを許可して、もう一度ここでお試しください。`,
      },
      user_disabled: {
        title: 'このアカウントは停止されています',
        text: 'このアカウントは利用が停止されているため、ログインできません。お心当たりがない場合は、アプリの運営者にお問い合わせください。',
      },
      sign_up_closed: {
        title: '新規登録は受け付けていません',
        text: 'すでに登録済みの方のみログインできます。登録済みの場合は、以前ログインしたアカウントをお使いください。',
      },
      sign_up_domain: {
        title: 'このメールアドレスでは登録できません',
        text: ({ domains }) =>
          `登録するには、ログインサービスで確認済みの${domains}のメールアドレスが必要です。お持ちの場合は、そのアカウントをお使いください。`,
      },
      not_of_organisation: {
        title: 'このアカウントは使えません',
        text: '特定の組織のアカウントでのみログインできます。その組織のアカウントをお持ちの場合は、そちらをお使いください。',
      },
    },
    code: 'エラーコード',
    requestId: 'リクエストID',
    provider: 'ログインサービス',
    problems: {
      unknown_provider: 'このログイン方法には対応していません。',
      ...all(OF_APP, 'リンクまたはアプリからのリクエストが正しくありません。'),
      invalid_state:
        'ログインの有効期限が切れたか、すでに処理済みか、別のウィンドウで始められています。もう一度ログインしてください。',
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
  },
  popup: {
    signedIn: 'ログインしました',
    confirmed: 'アカウントを確認しました',
    close: 'このウィンドウは閉じてもかまいません。',
  },
  token: {
    signedInAs: (who) => `${who} としてログインしました`,
    what: 'アプリを経由していないため、プログラムが受け取る応答をLatchkeyが直接表示します。応答にはトークンが含まれ、見た人は誰でも使えます。',
    show: 'JSONを表示',
  },
  received: {
    title: 'データを削除しました',
    text: (provider, day) =>
      `${day}に${provider}から依頼を受け取りました。${provider}から受け取った情報を削除し、ログアウトしました。`,
  },
  signedOut: { title: 'ログアウトしました', text: 'このページは閉じてかまいません。' },
  brand: { terms: '利用規約', privacy: 'プライバシーポリシー' },
  playground: {
    title: 'プレイグラウンド',
    skip: 'ログインへ移動',
    language: '言語',
    signInPage: 'ログイン画面',
    apiReference: 'APIリファレンス',
    lead: (url) =>
      `<code>${url}</code> で動いているLatchkeyの本物のクライアントです。ログインし、コードをトークンと交換し、ユーザー情報を取得します。呼び出し方は実際のアプリと同じです。このページは、Latchkeyのアドレスがこのコンピューターである間だけ表示されます。`,
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
  },
}
