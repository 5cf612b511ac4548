import { type Client, findClient } from '../core/client.ts'
import { equalInConstantTime } from '../core/secrets.ts'
import { OAuthError } from './oauth-errors.ts'

/** What a client says of itself in the body. */
export interface ClientCredentials {
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
    throw new OAuthError('invalid_request', 'Use one way of client authentication.')
  }
  if (basic !== null && body.client_id !== undefined && body.client_id !== basic.id) {
    throw new OAuthError('invalid_request', 'The client_id differs from the one in the header.')
  }
  const id = basic?.id ?? body.client_id
  if (id === undefined) {
    throw new OAuthError('invalid_client', 'The client_id is missing.', 'client_missing')
  }
  const secret = basic?.secret ?? body.client_secret
  const client = findClient(clients, id)
  const isRight =
    client !== undefined &&
    (client.secret === null
      ? secret === undefined || secret === ''
      : secret !== undefined && equalInConstantTime(client.secret, secret))
  if (client === undefined || !isRight) {
    const message = 'The client is unknown or did not authenticate.'
    throw new OAuthError('invalid_client', message, 'client_refused', basic !== null)
  }
  return client
}

/** Basic credentials, form-encoded within (RFC 6749, section 2.3.1); null where there is no such header. */
function readBasic(authorization: string | undefined): { id: string; secret: string } | null {
  if (authorization === undefined || !/^Basic /i.test(authorization)) return null
  const text = Buffer.from(authorization.slice(6).trim(), 'base64').toString('utf8')
  const colon = text.indexOf(':')
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))
    if (colon > 0)
      return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
  } catch {
    // Not form-encoded: falls through.
  }
  throw new OAuthError(
    'invalid_client',
    'The Authorization header is malformed.',
    'basic_malformed',
    true,
  )
}
