import type { OperatorText } from '../../../core/settings/operator-texts.ts'

const CLOCK: OperatorText = {
  en: 'The ID token is too old or from the future: this machine’s clock or the provider’s is wrong.',
  ko: 'ID 토큰의 시각이 맞지 않습니다. 이 컴퓨터나 제공자의 시계가 틀립니다.',
}
const KEYS: OperatorText = {
  en: 'No published key of the provider verifies the ID token: check <ID>_ISSUER and <ID>_JWKS_URI, and whether a proxy answers in its place.',
  ko: '제공자가 공개한 키로 ID 토큰을 검증할 수 없습니다. <ID>_ISSUER와 <ID>_JWKS_URI를 확인하고, 프록시가 대신 답하고 있지 않은지 보세요.',
}

/** What the log's `reason` of a provider's answer that fails a check means, and what to do. */
export const REASONS: Readonly<Record<string, OperatorText>> = {
  encrypted: {
    en: 'The provider encrypts its ID tokens (JWE) for this client, and Latchkey cannot open them: turn encryption off at your registration there (id_token_encrypted_response_alg).',
    ko: '제공자가 이 클라이언트의 ID 토큰을 암호화(JWE)하는데 Latchkey는 풀 수 없습니다. 제공자에 등록한 설정에서 암호화를 끄세요(id_token_encrypted_response_alg).',
  },
  alg_not_allowed: {
    en: 'The ID token is signed with an algorithm that the provider’s metadata does not name, or with a shared secret: have it signed with RS256 or ES256.',
    ko: 'ID 토큰이 제공자의 메타데이터에 없는 알고리즘이나 공유 비밀로 서명되었습니다. RS256이나 ES256으로 서명하게 하세요.',
  },
  signature: KEYS,
  no_matching_key: KEYS,
  claim_iss: {
    en: 'The ID token names a different issuer than <ID>_ISSUER: copy `issuer` from its discovery document exactly, with or without the slash.',
    ko: 'ID 토큰의 issuer가 <ID>_ISSUER와 다릅니다. discovery 문서의 `issuer`를 슬래시까지 그대로 옮기세요.',
  },
  claim_aud: {
    en: 'The ID token is for another client id: check <PROVIDER>_CLIENT_ID, and for apps <PROVIDER>_NATIVE_CLIENT_IDS.',
    ko: '다른 클라이언트 ID에 발급된 ID 토큰입니다. <PROVIDER>_CLIENT_ID를, 앱이라면 <PROVIDER>_NATIVE_CLIENT_IDS를 확인하세요.',
  },
  claim_iat: CLOCK,
  claim_exp: CLOCK,
  claim_nbf: CLOCK,
  claim_nonce: {
    en: 'The ID token was made for another login, or without a nonce: an app must send the same nonce to the SDK and to Latchkey.',
    ko: '다른 로그인에 발급되었거나 nonce가 없는 ID 토큰입니다. 앱은 SDK와 Latchkey에 같은 nonce를 보내야 합니다.',
  },
  subject_mismatch: {
    en: 'Userinfo and the ID token are about different people: <ID>_USERINFO_ENDPOINT belongs to another provider, or something in between caches answers.',
    ko: 'userinfo와 ID 토큰의 사용자가 다릅니다. <ID>_USERINFO_ENDPOINT가 다른 제공자의 것이거나 중간에서 응답을 캐시하고 있습니다.',
  },
  timeout: {
    en: 'The database gave no answer, or no free connection, within five seconds: statements are slow or wait for a lock (--explain 57014), or DATABASE_POOL is too small.',
    ko: '데이터베이스가 5초 안에 답하지 않았거나 빈 연결이 없었습니다. 문장이 느리거나 잠금을 기다리거나(--explain 57014) DATABASE_POOL이 너무 작습니다.',
  },
  silence: {
    en: 'The database took a statement and never answered, not even when it was cancelled: the server stands still, or the network loses what it sends. New connections are made.',
    ko: '데이터베이스가 문장을 받고 취소에도 답하지 않았습니다. 서버가 멈췄거나 네트워크에서 사라지고 있습니다. 연결은 새로 만들어집니다.',
  },
  overload: {
    en: 'A hundred requests wait for each connection to the database, so more are turned away: it is slow, or DATABASE_POOL is too small.',
    ko: '데이터베이스 연결마다 요청 백 개가 기다리고 있어 더 받지 않습니다. 데이터베이스가 느리거나 DATABASE_POOL이 너무 작습니다.',
  },
}
