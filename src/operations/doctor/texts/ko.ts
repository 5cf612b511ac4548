import type { DoctorTexts } from './en.ts'

/** The doctor's Korean texts. */
export const ko: DoctorTexts = {
  language: 'ko',
  usage: `사용법: npm run doctor [-- 옵션]
  --lang en|ko       언어. 기본값은 LC_ALL 또는 LANG의 언어
  --offline          제공자와 PUBLIC_URL에 묻지 않음
  --explain TEXT     제공자 메시지에 든 오류 코드의 뜻과 고치는 방법
`,

  settings: '설정',
  settingsGood: '이 설정으로 서버를 시작할 수 있습니다.',
  notEnabled: (ids) => `<PROVIDER>_CLIENT_ID가 없어 꺼져 있는 제공자: ${ids}.`,
  directAnswerOn:
    'DIRECT_ANSWER=on: redirect_uri가 없는 로그인에는 로그인한 사람의 브라우저에 토큰을 바로 보냅니다.',
  directAnswerOff:
    'redirect_uri가 없는 로그인은 거절합니다(DIRECT_ANSWER=off). 앱마다 CLIENT_<ID>_REDIRECT_URIS를 설정하세요.',
  typo: (given, meant) => `${given} 설정은 없습니다. ${meant}인 것 같습니다.`,
  withoutProvider: (given, id) => `${given} 값이 있지만 ${id} 값이 없습니다.`,
  withoutList: (given, list, id) => `${given} 값이 있지만 ${list}에 "${id}"가 없습니다.`,
  cut: (name) => `.env의 ${name} 값이 #에서 끊깁니다. 값을 따옴표로 감싸세요.`,
  commented: (name) =>
    `${name} 값 뒤에 주석처럼 보이는 것까지 값으로 읽힙니다. 값 뒤에 주석을 쓸 수 있는 곳은 .env뿐입니다. 주석이라면 다른 줄로 옮기세요.`,
  asFile: (name) =>
    `${name}은 읽지 않습니다. 파일의 내용을 ${name.replace(/_FILE$/, '')}에 넣으세요.`,
  unread: (names) => `.env에서 Latchkey가 읽지 않는 이름: ${names}.`,
  weakSecret:
    'SECRET에 쓰인 문자의 종류가 너무 적습니다. "openssl rand -base64 32"로 새로 만드세요.',

  proxies: '프록시',
  trustProxy:
    'TRUST_PROXY가 꺼져 있습니다. 리버스 프록시 뒤에서는 모든 주소가 프록시 주소가 되어 요청 한도를 모두가 함께 씁니다. 프록시 주소를 지정하세요.',
  forwardProxy: (names) =>
    `${names}의 프록시를 거쳐 제공자에 연결합니다. 이 컴퓨터와 NO_PROXY의 호스트에는 직접 연결합니다.`,
  otherProxy: (name) => `${name} 값이 있지만 Latchkey는 읽지 않습니다. HTTPS_PROXY를 설정하세요.`,
  publicGood: (url) => `${url}에 연결했고 Latchkey가 응답합니다.`,
  publicOther: (url) =>
    `${url}에 연결했지만 이 PUBLIC_URL을 쓰는 Latchkey의 응답이 아닙니다. 리버스 프록시가 어디로 보내는지 확인하세요.`,
  publicAway: (url, why) =>
    `여기서는 ${url}에 연결할 수 없습니다(${why}). 아직 Latchkey를 시작하지 않았다면 문제가 아닙니다.`,

  hostInContainer:
    'HOST가 설정되지 않았는데 컨테이너로 보입니다. 컨테이너 밖에서는 localhost에 접속할 수 없습니다. HOST=0.0.0.0으로 설정하세요.',
  database: '데이터베이스',
  embedded: (folder) =>
    `Latchkey가 자체 PostgreSQL 서버를 함께 시작합니다. 데이터는 ${folder}에 있습니다.`,
  databaseAway: (code, where) => `사용할 수 없습니다(${code}): ${where}.`,
  databaseOld: (version) =>
    `PostgreSQL ${version}은(는) 너무 오래되었습니다. 14 이상을 사용하세요.`,
  databaseGood: (version) => `PostgreSQL ${version}에 연결했습니다.`,
  databaseEncoding: (encoding) => `데이터베이스의 인코딩이 ${encoding}입니다.`,
  databaseBytes:
    '데이터베이스의 인코딩이 텍스트를 검사하지 않는 SQL_ASCII입니다. 동작은 하지만 UTF8이 바람직합니다.',
  migrationsPending: (count) =>
    `적용되지 않은 마이그레이션이 ${count}개 있습니다. 다음 시작 때 적용됩니다.`,
  migrationsDone: '마이그레이션이 모두 적용되어 있습니다.',
  migrationsNewer:
    '더 새로운 Latchkey가 마이그레이션한 데이터베이스입니다. 그 버전을 실행하거나 백업을 복원하세요.',
  mayNotMigrate:
    '이 사용자는 스키마를 만들 수 없어 마이그레이션이 실패합니다. 데이터베이스의 소유자로 지정하거나(alter database … owner to …) latchkey와 drizzle 스키마를 만들어 주세요(create schema … authorization …).',
  tablesOfAnother: (owner) =>
    `테이블이 다른 역할(${owner})의 것이어서 Latchkey가 시작하지 않습니다. 이 사용자로 복원하거나(pg_restore --no-owner), 그 역할의 구성원이라면 그 역할로 동작하게 하세요(alter role … set role = ${owner}).`,
  webhooksStopped:
    'WEBHOOK_URL이 410으로 응답하여, 주소를 바꾸거나 `npm run admin -- outbox retry webhook`을 실행할 때까지 웹훅을 보내지 않습니다.',
  openSchema: (schema) =>
    `이 데이터베이스를 쓰는 누구나 ${schema} 스키마에 함수를 만들 수 있고, 풀러 뒤의 Latchkey가 그 함수를 부를 수 있습니다. alter role … set search_path = pg_catalog로 막으세요.`,
  pooler: (port) =>
    `${port} 포트는 보통 풀러(PgBouncer)의 포트입니다. 트랜잭션 모드라면 DATABASE_PREPARE=off로 설정하세요.`,

  emulated: '개발용 에뮬레이터라서 등록할 것이 없습니다. 실제로 쓰려면:',
  console: (url) => `콘솔: ${url}`,
  redirectUri: (uri) => `등록할 Redirect URI: ${uri}`,
  logoutUri: (uri) => `등록할 로그아웃 Redirect URI: ${uri}`,
  eventsUri: (uri) => `제공자가 알려 줄 주소: ${uri}`,
  eventsNeed: (name) => `${name}을(를) 설정해야 켜집니다.`,
  eventsCommand: (command) => `등록 명령: ${command}`,
  eventsRegistered: (to) => `제공자의 알림이 ${to}(으)로 옵니다.`,
  eventsElsewhere: (to) => `제공자의 알림이 다른 주소로 갑니다: ${to}`,
  eventsNotRegistered: '제공자의 알림이 아직 등록되지 않았습니다.',
  eventsStopped: (state) => `제공자가 알림을 멈췄습니다: ${state}`,
  eventsNotAsked: (why) => `제공자의 알림이 등록되었는지 물을 수 없습니다: ${why}`,
  keys: (place) => `id와 secret: ${place}`,
  also: (step) => `또한: ${step}`,
  scopes: (scopes, name) => `요청하는 항목: ${scopes} (${name})`,
  quoted: (name) => `${name} 값이 따옴표로 감싸여 있습니다. 따옴표를 지우세요.`,
  placeholder: (name) => `${name} 값이 예시이거나 가려진 채 복사되었습니다. 실제 값을 넣으세요.`,
  blank: (name) => `${name} 값 안에 공백이나 줄바꿈이 있습니다. 다시 복사하세요.`,
  same: (id, secret) => `${id}와(과) ${secret} 값이 같습니다.`,
  mistaken: (name, what) => `${name} 값은 ${what}.`,
  shape: (name, like) => `${name} 값의 형식이 다릅니다. 기대하는 형식: ${like}`,
  swapped: (id, secret) => `${id}와(과) ${secret}가 서로 바뀐 것 같습니다.`,
  refusesUri: '이 Redirect URI는 거부됩니다.',

  reached: (what) => `${what}에 연결했습니다.`,
  notReached: (what, why) => `${what}을(를) 사용할 수 없습니다: ${why}.`,
  otherIssuer: (expected, found) =>
    `디스커버리 문서의 issuer가 ${expected}이(가) 아니라 ${found}입니다.`,
  noKeys: '키 세트(JWKS)에 쓸 수 있는 키가 없습니다.',
  noSecret: '클라이언트 시크릿을 만들 수 없습니다. 개인 키가 ES256용 PKCS #8 PEM 키가 아닙니다.',
  accepted: '제공자가 클라이언트 ID와 시크릿을 받아들입니다.',
  answers: (code) => `제공자 응답: ${code}.`,
  cannotTell: (code) => `ID와 시크릿이 맞는지 알 수 없습니다(${code}).`,
  pageRefuses: (status) =>
    `제공자의 로그인 화면이 HTTP ${status}로 응답합니다. 클라이언트 ID나 Redirect URI가 등록되지 않았을 수 있습니다.`,
  skew: (seconds) =>
    `이 컴퓨터의 시계가 제공자와 ${seconds}초 다릅니다. NTP로 맞추지 않으면 ID 토큰이 거부됩니다.`,
  notJson: '응답이 JSON이 아닙니다',
  notUsable: '응답에 필요한 값이 없습니다',
  redirected: '다른 주소로 리디렉션합니다',
  tooLarge: '응답이 1 MiB보다 큽니다',
  status: (status) => `HTTP ${status}`,
  noAnswer: '10초 안에 응답이 없습니다',
  noConnection: '연결할 수 없습니다',

  traces: '트레이스',
  tracesTo: (url, protocol) => `트레이스를 보내는 곳: ${url} (${protocol}).`,
  tracesNotInstalled:
    '보내는 데 필요한 패키지가 없습니다. --omit=optional 없이 `npm ci`를 실행하세요.',
  tracesDirect: '수집기에는 HTTPS_PROXY나 HTTP_PROXY를 거치지 않고 바로 보냅니다.',
  tracesTaken: '수집기가 응답합니다.',
  tracesHeaders: (status) =>
    `응답은 하지만 누가 보내는지 묻습니다(${status}). OTEL_EXPORTER_OTLP_HEADERS의 값이며, doctor는 보내지 않습니다.`,
  tracesRefused: (status) =>
    `거기서는 트레이스를 받지 않습니다(${status}). 경로와 포트를 확인하세요. OTLP over HTTP의 포트는 4318입니다.`,
  tracesAway: (code) => `수집기에 연결할 수 없습니다(${code}).`,

  receivers: '웹훅과 로그아웃',
  receiverAnswers: (name, status) => `${name}에 연결했습니다. 빈 메시지에 ${status}로 응답합니다.`,
  receiverRedirects: (name, status) =>
    `${name}이(가) 다른 주소로 리디렉션합니다(${status}). 따라가지 않으므로 그 주소를 설정하세요.`,
  receiverGone: (name) =>
    `${name}이(가) 410으로 응답하므로 첫 웹훅에서 모두 멈춥니다. URL을 바꾸거나 받는 쪽을 고치세요.`,
  receiverRefuses: (name, status) =>
    `${name}이(가) 빈 메시지에 ${status}로 응답합니다. 경로와 받는 프로그램을 확인하세요.`,
  receiverAway: (name, code) => `여기서 ${name}에 연결할 수 없습니다(${code}).`,

  offline: '네트워크는 확인하지 않았습니다(--offline).',
  unknownCode: (codes) => `알려진 코드가 없습니다. 알려진 코드:\n${codes}`,
  summary: (problems, warnings) => `문제 ${problems}개, 경고 ${warnings}개`,
}
