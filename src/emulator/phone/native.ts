import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type Answer, endpoint, formOf, isForm, isOtherSite, jsonFormOf } from '../http.ts'
import type { Grant } from '../login/codes.ts'
import { personas } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import type { NativeOrder, PlayedNative } from './sdk.ts'

/** How a provider's mobile SDK treats the nonce of an app. */
const sdks = ['current', 'own_nonce', 'without_nonce'] as const

/**
 * The phone: `POST /<provider>/emulator/native-tokens`, form or JSON, answers the tokens that the
 * provider's SDK hands to an app on somebody's phone, to be sent to `/token` as `subject_token`.
 *
 * - `persona`: who signs in, default the first.
 * - `nonce`: the app's, put into the ID token as it is given.
 * - `platform`: `android` (default) or `ios`.
 * - `sdk`: `current` (default); `own_nonce`, which puts a nonce of its own in place of the app's, as
 *   GIDSignIn before 9.0 does; `without_nonce`, which loses it, as Microsoft's broker does.
 * - `hint`: `!forged-id-token`.
 *
 * Answer: `{"id_token"?,"access_token"?,"nonce"?}`; `nonce` is the claim where the app can read it.
 */
export function addNative(app: FastifyInstance, played: PlayedProvider, stage: Stage): void {
  const { native } = played
  if (native === undefined) return
  endpoint(app, ['POST'], '/emulator/native-tokens', async (request) => {
    if (isOtherSite(request)) return refusal(403, 'Only from this machine.')
    const given = (isForm(request) ? formOf(request) : jsonFormOf(request)) ?? {}
    const { platform = 'android', sdk = 'current', hint = null } = given
    const persona = personas.find(({ id }) => id === (given.persona ?? personas[0].id))
    if (!persona) return refusal(400, `Unknown persona ${given.persona}.`)
    if (platform !== 'android' && platform !== 'ios') return refusal(400, 'Unknown platform.')
    if (!sdks.some((one) => one === sdk)) return refusal(400, `Unknown sdk ${sdk}.`)
    const grant: Grant = {
      persona,
      failure: hint,
      scopes: played.scopes(native.scope) ?? [],
      request: {},
      isFirst: false,
      authTime: Math.floor(Date.now() / 1000),
    }
    const nonce = nonceOf(native, given.nonce, sdk)
    return { status: 200, body: await tokensOf(played, native, stage, grant, { platform, nonce }) }
  })
}

function nonceOf(native: PlayedNative, given: string | undefined, sdk: string) {
  if (sdk === 'without_nonce') return undefined
  const needsOwn = sdk === 'own_nonce' || (native.alwaysNonce === true && given === undefined)
  return needsOwn ? randomBytes(16).toString('hex') : given
}

async function tokensOf(
  played: PlayedProvider,
  native: PlayedNative,
  stage: Stage,
  grant: Grant,
  order: NativeOrder,
): Promise<Record<string, unknown>> {
  const issued = stage.ledger.issueTokens(grant, null)
  const access = native.accessTokens ? { access_token: issued.accessToken } : {}
  if (!native.claims) return access
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: stage.url,
    aud: played.client.id,
    iat,
    exp: iat + 3600,
    ...native.claims(stage, grant, issued, order),
    ...(order.nonce === undefined ? {} : { nonce: order.nonce }),
  }
  const id_token = await stage.signer.sign(claims, grant.failure === '!forged-id-token')
  // Only Facebook's SDK shows the nonce.
  const shown = native.alwaysNonce ? { nonce: order.nonce } : {}
  return { id_token, ...access, ...shown }
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } }
}
