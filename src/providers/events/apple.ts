import { z } from 'zod'
import type { EventReceiver, ProviderEventKind } from '../../core/provider/provider-event.ts'
import { ensure, ensureMade, jsonOf, momentOf, tokenId } from './proofs.ts'

const KINDS: Readonly<Record<string, ProviderEventKind>> = {
  'consent-revoked': 'consent_withdrawn',
  'account-delete': 'account_gone',
  // As the documents have it.
  'account-deleted': 'account_gone',
}

const Claims = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number().optional(),
  jti: z.string().nullish(),
  // JSON in a text, or as it is.
  events: z.union([z.string().transform(jsonOf), z.record(z.string(), z.unknown())]).pipe(
    z.looseObject({
      type: z.string(),
      sub: z.string().nullish(),
      event_time: z.union([z.number(), z.string()]).nullish(),
    }),
  ),
})

/** Server-to-server notifications, each at least once. https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts */
export const appleEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'Identifiers > the primary App ID > Sign in with Apple > Edit > Server-to-Server Notification Endpoint',
        ko: 'Identifiers > 기본 App ID > Sign in with Apple > Edit > Server-to-Server Notification Endpoint',
      },
      setting: null,
    },
  ],
  keys: { jwks: 'jwks_uri' },
  isOn: () => true,
  async read({ body }, tools) {
    const { payload } = z.object({ payload: z.string() }).parse(jsonOf(body))
    const { claims: given, issuer } = await tools.verify(payload)
    const claims = Claims.parse(given)
    ensure(claims.iss === issuer, 'invalid_issuer', 'Its issuer is wrong.')
    const isOurs = [claims.aud].flat().some((one) => tools.audiences.includes(one))
    ensure(isOurs, 'invalid_audience', 'It is for another app.')
    ensureMade(claims.iat)
    const { type, sub, event_time } = claims.events
    const kind = KINDS[type]
    return {
      events:
        kind === undefined || typeof sub !== 'string' ? [] : [{ kind, subject: sub, told: type }],
      ignored: type,
      id: tokenId(claims.jti, payload),
      at: momentOf(event_time ?? claims.iat),
      answer: { status: 200 },
    }
  },
}
