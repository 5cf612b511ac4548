import { z } from 'zod'
import { AnySubject } from '../../core/identity/profile.ts'
import { readClaims } from '../../core/identity/standard-claims.ts'
import type { NativeTokens } from '../../core/provider/native.ts'

const idOrNull = AnySubject.nullish().catch(null)

/** `GET /debug_token`; of a token that is none it says hardly more than that. */
const DebugToken = z
  .object({
    data: z.object({
      is_valid: z.unknown().optional(),
      app_id: idOrNull,
      user_id: idOrNull,
    }),
  })
  .transform(({ data }) => ({
    isValid: data.is_valid === true,
    apps: [data.app_id],
    subject: data.user_id,
  }))

/** Facebook's SDKs give access tokens, and ID tokens where the login is a limited one (iOS). */
export const facebookNative: NativeTokens = {
  readIdToken: (claims) => ({ ...readClaims(claims), emailVerified: false }),
  inspectAccessToken: async ({ accessToken, client, call }) =>
    DebugToken.parse(
      await call('debug_token_endpoint', {
        params: { input_token: accessToken, access_token: `${client.id}|${client.secret}` },
        // A token of another app is a 400 as well.
        refusedOn: [400],
      }),
    ),
}
