import { defined } from '../../core/defined.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import type { ProviderTokens } from '../../core/provider/provider-tokens.ts'
import type { RevocationRequest } from '../../core/provider/revocation.ts'
import { withQuery } from '../authorization.ts'
import { endpoint, stepOf } from '../metadata/metadata.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { type Answer, readBody, readJson } from '../outbound/read-answer.ts'
import type { ProviderCall } from '../provider-call.ts'
import { basicAuth, type ClientAuth, clientAuth, type Registration } from './client-auth.ts'

/**
 * Revokes tokens at the provider because a person has left; a grant that has already ended there
 * counts as revoked. False where nothing could be revoked: there is no endpoint for it, or no token
 * that it takes.
 */
export async function revokeTokens(
  call: ProviderCall,
  { access, refreshToken }: ProviderTokens,
  subject: string,
): Promise<boolean> {
  const { row, metadata, registration: client, outbound, deadline } = call
  const { revocation } = row
  // The provider's metadata may have changed since, and name no such endpoint any more.
  const url = metadata.endpoints[revocation.endpoint]
  const takesRefreshToken = revocation.token === 'any' && refreshToken !== null
  const token = takesRefreshToken ? refreshToken : access?.token
  if (url === undefined || token === undefined) return false
  const request = await revocation.request({
    token,
    kind: takesRefreshToken ? 'refresh_token' : 'access_token',
    client,
    async post(name, form) {
      const step = stepOf(name)
      const answer = await outbound.post(endpoint(metadata, name), step, { deadline, form })
      return objectOf(readJson(answer, step))
    },
  })
  const step = stepOf(revocation.endpoint)
  const answer = await send(call, url.replace('{subject}', encodeURIComponent(subject)), request)
  const document = documentOf(answer, step)
  if (!revocation.isOver(answer.status, document)) {
    throw new LatchkeyError('provider_error', 'The provider refused to revoke a grant.', {
      evidence: { step, status: answer.status },
      ...defined({ retryAfterSeconds: answer.retryAfterSeconds }),
    })
  }
  return true
}

async function send(
  { row, metadata, registration: client, outbound, deadline }: ProviderCall,
  endpointUrl: string,
  request: RevocationRequest,
): Promise<Answer> {
  const { method, params = {}, form, json, auth } = request
  const url = withQuery(endpointUrl, params)
  const proof =
    auth === 'client' ? await clientAuth(metadata, client, row.issuer) : proofOf(auth, client)
  const body = json === undefined ? { form: { ...form, ...proof.form } } : { json }
  const call: keyof Outbound = method === 'DELETE' ? 'delete' : 'post'
  return outbound[call](url, stepOf(row.revocation.endpoint), {
    ...body,
    deadline,
    headers: proof.headers,
  })
}

function proofOf(
  auth: Exclude<RevocationRequest['auth'], 'client'>,
  client: Registration,
): ClientAuth {
  if (auth === 'basic') return { form: {}, headers: { authorization: basicAuth(client) } }
  if (auth === undefined) return { form: {}, headers: {} }
  return { form: {}, headers: { authorization: `Bearer ${auth.bearer}` } }
}

/**
 * The body of an answer. The status alone says whether the revocation succeeded (RFC 7009, section
 * 2.2), so any body is accepted.
 */
function documentOf(answer: Answer, step: string): Record<string, unknown> {
  try {
    return objectOf(readBody(answer, step))
  } catch (error) {
    if (answer.status < 200 || answer.status > 299) throw error
    return {}
  }
}

/** Gives an object as it is; anything else as an empty one. */
const objectOf = (document: unknown): Record<string, unknown> =>
  isObject(document) ? document : {}
