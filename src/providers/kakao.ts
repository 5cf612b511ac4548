import { z } from 'zod'
import { NumericSubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { accessTokenRevocation } from '../core/provider/revocation.ts'
import { kakaoButton } from './buttons.ts'
import { kakaoConsole } from './consoles/kakao.ts'
import { kakaoEvents } from './events/kakao.ts'
import { KakaoClaims, kakaoNative } from './native/kakao.ts'

/** `GET /v2/user/me`; everything but the id can be missing, by consent or by the console's settings. */
const KakaoUser = z
  .object({
    id: NumericSubject,
    properties: z
      .object({ nickname: optionalText, profile_image: optionalText })
      .nullish()
      .catch(null),
    kakao_account: z
      .object({
        profile: z
          .object({
            nickname: optionalText,
            profile_image_url: optionalText,
            is_default_image: z.unknown().optional(),
          })
          .nullish()
          .catch(null),
        email: optionalText,
        is_email_valid: z.unknown().optional(),
        is_email_verified: z.unknown().optional(),
      })
      .nullish()
      .catch(null),
  })
  .transform(({ id, properties, kakao_account: account }) => ({
    subject: id,
    email: account?.email,
    // "valid" turns false once another Kakao account has taken the address over.
    emailVerified: account?.is_email_valid === true && account.is_email_verified === true,
    name: account?.profile?.nickname ?? properties?.nickname,
    picture: account?.profile?.profile_image_url ?? properties?.profile_image,
  }))

/** Kakao: OAuth 2.0 with a nested profile. https://developers.kakao.com/docs/latest/en/kakaologin/rest-api */
export const kakao = defineProvider({
  id: 'kakao',
  name: 'Kakao',
  button: kakaoButton,
  console: kakaoConsole,
  events: kakaoEvents,
  gives: 'nickname, picture, e-mail where the app may ask',
  emailVerifiedWhen: '`is_email_valid` and `is_email_verified` are both true',
  settings: {
    ADMIN_KEY: {
      default: '',
      pattern: /^[\x21-\x7e]{0,255}$/,
      looksLike: { pattern: /^[0-9a-f]{32}$/, like: '0123456789abcdef0123456789abcdef' },
      mustBe: { en: 'the app’s primary admin key', ko: '앱의 기본 어드민 키' },
    },
    // Access tokens of the SDK and events are checked against it.
    APP_ID: {
      default: '',
      pattern: /^\d{0,20}$/,
      mustBe: { en: 'the number of the app', ko: '앱 ID(숫자)' },
    },
  },
  issuer: 'https://kauth.kakao.com',
  endpoints: {
    authorization_endpoint: 'https://kauth.kakao.com/oauth/authorize',
    token_endpoint: 'https://kauth.kakao.com/oauth/token',
    userinfo_endpoint: 'https://kapi.kakao.com/v2/user/me',
    jwks_uri: 'https://kauth.kakao.com/.well-known/jwks.json',
    end_session_endpoint: 'https://kauth.kakao.com/oauth/logout',
    token_info_endpoint: 'https://kapi.kakao.com/v1/user/access_token_info',
    unlink_endpoint: 'https://kapi.kakao.com/v1/user/unlink',
  },
  // The consent items of the console; one that the app may not ask for would fail the whole login.
  scopes: [],
  scopeSeparator: ',',
  idToken: 'with-openid',
  native: kakaoNative,
  logoutRedirectParam: 'logout_redirect_uri',
  // Its API's are {"msg":"…","code":-401}.
  exactError: ({ error_code, code }) => error_code ?? code,
  apiError: ({ code }) => code,
  forwardedParams: { login_hint: 'login_hint' },
  prompts: standardPrompts('none', 'login', 'select_account'),
  silent: true,
  authTime: true,
  revocation: accessTokenRevocation({
    endpoint: 'unlink_endpoint',
    request: ({ token }) => ({ auth: { bearer: token } }),
    // No such token; not linked to the app.
    isGone: (_status, { code }) => code === -401 || code === -101,
  }),
  // The verified flag is nowhere else.
  userinfo: 'always',
  // Without secure_resource the picture's address is plain http.
  readProfile: async ({ userinfo, claims }) => {
    const document = await userinfo({ params: { secure_resource: 'true' } })
    return document === null && claims !== null
      ? KakaoClaims.parse(claims)
      : KakaoUser.parse(document)
  },
})
