import { randomUUID } from 'node:crypto'
import type { Answer } from '../../http.ts'
import type { Code } from '../../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../../login/faults.ts'
import type { AuthorizeFault, FaultWords, TokenFault } from '../../provider.ts'

/** The words on Microsoft's error page. */
export function microsoftAuthorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const codes: Partial<Record<AuthorizeFault, string>> = {
    unknown_client: 'AADSTS700016',
    redirect_uri: 'AADSTS50011',
    response_type: 'AADSTS700054',
    scope: 'AADSTS70011',
    pkce: 'AADSTS501491',
    tenant: 'AADSTS90002',
  }
  return { ...words, code: codes[fault] ?? 'AADSTS900144' }
}

/** The token endpoint's refusal. */
export function microsoftTokenFault(fault: TokenFault, given: string, code?: Code | null): Answer {
  switch (fault) {
    case 'unknown_client':
      return aadError(400, 'unauthorized_client', 700016, 'The application was not found.')
    case 'secret':
      return aadError(401, 'invalid_client', 7000215, 'Invalid client secret provided.')
    case 'grant_type':
      return aadError(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.')
    case 'code':
      if (code?.used) return aadError(400, 'invalid_grant', 54005, 'The code was already redeemed.')
      return aadError(400, 'invalid_grant', 70008, 'The code or refresh token has expired.')
    case 'redirect_uri':
      return aadError(400, 'invalid_grant', 500112, 'The reply address does not match.')
    case 'tenant':
      return unknownTenant(given)
    case 'verifier':
      return aadError(400, 'invalid_grant', 501481, 'The code_verifier does not match.')
    case 'refresh_token':
      return aadError(400, 'invalid_grant', 70008, 'The code or refresh token has expired.')
    default:
      return commonTokenFault(fault, given)
  }
}

/** A callback's raw query with an error. */
export function aadQuery(error: string, number: number, text: string): string {
  return `error=${error}&error_description=${encodeURIComponent(`AADSTS${number}: ${text}`)}`
}

/** The answer below a tenant that nobody has. */
export function unknownTenant(tenant: string): Answer {
  return aadError(400, 'invalid_tenant', 90002, `Tenant '${tenant}' not found.`)
}

/** An error with Microsoft's own number, by which it is told from others of the same name. */
function aadError(status: number, error: string, number: number, text: string): Answer {
  const now = new Date().toISOString().replace('T', ' ').replace(/\..*/, 'Z')
  const [trace_id, correlation_id] = [randomUUID(), randomUUID()]
  const lines = [`Trace ID: ${trace_id}`, `Correlation ID: ${correlation_id}`, `Timestamp: ${now}`]
  const answer = oauthError(status, error, [`AADSTS${number}: ${text}`, ...lines].join(' '))
  const more = {
    error_codes: [number],
    timestamp: now,
    trace_id,
    correlation_id,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  }
  return { ...answer, body: { ...(answer.body as object), ...more } }
}
