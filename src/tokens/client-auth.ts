import { z } from 'zod'
import { type Client, findClient } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { equalInConstantTime } from '../core/secrets.ts'

/** What a client says of itself in the body, as fields of a request's schema. */
export const clientCredentials = {
  client_id: z
    .string()
    .max(128)
    .optional()
    .meta({ description: 'A confidential client may authenticate by Basic instead.' }),
  client_secret: z.string().max(1024).optional().meta({ description: 'Of a confidential client.' }),
}

interface ClientCredentials {
  client_id?: string | undefined
  client_secret?: string | undefined
}

/**
 * The client that sends a request (RFC 6749, section 2.3): a confidential one by HTTP Basic or by its
 * secret in the body, a public one by its id. Throws `invalid_client`.
 */
export function authenticateClient(
  clients: readonly Client[],
  authorization: string | undefined,
  body: ClientCredentials,
): Client {
  const basic = readBasic(authorization)
  if (basic !== null && body.client_secret !== undefined) {
    throw new LatchkeyError('invalid_request', 'Use one way of client authentication.')
  }
  if (basic !== null && body.client_id !== undefined && body.client_id !== basic.id) {
    throw new LatchkeyError('invalid_request', 'The client_id differs from the one in the header.')
  }
  const id = basic?.id ?? body.client_id
  if (id === undefined) {
    throw new LatchkeyError('invalid_client', 'The client_id is missing.', {
      evidence: { reason: 'client_missing' },
    })
  }
  const secrets = basic?.secrets ?? [body.client_secret ?? '']
  const client = findClient(clients, id)
  const right = client?.secret ?? ''
  const isRight = secrets.some((secret) => equalInConstantTime(right, secret))
  if (client === undefined || !isRight) {
    const message = 'The client is unknown or did not authenticate.'
    throw new LatchkeyError('invalid_client', message, { evidence: { reason: 'client_refused' } })
  }
  return client
}

/**
 * Basic credentials, form-encoded within (RFC 6749, section 2.3.1); null where there is no such header.
 * Many clients do not encode, so the secret counts as it stands too.
 */
function readBasic(authorization: string | undefined): { id: string; secrets: string[] } | null {
  if (authorization === undefined || !/^Basic( |$)/i.test(authorization)) return null
  const text = Buffer.from(authorization.slice(6).trim(), 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon > 0) {
    const [id = '', secret = ''] = [text.slice(0, colon), text.slice(colon + 1)]
    return { id: decodeForm(id), secrets: [decodeForm(secret), secret] }
  }
  throw new LatchkeyError('invalid_client', 'The Authorization header is malformed.', {
    evidence: { reason: 'basic_malformed' },
  })
}

/** A form-encoded text, itself where it is not one. */
function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
