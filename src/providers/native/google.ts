import { z } from 'zod'
import { readClaims, type Vouches } from '../../core/identity/standard-claims.ts'
import { optionalText } from '../../core/provider/documents.ts'
import type { NativeTokens } from '../../core/provider/native.ts'

/** `GET /tokeninfo`; there is no `sub` where the scope `openid` was not granted. */
const TokenInfo = z
  .object({ aud: optionalText, azp: optionalText, sub: optionalText })
  .transform(({ aud, azp, sub }) => ({ isValid: true, apps: [aud, azp], subject: sub }))

/**
 * Google runs the mailboxes of gmail.com and of a Workspace (`hd`); any other address was verified once
 * and may have changed hands since.
 */
export const vouchesForAddress: Vouches = ({ email, hd }) =>
  (typeof hd === 'string' && hd !== '') || /@(gmail|googlemail)\.com$/i.test(String(email))

/** Google's SDKs give ID tokens, on Android with the app's own id as `azp`, and access tokens. */
export const googleNative: NativeTokens = {
  readIdToken: (claims) => readClaims(claims, vouchesForAddress),
  // GIDSignIn on iOS adds one.
  addsNonce: true,
  askedByOthers: true,
  inspectAccessToken: async ({ accessToken, call }) =>
    TokenInfo.parse(
      await call('token_info_endpoint', {
        params: { access_token: accessToken },
        refusedOn: [400, 401],
      }),
    ),
}
