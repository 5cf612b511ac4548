import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import type {
  EventRegistration,
  ProviderEventKind,
  RegistrationTools,
} from '../../core/provider/provider-event.ts'
import { jsonOf } from './proofs.ts'
import { refused } from './refused.ts'
import { OAUTH, RISC } from './set.ts'

/** Kinds that do something; they are also what the stream is asked for. */
export const GOOGLE_KINDS: Readonly<Record<string, ProviderEventKind>> = {
  [`${OAUTH}/tokens-revoked`]: 'consent_withdrawn',
  [`${RISC}/sessions-revoked`]: 'sessions_revoked',
  [`${RISC}/account-disabled`]: 'account_disabled',
  [`${RISC}/account-enabled`]: 'account_enabled',
  [`${RISC}/account-purged`]: 'account_gone',
}

const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'

const ServiceAccount = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
})

const Stream = z.looseObject({
  status: z.string().optional(),
  delivery: z.looseObject({ url: z.string() }),
})

/** The service account proves itself by a JWT of its own. */
async function authorize(keyFile: string): Promise<Record<string, string>> {
  const account = ServiceAccount.parse(jsonOf(keyFile))
  const { importPKCS8, SignJWT } = await import('jose')
  const key = await importPKCS8(account.private_key, 'RS256')
  const { client_email: email, private_key_id: kid } = account
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256', ...defined({ kid }) })
    .setIssuer(email)
    .setSubject(email)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key)
  return { authorization: `Bearer ${token}` }
}

async function call(
  { endpoint, keyFile, call: send }: RegistrationTools,
  verb: string,
  json?: unknown,
) {
  const headers = await authorize(keyFile)
  const url = endpoint('risc_stream_endpoint') + verb
  const request =
    json === undefined
      ? ({ method: 'GET', url, headers } as const)
      : ({ method: 'POST', url, headers, json } as const)
  const answer = await send(request)
  if (answer.status === 404 && verb === '') return null
  if (answer.status > 299) throw refused('the stream cannot be managed', answer)
  return answer.document
}

/** Google's RISC stream. https://developers.google.com/identity/protocols/risc#create_your_service_account */
export const googleRisc: EventRegistration = {
  command: 'google-risc',
  needs: ['RISC_SERVICE_ACCOUNT'],
  keyFile: 'RISC_SERVICE_ACCOUNT',
  async register(tools) {
    await call(tools, ':update', {
      delivery: { delivery_method: PUSH, url: tools.address },
      events_requested: [...Object.keys(GOOGLE_KINDS), `${RISC}/verification`],
    })
  },
  async status(tools) {
    const stream = Stream.safeParse(await call(tools, '')).data
    if (stream === undefined) return null
    const state = stream.status ?? 'enabled'
    return { address: stream.delivery.url, state, isOff: state !== 'enabled' }
  },
  async verify(tools) {
    await call(tools, ':verify', { state: `latchkey ${new Date().toISOString()}` })
  },
}
