import { type Client, isConfidential } from '../../core/client/client.ts'
import { readResource } from '../../core/client/resource.ts'
import { LatchkeyError } from '../../core/errors.ts'
import type { ClientTokenResponse } from '../../core/tokens/token-response.ts'
import type { GrantOptions } from './grant-options.ts'
import type { TokenRequest } from './token-request.ts'

/** The only scope that a client can get for itself. */
const ADMIN = 'admin'

/**
 * `client_credentials` (RFC 6749, section 4.4): a token for a client itself, to administer users.
 */
export async function grantToClient(
  { tokens }: Pick<GrantOptions, 'tokens'>,
  client: Client,
  body: TokenRequest,
): Promise<ClientTokenResponse> {
  if (!isConfidential(client) || !client.isAdmin) {
    throw new LatchkeyError('unauthorized_client', 'The client may not ask for itself.', {
      evidence: { client: client.id },
    })
  }
  const scopes = (body.scope ?? ADMIN).split(' ').filter(Boolean)
  if (scopes.length !== 1 || scopes[0] !== ADMIN) {
    throw new LatchkeyError('invalid_scope', 'A client can have the scope admin for itself.')
  }
  readResource(body.resource, [tokens.issuer])
  return tokens.issueToClient(client.id, ADMIN)
}
