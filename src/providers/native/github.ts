import { z } from 'zod'
import { NumericSubject } from '../../core/identity/profile.ts'
import type { NativeTokens } from '../../core/provider/native.ts'

/** `POST /applications/{client_id}/token`; a token of another app is a 404. */
const TokenCheck = z
  .object({ app: z.object({ client_id: z.string() }), user: z.object({ id: NumericSubject }) })
  .transform(({ app, user }) => ({ isValid: true, apps: [app.client_id], subject: user.id }))

/** GitHub has no ID tokens for people. */
export const githubNative: NativeTokens = {
  inspectAccessToken: async ({ accessToken, call }) =>
    TokenCheck.parse(
      await call('token_check_endpoint', {
        auth: 'basic',
        json: { access_token: accessToken },
        refusedOn: [404, 422],
      }),
    ),
}
