import type { Language } from '../../core/pages/language.ts'
import type { Labels } from '../../core/provider/button.ts'

// Some providers refuse to sign people in inside the browser that an app brings itself. Each app has
// its own way out of it, or none. Only apps that name themselves are known here: a plain web view of
// Android (`; wv`) or iOS may be an app that opens the provider elsewhere by itself, and an app on the
// home screen of an iPhone looks the same and is refused by nobody.

/**
 * Makes a link that leads from an app to the person's browser; the fallback is for apps that ignore
 * it.
 */
type WayOut = (target: URL, fallback: URL) => string

/** An app with a browser of its own. */
interface InAppBrowser {
  name: Labels
  pattern: RegExp
  /** Null if the app has no way out on this system: the person has to copy the address. */
  android: WayOut | null
  ios: WayOut | null
}

const openExternal: WayOut = (target) =>
  `kakaotalk://web/openExternal?url=${encodeURIComponent(target.href)}`

const openExternalBrowser: WayOut = (target) => {
  const outside = new URL(target)
  outside.searchParams.set('openExternalBrowser', '1')
  return outside.href
}

/** Without a package name, so that the person's own choice of browser opens. */
const intent: WayOut = (target, fallback) => {
  const parts = [
    `scheme=${target.protocol.slice(0, -1)}`,
    'action=android.intent.action.VIEW',
    'category=android.intent.category.BROWSABLE',
    `S.browser_fallback_url=${encodeURIComponent(fallback.href)}`,
  ]
  return `intent:${target.href.slice(target.protocol.length)}#Intent;${parts.join(';')};end`
}

// The first match counts: Messenger and Threads also have the names of Facebook and Instagram in
// their User-Agent.
const APPS: readonly InAppBrowser[] = [
  {
    name: { en: 'KakaoTalk', ko: '카카오톡', ja: 'カカオトーク' },
    pattern: /\bKAKAOTALK\b/i,
    android: openExternal,
    ios: openExternal,
  },
  {
    name: { en: 'LINE', ko: '라인', ja: 'LINE' },
    pattern: /\bLine\/\d/i,
    android: openExternalBrowser,
    ios: openExternalBrowser,
  },
  {
    name: { en: 'NAVER', ko: '네이버 앱', ja: 'NAVERアプリ' },
    pattern: /\bNAVER\(inapp\b/i,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Daum', ko: '다음 앱', ja: 'Daumアプリ' },
    pattern: /\bDaumApps\b/,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Threads', ko: '스레드', ja: 'Threads' },
    pattern: /\bBarcelona \d/,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Instagram', ko: '인스타그램', ja: 'Instagram' },
    pattern: /\bInstagram\b/i,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Messenger', ko: '메신저', ja: 'Messenger' },
    pattern: /\bMessengerForiOS\b|\bFB(?:AN|_IAB)\/(?:MESSENGER|Orca-Android)\b/,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Facebook', ko: '페이스북', ja: 'Facebook' },
    pattern: /\bFB(?:AN|AV|_IAB)\b|\bMetaIAB\b/,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Everytime', ko: '에브리타임', ja: 'エブリタイム' },
    pattern: /\beverytimeApp\b/i,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'BAND', ko: '밴드', ja: 'BAND' },
    pattern: /\bBAND\/\d/,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'Snapchat', ko: '스냅챗', ja: 'Snapchat' },
    pattern: /\bSnapchat\/\d/i,
    android: intent,
    ios: null,
  },
  {
    name: { en: 'LinkedIn', ko: '링크드인', ja: 'LinkedIn' },
    pattern: /\bLinkedInApp\b/,
    // It blocks intents.
    android: null,
    ios: null,
  },
  {
    name: { en: 'TikTok', ko: '틱톡', ja: 'TikTok' },
    pattern: /\bBytedanceWebview\b|\b(?:musical_ly|trill)_/,
    // Its browser does not follow intents reliably.
    android: null,
    ios: null,
  },
  {
    name: { en: 'WeChat', ko: '위챗', ja: 'WeChat' },
    pattern: /\bMicroMessenger\//,
    android: null,
    ios: null,
  },
]

/** The in-app browser of one request. */
export interface InApp {
  app: string
  /** Makes the link out of it; null if there is none. */
  wayOut: WayOut | null
}

/** The app whose in-app browser has this User-Agent; null for other browsers. */
export function findInApp(userAgent: string | undefined, language: Language): InApp | null {
  const agent = (userAgent ?? '').slice(0, 1000)
  const found = APPS.find(({ pattern }) => pattern.test(agent))
  if (found === undefined) return null
  return {
    app: found.name[language] ?? found.name.en,
    wayOut: /\bAndroid\b/.test(agent) ? found.android : found.ios,
  }
}

/** Whether a User-Agent is that of an in-app browser. */
export const isInAppBrowser = (userAgent: string | undefined): boolean =>
  findInApp(userAgent, 'en') !== null
