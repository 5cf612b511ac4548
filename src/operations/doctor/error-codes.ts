/** What a provider's error code means and the step that mends it. */
export interface Explained {
  provider: string
  /** What a probe with a made-up code learns from it. */
  means: 'credentials-accepted' | 'credentials-refused' | 'redirect-unknown' | 'other'
  en: string
  ko: string
}

const explained = (
  provider: string,
  means: Explained['means'],
  en: string,
  ko: string,
): Explained => ({ provider, means, en, ko })

/** By code, as the provider writes it. */
export const ERROR_CODES: Readonly<Record<string, Explained>> = {
  KOE004: explained(
    'Kakao',
    'other',
    'Kakao Login is not activated: turn it on under Kakao Login > General.',
    '카카오 로그인이 비활성화되어 있습니다. [카카오 로그인 > 일반]에서 사용 설정을 켜세요.',
  ),
  KOE005: explained(
    'Kakao',
    'other',
    'A test app admits only its members: add this Kakao account as a team member, or use the real app’s key.',
    '테스트 앱은 등록된 멤버만 로그인할 수 있습니다. 팀원으로 추가하거나 실제 앱의 키를 사용하세요.',
  ),
  KOE006: explained(
    'Kakao',
    'redirect-unknown',
    'The redirect URI is not registered: add the redirect URI that the doctor shows, exactly, to the REST API key.',
    'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 URI를 REST API 키에 정확히 등록하세요.',
  ),
  KOE007: explained(
    'Kakao',
    'other',
    'The logout redirect URI is not registered: add the logout URI that the doctor shows.',
    '로그아웃 리다이렉트 URI가 등록되지 않았습니다. doctor가 보여 주는 로그아웃 URI를 등록하세요.',
  ),
  KOE008: explained(
    'Kakao',
    'credentials-refused',
    'Wrong key or key type: KAKAO_CLIENT_ID must be the REST API key.',
    '키 또는 키 유형이 잘못되었습니다. KAKAO_CLIENT_ID에는 REST API 키를 넣으세요.',
  ),
  KOE009: explained(
    'Kakao',
    'credentials-refused',
    'The key’s platform does not match: use the REST API key, and register the web platform.',
    '키의 플랫폼이 맞지 않습니다. REST API 키를 사용하고 웹 플랫폼을 등록하세요.',
  ),
  KOE010: explained(
    'Kakao',
    'credentials-refused',
    'The client secret is missing or wrong. It is ON by default for new keys: copy it to KAKAO_CLIENT_SECRET.',
    '클라이언트 시크릿이 없거나 틀렸습니다. 새 키는 기본으로 켜져 있으니 KAKAO_CLIENT_SECRET에 복사하세요.',
  ),
  KOE101: explained(
    'Kakao',
    'credentials-refused',
    'Wrong key or key type: a native, JavaScript or admin key stands where the REST API key belongs.',
    '키 또는 키 유형이 잘못되었습니다. 네이티브/JavaScript/어드민 키가 아니라 REST API 키를 사용하세요.',
  ),
  KOE201: explained(
    'Kakao',
    'other',
    'The response_type was refused: check KAKAO_AUTHORIZATION_ENDPOINT.',
    'response_type이 거부되었습니다. KAKAO_AUTHORIZATION_ENDPOINT를 확인하세요.',
  ),
  KOE202: explained(
    'Kakao',
    'other',
    'The response_type was refused: check KAKAO_AUTHORIZATION_ENDPOINT.',
    'response_type이 거부되었습니다. KAKAO_AUTHORIZATION_ENDPOINT를 확인하세요.',
  ),
  KOE303: explained(
    'Kakao',
    'redirect-unknown',
    'The redirect URI differs from the one of the authorization: check PUBLIC_URL and the registered URI.',
    '인가 요청과 Redirect URI가 다릅니다. PUBLIC_URL과 등록된 URI를 확인하세요.',
  ),
  KOE320: explained(
    'Kakao',
    'credentials-accepted',
    'The code was used or is too old: sign in again; look for a page that calls the callback twice.',
    '인가 코드가 이미 사용되었거나 만료되었습니다. 다시 로그인하고, 콜백이 두 번 호출되는지 확인하세요.',
  ),
  AADSTS50011: explained(
    'Microsoft',
    'redirect-unknown',
    'The redirect URI is not registered: add it under Authentication > Web.',
    'Redirect URI가 등록되지 않았습니다. [인증 > 웹]에 추가하세요.',
  ),
  AADSTS700016: explained(
    'Microsoft',
    'credentials-refused',
    'No such application in this tenant: check MICROSOFT_CLIENT_ID and MICROSOFT_TENANT.',
    '이 테넌트에 앱이 없습니다. MICROSOFT_CLIENT_ID와 MICROSOFT_TENANT를 확인하세요.',
  ),
  AADSTS7000215: explained(
    'Microsoft',
    'credentials-refused',
    'Wrong secret: copy the secret’s Value, not its ID.',
    '시크릿이 틀렸습니다. 시크릿 ID가 아니라 값을 복사하세요.',
  ),
  AADSTS7000222: explained(
    'Microsoft',
    'credentials-refused',
    'The secret has expired: make a new one.',
    '시크릿이 만료되었습니다. 새로 만드세요.',
  ),
  AADSTS65001: explained(
    'Microsoft',
    'other',
    'Nobody has consented to these permissions: an administrator must.',
    '권한에 대한 동의가 없습니다. 관리자가 동의해야 합니다.',
  ),
  AADSTS50020: explained(
    'Microsoft',
    'other',
    'The account is not of this tenant: use MICROSOFT_TENANT=common, or invite it.',
    '이 테넌트의 계정이 아닙니다. MICROSOFT_TENANT=common을 쓰거나 초대하세요.',
  ),
  redirect_uri_mismatch: explained(
    'Google, GitHub',
    'redirect-unknown',
    'The redirect URI is not registered: add the redirect URI that the doctor shows, exactly.',
    'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 URI를 정확히 등록하세요.',
  ),
  bad_redirect_uri: explained(
    'Slack',
    'redirect-unknown',
    'The redirect URI is not registered: add the redirect URI that the doctor shows, exactly.',
    'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 URI를 정확히 등록하세요.',
  ),
  disallowed_useragent: explained(
    'Google',
    'other',
    'Google refuses the browsers inside apps: open the page in the person’s own browser.',
    'Google은 인앱 브라우저 로그인을 막습니다. 기본 브라우저에서 여세요.',
  ),
  org_internal: explained(
    'Google',
    'other',
    'The app admits only its own organisation: set the audience to External.',
    '앱이 조직 내부용입니다. 대상을 외부로 바꾸세요.',
  ),
  invalid_client: explained(
    'any',
    'credentials-refused',
    'Id or secret is wrong: copy both again from the console.',
    '클라이언트 ID 또는 시크릿이 틀렸습니다. 콘솔에서 다시 복사하세요.',
  ),
  unauthorized_client: explained(
    'any',
    'credentials-refused',
    'This app may not use this flow, or the secret is wrong: check the app’s type and secret.',
    '이 앱에 허용되지 않은 방식이거나 시크릿이 틀렸습니다. 앱 유형과 시크릿을 확인하세요.',
  ),
  invalid_grant: explained(
    'any',
    'credentials-accepted',
    'The code was used, is too old, or was made for another redirect URI: sign in again.',
    '코드가 사용되었거나 만료되었거나 다른 Redirect URI용입니다. 다시 로그인하세요.',
  ),
  invalid_code: explained(
    'Slack',
    'credentials-accepted',
    'The code was used or is too old: sign in again.',
    '코드가 사용되었거나 만료되었습니다. 다시 로그인하세요.',
  ),
  bad_verification_code: explained(
    'GitHub',
    'credentials-accepted',
    'The code was used or is too old: sign in again.',
    '코드가 사용되었거나 만료되었습니다. 다시 로그인하세요.',
  ),
  incorrect_client_credentials: explained(
    'GitHub',
    'credentials-refused',
    'Id or secret is wrong: make a new secret in the app’s settings.',
    '클라이언트 ID 또는 시크릿이 틀렸습니다. 앱 설정에서 새 시크릿을 만드세요.',
  ),
  bad_client_secret: explained(
    'Slack',
    'credentials-refused',
    'The secret is wrong: copy it again from Basic Information.',
    '시크릿이 틀렸습니다. Basic Information에서 다시 복사하세요.',
  ),
  invalid_client_id: explained(
    'Slack',
    'credentials-refused',
    'There is no such app: check SLACK_CLIENT_ID.',
    '앱이 없습니다. SLACK_CLIENT_ID를 확인하세요.',
  ),
  '024': explained(
    'NAVER',
    'other',
    'The access token is not valid: sign in again.',
    '접근 토큰이 유효하지 않습니다. 다시 로그인하세요.',
  ),
  '028': explained(
    'NAVER',
    'other',
    'The Authorization header is missing: something between removes it.',
    'Authorization 헤더가 없습니다. 중간 프록시를 확인하세요.',
  ),
}

/** The code in a token endpoint's refusal that says most; null where there is none. */
export function readErrorCode(document: unknown): string | null {
  if (typeof document !== 'object' || document === null) return null
  const { error_code: kakao, error, error_description: text } = document as Record<string, unknown>
  const entra = typeof text === 'string' ? /\bAADSTS\d+\b/.exec(text)?.[0] : undefined
  const code = [kakao, entra, error].find((one) => typeof one === 'string')
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : null
}
