import { z } from 'zod'
import { LatchkeyError } from '../errors.ts'

/** The type of access tokens (RFC 8693, section 3). */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** The types of tokens that an app may have from a provider's SDK. */
const TOKEN_TYPES = new Map([
  ['urn:ietf:params:oauth:token-type:id_token', 'id_token'],
  [ACCESS_TOKEN, 'access_token'],
] as const)

/** A token of a provider's mobile SDK as an app sends it (RFC 8693, section 2.1), as fields of a schema. */
export const subjectTokenParameters = {
  // Visible ASCII, since it is sent on in a header.
  subject_token: z
    .string()
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .meta({ description: 'The token that the provider’s SDK gave to the app.' }),
  subject_token_type: z
    .string()
    .max(128)
    .optional()
    .meta({ description: '`urn:ietf:params:oauth:token-type:id_token` or `…:access_token`.' }),
  subject_issuer: z.string().max(64).optional().meta({ description: 'Id of the provider.' }),
  nonce: z.string().max(255).optional().meta({ description: 'What the app gave to the SDK.' }),
}

/** A token of a provider's SDK, and the provider. */
export interface SubjectToken {
  /** Provider id. */
  provider: string
  kind: 'id_token' | 'access_token'
  token: string
  /** The nonce that the app gave to the SDK, null if it gave none. */
  nonce: string | null
}

/** Reads these parameters. Throws `invalid_request`. */
export function readSubjectToken(
  body: z.infer<z.ZodObject<typeof subjectTokenParameters>>,
): SubjectToken {
  const { subject_token: token, subject_token_type: type, subject_issuer: provider } = body
  if (token === undefined) throw missing('subject_token')
  if (type === undefined) throw missing('subject_token_type')
  if (provider === undefined) throw missing('subject_issuer')
  const kind = TOKEN_TYPES.get(type as never)
  if (kind === undefined) {
    const known = [...TOKEN_TYPES.keys()].join(' or ')
    throw new LatchkeyError('invalid_request', `The subject_token_type must be ${known}.`)
  }
  return { provider, kind, token, nonce: body.nonce ?? null }
}

const missing = (name: string) => new LatchkeyError('invalid_request', `The ${name} is missing.`)
