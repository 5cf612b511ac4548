/** A browser of Android and of an iPhone, as their User-Agents begin. */
export const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; SM-S911N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36'
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'

const WEB_VIEW =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240905.003; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.58 Mobile Safari/537.36'

type Way = 'kakaotalk' | 'line' | 'intent' | 'copy'

const inApp = (app: string, way: Way, userAgent: string) => ({ app, way, userAgent })

/** Browsers that apps bring, by what they send, and how they are left. */
export const IN_APP = [
  inApp('KakaoTalk', 'kakaotalk', `${WEB_VIEW};KAKAOTALK 2410500`),
  inApp('KakaoTalk', 'kakaotalk', `${IPHONE} Mobile/15E148 KAKAOTALK 10.9.5`),
  inApp('LINE', 'line', `${WEB_VIEW} Line/14.17.0/IAB`),
  inApp('LINE', 'line', `${IPHONE} Mobile/15E148 Safari Line/14.17.0`),
  inApp('NAVER', 'intent', `${WEB_VIEW} NAVER(inapp; search; 2000; 12.15.0)`),
  inApp(
    'NAVER',
    'copy',
    `${IPHONE} Version/18.5 Mobile/15E148 Safari/605.1 NAVER(inapp; search; 2000; 12.12.50; 14PROMAX)`,
  ),
  inApp('Daum', 'intent', `${WEB_VIEW} DaumApps/8.5.0 DaumDevice/mobile`),
  inApp('Threads', 'intent', `${WEB_VIEW} Barcelona 355.0.0.39.109 Android (34/14; 420dpi; en_US)`),
  inApp(
    'Instagram',
    'intent',
    `${WEB_VIEW} Instagram 355.1.0.44.103 Android (34/14; 420dpi; 1080x2205; Google/google; Pixel 8; en_US)`,
  ),
  inApp(
    'Instagram',
    'copy',
    `${IPHONE} Mobile/22B83 Instagram 354.0.0.29.90 (iPhone12,8; iOS 18_1; en_US; scale=2.00; 750x1334; IABMV/1)`,
  ),
  inApp('Messenger', 'intent', `${WEB_VIEW} [FB_IAB/MESSENGER;FBAV/481.1.0.74.109;]`),
  inApp('Messenger', 'intent', `${WEB_VIEW} [FB_IAB/Orca-Android;FBAV/440.0.0;]`),
  inApp(
    'Messenger',
    'copy',
    `${IPHONE} Mobile/22A3354 [FBAN/MessengerForiOS;FBAV/478.0.0.40.109;FBSN/iOS;FBLC/ko_KR]`,
  ),
  inApp('Facebook', 'intent', `${WEB_VIEW} [FB_IAB/FB4A;FBAV/488.0.0.62.79;IABMV/1;]`),
  inApp('Facebook', 'copy', `${IPHONE} Mobile/22B83 [FBAN/FBIOS;FBAV/488.0.0.68.101;FBSN/iOS]`),
  inApp('Facebook', 'copy', `${IPHONE} Mobile/22G100 Safari/604.1 MetaIAB Facebook`),
  inApp('Everytime', 'intent', `${WEB_VIEW} everytimeApp`),
  inApp('Everytime', 'copy', `${IPHONE} Mobile/15E148 everytimeapp`),
  inApp('BAND', 'intent', `${WEB_VIEW} BAND/14.1.0 (Android OS 14;Pixel 8)`),
  inApp('Snapchat', 'intent', `${WEB_VIEW} Snapchat/12.80.0.45 (Pixel 8; Android 14)`),
  inApp('Snapchat', 'copy', `${IPHONE} Mobile/15E148 Snapchat/12.80.0.44 (like Safari/8617.2.4)`),
  inApp('LinkedIn', 'copy', `${WEB_VIEW} [LinkedInApp]`),
  inApp('LinkedIn', 'copy', `${IPHONE} Mobile/15E148 [LinkedInApp]/9.29.8962`),
  inApp('TikTok', 'copy', `${WEB_VIEW} trill_340102 JsSdk/1.0 NetType/WIFI`),
  inApp('TikTok', 'copy', `${WEB_VIEW} musical_ly_2023303040 JsSdk/1.0 BytedanceWebview/d8a21c6`),
  inApp('TikTok', 'copy', `${IPHONE} Mobile/15E148 Safari/604.1 musical_ly_41.9.0`),
  inApp('WeChat', 'copy', `${WEB_VIEW} MicroMessenger/8.0.50 NetType/WIFI`),
  inApp('WeChat', 'copy', `${IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x18003224) NetType/WIFI`),
] as const

/** Browsers that no app brings, or that are not known to be refused. */
export const OWN_BROWSERS = [
  ANDROID,
  `${ANDROID} SamsungBrowser/28.0`,
  `${ANDROID} Whale/1.0`,
  `${ANDROID} [WA4A/2.25.32.75;]`,
  WEB_VIEW,
  `${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`,
  `${IPHONE} CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1`,
  `${IPHONE} GSA/334.0.674067880 Mobile/15E148 Safari/604.1`,
  // An app on the home screen.
  `${IPHONE} Mobile/15E148`,
  'curl/8',
  'Mozilla/5.0 Online/1.0 (X11) InstagramLike NAVER FBAVX',
  `${ANDROID} Headband/2 BAND SnapchatAds LinkedInBot/1.0`,
]
