import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Answer, endpoint, jsonOf, rawQuery, singleValues } from '../../http.ts'
import { bearsAppToken } from '../../login/app-token.ts'
import { isLoopbackUrl } from '../../loopback.ts'
import type { Stage } from '../../stage.ts'

const Wanted = z.object({
  type: z.string(),
  version: z.literal('1'),
  condition: z.object({ client_id: z.string() }),
  transport: z.object({
    method: z.literal('webhook'),
    callback: z.string(),
    secret: z.string().min(10).max(100),
  }),
})

/** A subscription; the secret is never shown again. */
export interface Subscription extends z.infer<typeof Wanted> {
  id: string
  status:
    | 'enabled'
    | 'webhook_callback_verification_pending'
    | 'webhook_callback_verification_failed'
  cost: number
  created_at: string
}

const subscriptions = new WeakMap<Stage, Subscription[]>()

/** The subscription that notifications are sent for, null where there is none that works. */
export function subscriptionOf(stage: Stage): Subscription | null {
  return listOf(stage).find(({ status }) => status === 'enabled') ?? null
}

/**
 * `/helix/eventsub/subscriptions`, for the app's own token. `confirm` asks the address of a new one
 * for its challenge.
 */
export function addEventSub(
  app: FastifyInstance,
  stage: Stage,
  client: { id: string; secret: string },
  confirm: (subscription: Subscription) => Promise<boolean>,
): void {
  const path = '/helix/eventsub/subscriptions'
  endpoint(app, ['GET', 'POST', 'DELETE'], path, (request) => {
    const { authorization } = request.headers
    if (!bearsAppToken(authorization, client.secret)) return refuse(401, 'Unauthorized')
    if (request.headers['client-id'] !== client.id) return refuse(401, 'Unauthorized')
    if (request.method === 'GET') return { status: 200, body: answerOf(stage, listOf(stage)) }
    return request.method === 'DELETE'
      ? remove(request, stage)
      : subscribe(request, stage, client.id, confirm)
  })
}

function subscribe(
  request: FastifyRequest,
  stage: Stage,
  clientId: string,
  confirm: (subscription: Subscription) => Promise<boolean>,
): Answer {
  const { success, data } = Wanted.safeParse(jsonOf(request))
  if (!success || data.condition.client_id !== clientId) return refuse(400, 'Bad Request')
  // The real one wants https on port 443.
  if (!isLoopbackUrl(data.transport.callback)) return refuse(400, 'Bad Request')
  const twin = (one: Subscription) =>
    one.type === data.type && one.transport.callback === data.transport.callback
  if (listOf(stage).some(twin)) return refuse(409, 'Conflict')
  const subscription: Subscription = {
    id: randomUUID(),
    status: 'webhook_callback_verification_pending',
    ...data,
    cost: 1,
    created_at: new Date().toISOString(),
  }
  subscriptions.set(stage, [...listOf(stage), subscription])
  // Behind the answer, as it comes from the real one.
  setTimeout(async () => {
    const confirmed = await confirm(subscription)
    subscription.status = confirmed ? 'enabled' : 'webhook_callback_verification_failed'
  }, 50).unref()
  return { status: 202, body: answerOf(stage, [subscription]) }
}

function remove(request: FastifyRequest, stage: Stage): Answer {
  const { id } = singleValues(rawQuery(request)) ?? {}
  const left = listOf(stage).filter((one) => one.id !== id)
  if (left.length === listOf(stage).length) return refuse(404, 'Not Found')
  subscriptions.set(stage, left)
  return { status: 204, body: undefined }
}

function listOf(stage: Stage): readonly Subscription[] {
  return subscriptions.get(stage) ?? []
}

function answerOf(stage: Stage, given: readonly Subscription[]) {
  const data = given.map(shown)
  const total = listOf(stage).length
  return { data, total, total_cost: total, max_total_cost: 10_000, pagination: {} }
}

/** A subscription as answers have it, without its secret. */
export function shown({ transport: { secret, ...transport }, ...rest }: Subscription) {
  return { ...rest, transport }
}

function refuse(status: number, error: string): Answer {
  return { status, body: { error, status, message: error.toLowerCase() } }
}
