import type { Answer } from '../../http.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../../login/faults.ts'
import type { AuthorizeFault, FaultWords, TokenFault } from '../../provider.ts'

/** The words on Kakao's error page. */
export function kakaoAuthorizeFault(fault: AuthorizeFault): FaultWords {
  const codes: Partial<Record<AuthorizeFault, string>> = {
    unknown_client: 'KOE101',
    redirect_uri: 'KOE006',
    response_type: 'KOE202',
    scope: 'KOE205',
  }
  const words = commonAuthorizeFault(fault)
  return { ...words, code: codes[fault] ?? words.code }
}

/** The token endpoint's refusal, with Kakao's own code. */
export function kakaoTokenFault(fault: TokenFault, given: string): Answer {
  const refuse = (status: number, error: string, description: string, error_code: string) =>
    oauthError(status, error, description, { error_code })
  const notFound = `authorization code not found for code=${given}`
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: refuse(400, 'invalid_client', `Not exist client_id [${given}]`, 'KOE101'),
    secret: refuse(401, 'invalid_client', 'Bad client credentials', 'KOE010'),
    code: refuse(400, 'invalid_grant', notFound, 'KOE320'),
    redirect_uri: refuse(400, 'invalid_grant', 'Redirect URI mismatch.', 'KOE303'),
  }
  return own[fault] ?? commonTokenFault(fault, given)
}
