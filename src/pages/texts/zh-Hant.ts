import { AT_PROVIDER, all, OF_APP } from './codes.ts'
import type { Texts } from './texts.ts'

/** Traditional Chinese. */
export const zhHant: Texts = {
  name: '繁體中文',
  signIn: {
    signIn: '登入',
    continueTo: (client) => `登入後前往「${client}」`,
    signInWith: (provider) => `使用 ${provider} 登入`,
    emulated: '模擬',
    emulatedNote: '僅供開發使用：在模擬器中，任何人都能以任何帳號登入。',
    lastUsed: '上次使用',
    noProviders: '目前沒有可用的登入方式。',
    opensOutside: '在瀏覽器中開啟',
    opensAppOutside: (client) => `在瀏覽器中開啟「${client}」`,
    onlyOutside: '只能在瀏覽器中使用',
    notInside: (provider, app) => `${provider} 不允許在 ${app} 內登入。`,
    nothingOpens: (provider, app) => `${zhHant.signIn.notInside(provider, app)}沒有開啟嗎？`,
    address: '複製這個網址，並在瀏覽器中開啟',
    copy: '複製網址',
    copied: '已複製',
    copyByHand: '請長按網址來複製',
    language: '語言',
  },
  problem: {
    failed: '無法登入',
    failedElsewhere: '發生錯誤',
    titles: { not_found: '找不到頁面', invalid_token: '尚未登入' },
    tryAgain: '再試一次',
    retryIn: (time) => `${time}後可以再試一次。`,
    retryNow: '現在可以再試一次。',
    anotherAccount: '使用其他帳號',
    otherWays: '其他登入方式',
    signIn: '登入',
    backTo: (client) => `返回「${client}」`,
    open: (client) => `開啟「${client}」`,
    reasons: {
      direct_answer_off: {
        title: '請從應用程式登入',
        text: '直接開啟這個網址無法登入。請開啟您要使用的應用程式，再從那裡登入。',
      },
      cookies_missing: {
        title: null,
        text: ({ host }) =>
          `瀏覽器沒有傳回登入所需的 Cookie。可能是封鎖了 ${host} 的 Cookie，或是您從另一個瀏覽器開始登入。請允許 Cookie，然後在這裡再試一次。`,
      },
      user_disabled: {
        title: '這個帳號已停用',
        text: '您在這裡的帳號已停用，因此無法登入。如果您認為這是誤會，請洽應用程式的管理者。',
      },
      sign_up_closed: {
        title: '目前不開放註冊',
        text: '只有已經註冊的人可以登入。如果您已註冊，請使用先前登入的帳號。',
      },
      sign_up_domain: {
        title: '這個電子郵件地址無法註冊',
        text: ({ domains }) =>
          `註冊需要經登入服務驗證的 ${domains} 電子郵件地址。如果您有這樣的帳號，請使用該帳號。`,
      },
      not_of_organisation: {
        title: '這裡無法使用這個帳號',
        text: '只有特定組織的帳號可以登入。如果您有該組織的帳號，請使用該帳號。',
      },
    },
    code: '錯誤代碼',
    requestId: '請求 ID',
    provider: '登入服務',
    problems: {
      unknown_provider: '這裡不提供這種登入方式。',
      ...all(OF_APP, '您使用的連結或應用程式送出的請求不正確。'),
      invalid_state: '這次登入已逾時、已完成，或是在其他視窗中開始的。請重新登入。',
      access_denied: '登入已取消，或這個帳號無法在此登入。',
      invalid_code: '這次登入已逾時或已使用過。請重新登入。',
      invalid_provider_response: (provider) =>
        `無法驗證 ${provider} 的回應，因此未登入。請再試一次。`,
      provider_error: (provider) => `${provider} 發生問題，無法登入。請再試一次。`,
      provider_timeout: (provider) => `${provider} 沒有及時回應。請再試一次。`,
      temporarily_unavailable: '目前無法登入。請稍後再試。',
      rate_limited: '請求次數過多。請稍候再試。',
      not_found: '網址可能有誤，或頁面已不存在。',
      last_identity: '這是這個帳號唯一的登入方式，因此未解除連結。',
      identity_in_use: '這個帳號已由其他使用者使用。',
      provider_in_use: '已連結同一服務的另一個帳號。',
      method_not_allowed: '這個網址不能直接開啟。',
      invalid_token: '登入狀態可能已過期。請重新登入。',
      ...all(AT_PROVIDER, '請重新登入該服務。'),
      insufficient_user_authentication: '請重新登入以繼續。',
      csrf: '這項請求來自其他網站，因此未處理。',
      payload_too_large: '傳送的內容太大。',
      unsupported_media_type: '無法讀取傳送的內容。',
      request_timeout: '連線太慢。請再試一次。',
      server_error: '發生問題。請再試一次。',
    },
  },
  popup: {
    signedIn: '已登入',
    confirmed: '已確認帳號',
    close: '您可以關閉這個視窗。',
  },
  token: {
    signedInAs: (who) => `已以 ${who} 的身分登入`,
    what: '您不是從應用程式來的，因此 Latchkey 直接顯示程式會收到的回應。其中含有權杖，看到的人都能使用。',
    show: '顯示 JSON',
  },
  received: {
    title: '已刪除您的資料',
    text: (provider, day) =>
      `我們於 ${day} 收到 ${provider} 轉達的要求，已刪除從 ${provider} 取得的資料，並將您登出。`,
  },
  signedOut: { title: '您已登出', text: '您可以關閉此頁面。' },
  brand: { terms: '服務條款', privacy: '隱私權政策' },
  playground: {
    title: '試用頁',
    skip: '跳到登入',
    language: '語言',
    signInPage: '登入頁',
    apiReference: 'API 文件',
    lead: (url) =>
      `這是連到 <code>${url}</code> 的真實用戶端：登入、用授權碼換取權杖，再查詢使用者。呼叫方式與您的應用程式完全相同。只有 Latchkey 的網址在這台電腦上時，才會出現這一頁。`,
    oneLogin: '用命令列完成一次登入',
    providers: '用命令列列出登入服務',
    command: '命令',
    settings: '設定',
    withoutScript: (base) =>
      `試用頁的其他部分需要 JavaScript。若不使用 JavaScript，請執行上面的命令，或<a href="${base}/login">登入</a>並查看 JSON 回應。`,
    next: '下一步：您自己的應用程式',
    steps: (callbackUrl, base) => [
      '在 <code>CLIENTS</code> 填入應用程式的名稱。只要 Latchkey 的網址在這台電腦上，這一頁就會保留。',
      `在登入服務的主控台註冊 <code>${callbackUrl}</code>，並把金鑰交給 Latchkey。`,
      '執行 <code>npm run doctor</code>，看看還缺什麼。',
      `在您的 API 中，用 <a href="${base}/.well-known/jwks.json">jwks.json</a> 驗證存取權杖；任何 JWT 函式庫都可以。`,
    ],
    further: '詳情請見 README；每項設定的說明在 <code>.env.example</code>。',
  },
}
