import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AccessToken } from './login/codes.ts'
import type { Stage } from './stage.ts'

/** An answer before it is written: an object becomes JSON, text is sent as it is. */
export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

/** An answer with a body of HTML. */
export function html(status: number, body: string): Answer {
  return { status, body, headers: { 'content-type': 'text/html; charset=utf-8' } }
}

/** The raw query of a request, without the question mark. */
export function rawQuery(request: FastifyRequest): string {
  const start = request.raw.url?.indexOf('?') ?? -1
  return start < 0 ? '' : (request.raw.url ?? '').slice(start + 1)
}

/** Parameters by name, null where a name is repeated (RFC 6749 3.1). */
export function singleValues(text: string): Record<string, string> | null {
  const pairs = [...new URLSearchParams(text)]
  const values = Object.fromEntries(pairs)
  return Object.keys(values).length === pairs.length ? values : null
}

/** A form-encoded body, empty where the body is something else, null where a name is repeated. */
export function formOf(request: FastifyRequest): Record<string, string> | null {
  return isForm(request) ? singleValues(textOf(request)) : {}
}

/** True where the request says that its body is form-encoded. */
export function isForm(request: FastifyRequest): boolean {
  return typeOf(request) === 'application/x-www-form-urlencoded'
}

/** The body as text. */
export function textOf(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : ''
}

/** The body read as JSON whatever its type, undefined where it is not JSON. */
export function jsonOf(request: FastifyRequest): unknown {
  try {
    return JSON.parse(textOf(request))
  } catch {
    return undefined
  }
}

/** True where the request says that its body is JSON. */
export function isJsonType(request: FastifyRequest): boolean {
  return typeOf(request) === 'application/json'
}

const typeOf = ({ headers }: FastifyRequest) =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase()

/** The text members of a JSON object in place of a form, null where the body is something else. */
export function jsonFormOf(request: FastifyRequest): Record<string, string> | null {
  const body = jsonOf(request)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string'))
}

/** The user and password of a Basic header (RFC 6749 2.3.1: both form-encoded), else null. */
export function basicOf(request: FastifyRequest): { id: string; secret: string } | null {
  const encoded = /^basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return null
  return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) }
}

function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? ''
}

/** True for a request of a page of another site, which must not press the buttons of this one. */
export function isOtherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  // Where no referrer is sent, a form's Origin is null: this header comes first.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`
}

/** Writes an answer. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .send(answer.body)
}

/** Adds an endpoint; any other method than its own gets 405. */
export function endpoint(
  app: FastifyInstance,
  methods: readonly string[],
  path: string,
  answer: (request: FastifyRequest, reply: FastifyReply) => Answer | Promise<Answer>,
  notAllowed: Answer = { status: 405, body: { error: 'method_not_allowed' } },
): void {
  app.all(path, async (request, reply) => {
    if (methods.includes(request.method)) return send(reply, await answer(request, reply))
    return send(reply.header('allow', methods.join(', ')), notAllowed)
  })
}

/** The access token that a request bears in its header, with what it stands for. */
export interface Bearer extends AccessToken {
  token: string
}

/** The bearer of a request (RFC 6750 2.1), null where there is none or it is unknown or expired. */
export function bearerOf(request: FastifyRequest, stage: Stage): Bearer | null {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const found = token === undefined ? null : stage.ledger.findAccessToken(token)
  return token !== undefined && found ? { ...found, token } : null
}

/** A profile document, or what the failure of its grant puts in its place. */
export function profileAnswer(bearer: Bearer, body: unknown): Answer {
  if (bearer.grant.failure === '!profile-error') {
    return html(503, '<h1>503 Service Unavailable</h1>')
  }
  if (bearer.grant.failure === '!wrong-profile') return { status: 200, body: ['not a profile'] }
  return { status: 200, body }
}
