import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Client, findClient, isConfidential } from '../core/client/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import { equalInConstantTime } from '../core/secrets.ts'
import { shownValue } from '../core/text.ts'
import type { FailureLimit } from '../http/limits.ts'
import { know } from '../http/log/known.ts'
import { hasTwoCredentials } from '../http/requests/credentials.ts'

/** The client's credentials in a request body, as fields of its schema. */
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

/** What authenticating clients needs. */
export interface ClientAuthOptions {
  clients: readonly Client[]
  /** Counts failed authentications by address and client id; unknown ids count as the empty one. */
  limits: { client: FailureLimit }
}

/**
 * Authenticates the client of a request (RFC 6749, section 2.3): a confidential client by HTTP
 * Basic or a secret in the body, a public client by its id. Throws `invalid_client`, and
 * `rate_limited` after too many failures.
 */
export async function authenticateClient(
  { clients, limits }: ClientAuthOptions,
  request: FastifyRequest,
  body: ClientCredentials,
): Promise<Client> {
  const { authorization } = request.headers
  const isBasic = authorization !== undefined && /^Basic( |$)/i.test(authorization)
  const basic = isBasic ? readBasic(authorization) : null
  if ((isBasic && body.client_secret !== undefined) || hasTwoCredentials(request)) {
    throw new LatchkeyError('invalid_request', 'Use one way of client authentication.')
  }
  if (basic !== null && body.client_id !== undefined && body.client_id !== basic.id) {
    throw new LatchkeyError('invalid_request', 'The client_id differs from the one in the header.')
  }
  const id = basic?.id ?? body.client_id ?? ''
  const client = findClient(clients, id)
  // All unregistered ids are counted as one: anybody can make up ids, and each would get a row and
  // a limit of its own.
  const counted = client?.id ?? ''
  limits.client.check(request, counted)
  const given = basic?.secrets ?? [body.client_secret ?? '']
  const right = client !== undefined && isConfidential(client) ? client.secrets : ['']
  // All are compared, so that the time does not tell which one matched.
  const matches = right.flatMap((one) => given.map((secret) => equalInConstantTime(one, secret)))
  const isSound = !isBasic || basic !== null
  if (client !== undefined && isSound && matches.includes(true)) {
    know(request, { client: client.id })
    return client
  }
  await limits.client.failed(request, counted)
  if (!isSound) throw refused('The Authorization header is malformed.', id, 'header_malformed')
  if (id === '') throw refused('The client_id is missing.', id, 'client_id_missing')
  throw refused(said.clientRefused, id, whatIsWrong(client, given.every(Boolean)))
}

/** What is wrong, for the log alone: the operator must see which client's secret fails. */
function whatIsWrong(client: Client | undefined, hasSecret: boolean): string {
  if (client === undefined) return 'client_id_unknown'
  if (!isConfidential(client)) return 'client_is_public'
  return hasSecret ? 'client_secret_wrong' : 'client_secret_missing'
}

const refused = (message: string, client: string, reason: string) =>
  new LatchkeyError('invalid_client', message, { evidence: { reason, client: shownValue(client) } })

/**
 * Reads Basic credentials, which are form-encoded (RFC 6749, section 2.3.1); null where they are
 * malformed. Many clients do not encode, so the secret is also tried as it stands.
 */
function readBasic(authorization: string): { id: string; secrets: string[] } | null {
  const text = Buffer.from(authorization.slice(6).trim(), 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon <= 0) return null
  const [id = '', secret = ''] = [text.slice(0, colon), text.slice(colon + 1)]
  return { id: decodeForm(id), secrets: [decodeForm(secret), secret] }
}

/** Decodes form-encoded text; gives back other text as it is. */
function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
