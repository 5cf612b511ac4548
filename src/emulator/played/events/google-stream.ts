import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { z } from 'zod'
import { type Answer, endpoint, jsonOf } from '../../http.ts'
import { isLoopbackUrl } from '../../loopback.ts'
import type { Stage } from '../../stage.ts'

const audience = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const push = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
const email = 'latchkey-risc@emulated.iam.gserviceaccount.com'

const Stream = z.object({
  delivery: z.object({ delivery_method: z.literal(push), url: z.string() }),
  events_requested: z.array(z.string()),
})
/** Where events go and which are asked for. */
export type Stream = z.infer<typeof Stream>

const streams = new WeakMap<Stage, Stream>()
const keys = new WeakMap<Stage, ReturnType<typeof makeKey>>()

/** The stream as it was registered, null while it is not. */
export function streamOf(stage: Stage): Stream | null {
  return streams.get(stage) ?? null
}

/**
 * The stream's management below `/v1beta`, and the console's download of the service account's key,
 * `/emulator/service-account`.
 *
 * `verify` sends the SET by `sendVerification`.
 */
export function addRiscStream(
  app: FastifyInstance,
  stage: Stage,
  sendVerification: (state: string) => Promise<void>,
): void {
  endpoint(app, ['GET'], '/emulator/service-account', async () => ({
    status: 200,
    body: await serviceAccount(stage),
  }))
  endpoint(app, ['GET'], '/v1beta/stream', (request) =>
    signedIn(request, stage, () => {
      const stream = streamOf(stage)
      return stream ? { status: 200, body: stream } : notFound
    }),
  )
  // A doubled colon is one colon.
  endpoint(app, ['POST'], '/v1beta/stream::update', (request) =>
    signedIn(request, stage, () => {
      const { success, data } = Stream.safeParse(jsonOf(request))
      // The real one wants https at a domain that was authorized.
      if (!success || !isLoopbackUrl(data.delivery.url)) return invalidArgument
      streams.set(stage, data)
      return { status: 200, body: {} }
    }),
  )
  endpoint(app, ['POST'], '/v1beta/stream::verify', (request) =>
    signedIn(request, stage, () => {
      const { success, data } = z.object({ state: z.string() }).safeParse(jsonOf(request))
      if (!success) return invalidArgument
      if (!streamOf(stage)) return notFound
      // Behind the answer, as it comes from the real one.
      setTimeout(() => void sendVerification(data.state), 50).unref()
      return { status: 200, body: {} }
    }),
  )
}

async function makeKey() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { publicKey, pem: await exportPKCS8(privateKey), id: randomUUID().replaceAll('-', '') }
}

function keyOf(stage: Stage): ReturnType<typeof makeKey> {
  const made = keys.get(stage) ?? makeKey()
  keys.set(stage, made)
  return made
}

/** The file that the console hands out once. */
async function serviceAccount(stage: Stage): Promise<Record<string, string>> {
  const { pem, id } = await keyOf(stage)
  return {
    type: 'service_account',
    project_id: 'emulated',
    private_key_id: id,
    private_key: pem,
    client_email: email,
    client_id: '1',
    token_uri: `${stage.url}/token`,
  }
}

/** The account proves itself by a JWT of its own, of an hour at most. */
async function signedIn(
  request: FastifyRequest,
  stage: Stage,
  answer: () => Answer,
): Promise<Answer> {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  try {
    const { publicKey } = await keyOf(stage)
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['RS256'],
      audience,
      issuer: email,
      subject: email,
      requiredClaims: ['iat', 'exp'],
    })
    const { iat = 0, exp = 0 } = payload
    if (exp - iat > 3600) return unauthenticated
  } catch {
    return unauthenticated
  }
  return answer()
}

function apiError(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } }
}

const unauthenticated = apiError(
  401,
  'UNAUTHENTICATED',
  'Request had invalid authentication credentials.',
)
const notFound = apiError(404, 'NOT_FOUND', 'Requested entity was not found.')
const invalidArgument = apiError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.')
