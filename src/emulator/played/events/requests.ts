import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { EventOrder, EventRequest } from '../../events/event.ts'
import type { Stage } from '../../stage.ts'

/** A security event token (RFC 8417) of one event, delivered by push (RFC 8935). */
export async function pushedSet(
  stage: Stage,
  order: { client: { id: string } } & Pick<EventOrder, 'at' | 'proof'>,
  claims: JWTPayload,
  events: Readonly<Record<string, unknown>>,
): Promise<EventRequest> {
  const common = { aud: order.client.id, iat: order.at, jti: randomUUID(), events }
  return {
    method: 'POST',
    headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' },
    body: await stage.signer.signAs('secevent+jwt', { ...common, ...claims }, order.proof),
  }
}

/** A JSON body, with what a request of it bears. */
export function jsonRequest(
  body: unknown,
  headers: (text: string) => Record<string, string> = () => ({}),
): EventRequest {
  const text = JSON.stringify(body)
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers(text) },
    body: text,
  }
}

/** A form-encoded body. */
export function formRequest(
  values: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): EventRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(values).toString(),
  }
}

/** True for 200 to 299. */
export const isSuccess = ({ status }: { status: number }) => status >= 200 && status < 300
