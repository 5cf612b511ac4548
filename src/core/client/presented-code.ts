import { z } from 'zod'
import { LatchkeyError } from '../errors.ts'
import { hashToken, s256 } from '../secrets.ts'
import type { PresentedCode } from '../tokens/token-store.ts'
import { type Client, isConfidential } from './client.ts'

/**
 * What a client presents to redeem a one-time code (RFC 6749, section 4.1.3), as fields of a
 * schema.
 */
export const codeParameters = {
  code: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'From the redirect; once, within 60 seconds.' }),
  redirect_uri: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'The one of the authorization request.' }),
  code_verifier: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'What the code_challenge was made of (RFC 7636).' }),
}

// RFC 7636, section 4.1.
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Reads these parameters for a client. Throws `invalid_request`. */
export function readPresentedCode(
  client: Pick<Client, 'id' | 'secrets'>,
  body: z.infer<z.ZodObject<typeof codeParameters>>,
): PresentedCode {
  const { code, redirect_uri: redirectUri, code_verifier: verifier } = body
  if (code === undefined) throw new LatchkeyError('invalid_request', 'The code is missing.')
  if (redirectUri === undefined)
    throw new LatchkeyError('invalid_request', 'The redirect_uri is missing.')
  if (verifier !== undefined && !VERIFIER.test(verifier)) {
    throw new LatchkeyError(
      'invalid_request',
      'The code_verifier must be 43 to 128 unreserved characters.',
    )
  }
  if (verifier === undefined && !isConfidential(client)) {
    throw new LatchkeyError('invalid_request', 'The code_verifier is missing.')
  }
  return {
    hash: hashToken(code),
    clientId: client.id,
    redirectUri,
    codeChallenge: verifier === undefined ? null : s256(verifier),
  }
}
