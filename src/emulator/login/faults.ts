import type { Answer } from '../http.ts'
import type { AuthorizeFault, FaultWords, TokenFault } from '../provider.ts'

/** An error as RFC 6749 5.2 has it, with what a provider adds. */
export function oauthError(
  status: number,
  error: string,
  description: string,
  more: Record<string, string> = {},
): Answer {
  return { status, body: { error, error_description: description, ...more } }
}

/** The refusals of a token endpoint that has no words of its own for them. */
export function commonTokenFault(fault: TokenFault, given: string): Answer {
  switch (fault) {
    case 'method':
      return oauthError(405, 'invalid_request', `Request method '${given}' is not supported.`)
    case 'content_type':
      return oauthError(415, 'invalid_request', `Content type '${given}' is not supported.`)
    case 'malformed':
      return oauthError(400, 'invalid_request', 'A parameter is repeated.')
    case 'unknown_client':
      return oauthError(401, 'invalid_client', 'The client is unknown.')
    case 'secret':
      return oauthError(401, 'invalid_client', 'The client secret is wrong.')
    case 'grant_type':
      return oauthError(400, 'unsupported_grant_type', `Unsupported grant type: ${given}`)
    case 'code':
      return oauthError(400, 'invalid_grant', 'The code is unknown, used or expired.')
    case 'state':
      return oauthError(400, 'invalid_request', 'The state is missing or not that of the request.')
    case 'tenant':
      return oauthError(400, 'invalid_request', 'The tenant is unknown.')
    case 'redirect_uri':
      return oauthError(400, 'invalid_grant', 'The redirect URI is not that of the request.')
    case 'verifier':
      return oauthError(400, 'invalid_grant', 'The code verifier does not match.')
    case 'refresh_token':
      return oauthError(400, 'invalid_grant', 'The refresh token is unknown.')
  }
}

/** The words on the error page of a provider that has none of its own for them. */
export function commonAuthorizeFault(fault: AuthorizeFault): FaultWords {
  const words = (code: string, text: string) => ({ status: 400, code, text })
  switch (fault) {
    case 'unknown_client':
      return words('invalid_client', 'The client is unknown.')
    case 'redirect_uri':
      return words('redirect_uri_mismatch', 'The redirect URI is not registered.')
    case 'response_type':
      return words('unsupported_response_type', 'response_type must be code.')
    case 'scope':
      return words('invalid_scope', 'Scopes are missing or invalid.')
    case 'pkce':
      return words('invalid_request', 'code_challenge must be an S256 challenge.')
    case 'state':
      return words('invalid_request', 'The state is missing or not accepted.')
    case 'tenant':
      return words('invalid_request', 'The tenant is unknown.')
    case 'response_mode':
      return words('invalid_request', 'The response_mode is not accepted.')
    case 'malformed':
      return words('invalid_request', 'A parameter is repeated.')
  }
}
