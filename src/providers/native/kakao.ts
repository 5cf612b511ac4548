import { z } from 'zod'
import { NumericSubject, TextSubject } from '../../core/identity/profile.ts'
import { optionalText } from '../../core/provider/documents.ts'
import type { NativeTokens } from '../../core/provider/native.ts'

/** The ID token has an address, but unlike `/v2/user/me` no flag beside it. */
export const KakaoClaims = z
  .object({ sub: TextSubject, email: optionalText, nickname: optionalText, picture: optionalText })
  .transform(({ sub, email, nickname, picture }) => ({
    subject: sub,
    email,
    emailVerified: null,
    name: nickname,
    picture,
  }))

/** `GET /v1/user/access_token_info`; `app_id` is the number of the app, not one of its keys. */
const TokenInfo = z
  .object({ id: NumericSubject, app_id: NumericSubject, expires_in: z.number() })
  .transform(({ id, app_id, expires_in }) => ({
    isValid: expires_in > 0,
    apps: [app_id],
    subject: id,
  }))

/** Kakao's SDK gives ID tokens, whose audience is the native app key, and access tokens. */
export const kakaoNative: NativeTokens = {
  readIdToken(claims) {
    const profile = KakaoClaims.parse(claims)
    // Without an address the person has none, or shares it no longer.
    return profile.email ? profile : { ...profile, emailVerified: false }
  },
  inspectAccessToken: async ({ call }) =>
    TokenInfo.parse(await call('token_info_endpoint', { auth: 'bearer', refusedOn: [400, 401] })),
  appIds: ({ APP_ID = '' }) => [APP_ID],
}
