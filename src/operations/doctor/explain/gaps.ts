import type { OperatorLanguage, OperatorText } from '../../../core/settings/operator-texts.ts'
import type { Gap } from '../../../upstream/metadata/discovery.ts'
import type { Metadata } from '../../../upstream/metadata/metadata.ts'
import { type Finding, warning, wrong } from '../findings.ts'

/** What a provider may require that Latchkey does not support, and what to change there. */
const TEXTS: Readonly<Record<Gap, OperatorText>> = {
  signed_by_public_key: {
    en: 'It signs ID tokens with a shared secret only (HS256), which Latchkey does not accept: let it sign them with a key pair, RS256 or ES256.',
    ko: 'ID 토큰을 공유 비밀(HS256)로만 서명하는데 Latchkey는 이를 받지 않습니다. RS256이나 ES256처럼 키 쌍으로 서명하게 하세요.',
  },
  pushed_authorization_requests: {
    en: 'It requires pushed authorization requests (PAR, RFC 9126), which Latchkey does not send: do not require them of this client.',
    ko: 'PAR(RFC 9126)를 요구하지만 Latchkey는 이를 보내지 않습니다. 이 클라이언트에는 요구하지 않게 하세요.',
  },
  signed_request_object: {
    en: 'It requires signed request objects (RFC 9101), which Latchkey does not send: do not require them of this client.',
    ko: '서명된 request 객체(RFC 9101)를 요구하지만 Latchkey는 이를 보내지 않습니다. 이 클라이언트에는 요구하지 않게 하세요.',
  },
  response_type_code: {
    en: 'It does not offer response_type=code, the only one that Latchkey uses: allow the authorization code flow.',
    ko: 'Latchkey가 쓰는 유일한 방식인 response_type=code를 제공하지 않습니다. 인가 코드 방식을 허용하세요.',
  },
  client_auth: {
    en: 'None of its ways of client authentication is client_secret_basic, client_secret_post or private_key_jwt: allow one of these.',
    ko: '클라이언트 인증 방식 가운데 client_secret_basic, client_secret_post, private_key_jwt가 없습니다. 이 중 하나를 허용하세요.',
  },
  private_key_kind: {
    en: 'It takes no assertion that the key in <ID>_PRIVATE_KEY can sign (token_endpoint_auth_signing_alg_values_supported): use a key of another kind, as ES256 wants P-256 and PS256 wants RSA.',
    ko: '<ID>_PRIVATE_KEY의 키로 만들 수 있는 서명을 받지 않습니다(token_endpoint_auth_signing_alg_values_supported). ES256이면 P-256 키, PS256이면 RSA 키처럼 다른 종류의 키를 쓰세요.',
  },
  private_key: {
    en: 'It wants private_key_jwt in place of a secret: set <ID>_PRIVATE_KEY and <ID>_KEY_ID, and register the public key there.',
    ko: '시크릿 대신 private_key_jwt를 요구합니다. <ID>_PRIVATE_KEY와 <ID>_KEY_ID를 설정하고 공개 키를 등록하세요.',
  },
}

const IGNORED: OperatorText = {
  en: 'Members of the discovery document that cannot be used and count as absent:',
  ko: '사용할 수 없어 없는 것으로 보는 discovery 문서 항목:',
}

/**
 * What a provider's metadata requires that is not supported, and which of its values cannot be
 * used.
 */
export function describeGaps(
  { gaps, ignored }: Pick<Metadata, 'gaps' | 'ignored'>,
  idPrefix: string,
  language: OperatorLanguage,
): Finding[] {
  return [
    ...gaps.map((gap) => wrong(TEXTS[gap][language].replaceAll('<ID>_', idPrefix))),
    ...(ignored.length === 0 ? [] : [warning(`${IGNORED[language]} ${ignored.join(', ')}.`)]),
  ]
}
