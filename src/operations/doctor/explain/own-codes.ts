import type { ErrorCode } from '../../../core/errors.ts'

const AGAIN = '다시 로그인하게 하세요.'
const ASK_PERSON =
  'prompt=none인데 제공자가 사용자에게 물어야 하는 상황입니다. prompt=none 없이 로그인을 시작하세요.'
const IN_A_MOMENT = 'Retry-After에 적힌 초만큼 기다린 뒤 다시 시도하세요.'
const PLAIN = '쿼리에 일반 파라미터로 보내세요.'

/** The Korean version of `error-texts.ts`: when each code occurs, and what to do about it. */
export const OWN_CODES_IN_KOREAN: Readonly<Record<ErrorCode, string>> = {
  unknown_provider:
    '주소에 있는 제공자가 켜져 있지 않습니다. 켜진 제공자는 GET /providers에 있고, 나머지는 운영자가 설정에서 켭니다.',
  invalid_request:
    '파라미터가 없거나, 형식이 틀리거나, 두 번 있거나, 너무 길거나, redirect_uri가 등록되지 않았습니다. detail에 파라미터 이름이 있습니다. Redirect URI는 글자 그대로 비교합니다.',
  invalid_state: `로그인을 알 수 없거나, 위조되었거나, 끝났거나, 이미 쓰였거나, 다른 브라우저나 제공자의 것입니다. ${AGAIN}`,
  access_denied:
    '사용자나 제공자가 거부했거나, 여기에 로그인할 수 없는 사용자입니다. 다른 로그인 방법을 제공하세요. 누가 거부했는지는 로그에 있습니다.',
  invalid_code: `코드가 이미 쓰였거나, 만료되었거나, 제공자가 거부했습니다. 코드는 받는 즉시 한 번만 교환하세요. ${AGAIN}`,
  invalid_provider_response:
    '제공자의 ID 토큰이나 프로필이 검사를 통과하지 못했거나 JSON 객체가 아닙니다. 아무도 로그인되지 않았습니다. 어느 검사인지는 로그에 있고, npm run doctor가 그 제공자를 점검합니다.',
  provider_error:
    '제공자가 요청을 거부했거나 오류를 냈습니다. 다시 시도하세요. 계속되면 로그에 제공자의 코드가 있고, npm run doctor가 그 뜻을 설명합니다.',
  provider_timeout: '제공자가 10초 안에 응답하지 않았습니다. 다시 시도하세요.',
  temporarily_unavailable: `데이터베이스에 연결할 수 없거나, 요청이 너무 많거나, 브라우저가 페이지를 미리 가져오기만 했습니다. 반쯤 처리된 것은 없습니다. ${IN_A_MOMENT}`,
  rate_limited: `한 주소나 사용자의 요청이 너무 많습니다. ${IN_A_MOMENT}`,
  unauthorized_client:
    '클라이언트에 허용되지 않은 grant, scope, response_mode입니다. 무엇이 허용되는지는 클라이언트의 설정(CLIENT_<ID>_…)에 있습니다.',
  unsupported_response_type: 'response_type이 code가 아닙니다. response_type=code로 보내세요.',
  invalid_scope:
    'scope의 형식이 틀렸거나 허용된 것보다 넓습니다. scope는 공백 하나로 구분합니다. 갱신할 때는 더 적게만 요청할 수 있습니다.',
  invalid_target:
    '클라이언트가 요청할 수 없는 resource이거나 resource가 두 개입니다. CLIENT_<ID>_RESOURCES 중 하나를 보내세요(RFC 8707).',
  request_not_supported: `요청이 객체(request)로 왔습니다. ${PLAIN}`,
  request_uri_not_supported: `요청이 참조(request_uri)로 왔습니다. ${PLAIN}`,
  login_required:
    '제공자에 로그인되어 있지 않거나, 로그인한 지 오래되었거나, id_token_hint와 다른 사람이거나, 제공자가 언제 로그인했는지 알려 주지 않습니다. prompt=none이었다면 빼고 시작하세요. max_age와 prompt=login은 GET /providers에 auth_time이 있는 제공자에만 보내고, 나머지는 그냥 로그인하게 하세요.',
  interaction_required: `제공자가 사용자에게 화면을 보여 줘야 합니다. ${ASK_PERSON}`,
  consent_required: `사용자가 제공자에서 동의하지 않았습니다. ${ASK_PERSON}`,
  account_selection_required: `사용자의 계정이 제공자에 여러 개 있습니다. ${ASK_PERSON}`,
  invalid_client:
    '클라이언트를 알 수 없거나, 시크릿이 틀리거나 없습니다. Basic이나 본문 중 한 가지로만 인증하세요. 공개 클라이언트는 client_id만 보냅니다.',
  invalid_grant: `코드나 토큰이 이미 쓰였거나, 만료되었거나, 폐기되었거나, 이 요청에 맞지 않습니다. 끝난 세션은 되살릴 수 없습니다. ${AGAIN}`,
  unsupported_grant_type:
    '여기서 쓸 수 없는 grant_type입니다. 쓸 수 있는 것은 메타데이터의 grant_types_supported에 있습니다.',
  invalid_token: `액세스 토큰이 없거나, 형식이 틀리거나, 만료되었거나, 폐기되었거나, 다른 audience의 것입니다. 한 번 갱신해 보고, 거부되면 ${AGAIN}`,
  insufficient_scope:
    '액세스 토큰에 WWW-Authenticate가 알려 주는 scope가 없습니다. 로그인할 때 그 scope를 요청하세요.',
  insufficient_user_authentication:
    '되돌릴 수 없는 일인데 로그인한 지 오래되었습니다(RFC 9470). 다시 로그인하게 하고, 제공자가 받는다면 max_age도 보내세요.',
  csrf: '등록되지 않은 origin의 페이지에서 쿠키가 왔으므로 앱이 보낸 것이 아닐 수 있습니다. 클라이언트의 origin(CLIENT_<ID>_ORIGINS)에서 credentials와 함께 호출하세요.',
  reauthentication_required:
    '제공자가 이 사용자의 토큰을 더 주지 않습니다. 이 제공자로 다시 로그인하게 하세요.',
  last_identity:
    '사용자의 마지막 로그인 수단입니다. 먼저 다른 계정을 연결하거나 사용자를 삭제하세요.',
  identity_in_use:
    '제공자의 이 계정은 여기의 다른 사용자 것입니다. 그 계정으로 로그인해 연결을 해제하거나 그 사용자를 삭제할 수 있습니다.',
  provider_in_use:
    '이 제공자의 다른 계정이 이미 연결되어 있습니다. 먼저 그 연결을 해제하세요. 제공자마다 계정 하나만 연결할 수 있습니다.',
  not_found: '찾는 것이 없거나 그런 주소가 없습니다. 모든 경로는 /docs에 있습니다.',
  method_not_allowed: '이 주소에서 쓸 수 없는 메서드입니다. 쓸 수 있는 것은 Allow 헤더에 있습니다.',
  payload_too_large: '본문이나 헤더가 너무 큽니다. 본문은 64 KiB까지 받습니다.',
  unsupported_media_type:
    '이 주소에서 받지 않는 콘텐츠 타입입니다. OAuth 엔드포인트는 폼을, 나머지는 JSON을 받습니다.',
  request_timeout: '요청이 15초 안에 다 도착하지 않았습니다. 다시 시도하세요.',
  server_error:
    'Latchkey 안에서 나서는 안 될 오류가 났습니다. 운영자에게 request_id를 알려 주세요. 원인은 로그에 있습니다.',
}
