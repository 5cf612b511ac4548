/** Languages of the doctor. */
export type DoctorLanguage = 'en' | 'ko'

/** The doctor's words in one language. */
export interface DoctorTexts {
  settings: string
  settingsGood: string
  database: string
  embedded: (folder: string) => string
  databaseAway: (code: string) => string
  databaseOld: (version: string) => string
  databaseGood: (version: string) => string
  pending: (count: number) => string
  emulated: string
  console: (url: string) => string
  redirectUri: (uri: string) => string
  logoutUri: (uri: string) => string
  quoted: (name: string) => string
  placeholder: (name: string) => string
  blank: (name: string) => string
  same: (id: string, secret: string) => string
  nativeKey: (name: string) => string
  shape: (name: string, shape: string) => string
  swapped: (id: string, secret: string) => string
  typo: (given: string, meant: string) => string
  noLoopback: string
  reached: (what: string) => string
  notReached: (what: string, why: string) => string
  otherIssuer: (expected: string, found: string) => string
  noKeys: string
  noSecret: string
  accepted: string
  refused: (code: string, step: string) => string
  cannotTell: (code: string) => string
  skew: (seconds: number) => string
  proxyHint: string
  offline: string
  unknownCode: (code: string) => string
  summary: (problems: number, warnings: number) => string
}

const en: DoctorTexts = {
  settings: 'Settings',
  settingsGood: 'The server starts with these settings.',
  database: 'Database',
  embedded: (folder) =>
    `A PostgreSQL server of its own starts with Latchkey; its data is in ${folder}.`,
  databaseAway: (code) =>
    `It cannot be reached (${code}). Check DATABASE_URL, and that the server runs and lets this user in.`,
  databaseOld: (version) => `PostgreSQL ${version} is too old: use 14 or newer.`,
  databaseGood: (version) => `PostgreSQL ${version} is reached.`,
  pending: (count) => `${count} migrations are pending; the next start applies them.`,
  emulated: 'Emulated, for development: nothing has to be registered. For the real one:',
  console: (url) => `Console: ${url}`,
  redirectUri: (uri) => `Redirect URI to register: ${uri}`,
  logoutUri: (uri) => `Logout redirect URI to register: ${uri}`,
  quoted: (name) => `${name} has quotes around it: remove them.`,
  placeholder: (name) => `${name} is a placeholder: put the real value there.`,
  blank: (name) => `${name} has a space or line end inside: copy it again.`,
  same: (id, secret) => `${id} and ${secret} are the same.`,
  nativeKey: (name) => `${name} is the native app key: it must be the REST API key.`,
  shape: (name, shape) => `${name} does not look like ${shape}.`,
  swapped: (id, secret) => `${id} and ${secret} look swapped.`,
  typo: (given, meant) => `${given} is not a setting. ${meant} may be meant.`,
  noLoopback: 'This provider refuses http and localhost: try it with a public https name.',
  reached: (what) => `${what} is reached.`,
  notReached: (what, why) => `${what} cannot be used: ${why}.`,
  otherIssuer: (expected, found) => `The discovery document is of ${found}, not of ${expected}.`,
  noKeys: 'The key set (JWKS) has no keys.',
  noSecret: 'The client secret cannot be made: the private key is not a PKCS #8 PEM key for ES256.',
  accepted: 'The provider accepts the client id and secret.',
  refused: (code, step) => `The provider answers ${code}. ${step}`,
  cannotTell: (code) => `Whether id and secret are right cannot be told (${code}).`,
  skew: (seconds) =>
    `This machine’s clock differs from the provider’s by ${seconds} s: set it by NTP, or ID tokens are refused.`,
  proxyHint:
    'TRUST_PROXY is off: behind a reverse proxy every address is the proxy’s. Set it to the proxy’s address.',
  offline: 'The network was not tried (--offline).',
  unknownCode: (code) => `Nothing is known of the code ${code}.`,
  summary: (problems, warnings) => `${problems} problems, ${warnings} warnings`,
}

const ko: DoctorTexts = {
  settings: '설정',
  settingsGood: '이 설정으로 서버를 시작할 수 있습니다.',
  database: '데이터베이스',
  embedded: (folder) =>
    `Latchkey가 자체 PostgreSQL 서버를 함께 시작합니다. 데이터는 ${folder}에 있습니다.`,
  databaseAway: (code) =>
    `연결할 수 없습니다(${code}). DATABASE_URL과 서버 실행 여부, 사용자 권한을 확인하세요.`,
  databaseOld: (version) =>
    `PostgreSQL ${version}은(는) 너무 오래되었습니다. 14 이상을 사용하세요.`,
  databaseGood: (version) => `PostgreSQL ${version}에 연결했습니다.`,
  pending: (count) => `적용되지 않은 마이그레이션이 ${count}개 있습니다. 다음 시작 때 적용됩니다.`,
  emulated: '개발용 에뮬레이터라서 등록할 것이 없습니다. 실제로 쓰려면:',
  console: (url) => `콘솔: ${url}`,
  redirectUri: (uri) => `등록할 Redirect URI: ${uri}`,
  logoutUri: (uri) => `등록할 로그아웃 Redirect URI: ${uri}`,
  quoted: (name) => `${name} 값이 따옴표로 감싸여 있습니다. 따옴표를 지우세요.`,
  placeholder: (name) => `${name} 값이 예시 값입니다. 실제 값을 넣으세요.`,
  blank: (name) => `${name} 값 안에 공백이나 줄바꿈이 있습니다. 다시 복사하세요.`,
  same: (id, secret) => `${id}와(과) ${secret} 값이 같습니다.`,
  nativeKey: (name) => `${name} 값이 네이티브 앱 키입니다. REST API 키를 넣으세요.`,
  shape: (name, shape) => `${name} 값의 형식이 다릅니다. 기대하는 형식: ${shape}`,
  swapped: (id, secret) => `${id}와(과) ${secret}가 서로 바뀐 것 같습니다.`,
  typo: (given, meant) => `${given} 설정은 없습니다. ${meant}인 것 같습니다.`,
  noLoopback: '이 제공자는 http와 localhost를 허용하지 않습니다. 공개 https 주소로 시험하세요.',
  reached: (what) => `${what}에 연결했습니다.`,
  notReached: (what, why) => `${what}을(를) 사용할 수 없습니다: ${why}`,
  otherIssuer: (expected, found) =>
    `디스커버리 문서의 issuer가 ${expected}이(가) 아니라 ${found}입니다.`,
  noKeys: '키 세트(JWKS)에 키가 없습니다.',
  noSecret: '클라이언트 시크릿을 만들 수 없습니다. 개인 키가 ES256용 PKCS #8 PEM 키가 아닙니다.',
  accepted: '제공자가 클라이언트 ID와 시크릿을 받아들입니다.',
  refused: (code, step) => `제공자 응답: ${code}. ${step}`,
  cannotTell: (code) => `ID와 시크릿이 맞는지 알 수 없습니다(${code}).`,
  skew: (seconds) =>
    `이 컴퓨터의 시계가 제공자와 ${seconds}초 다릅니다. NTP로 맞추지 않으면 ID 토큰이 거부됩니다.`,
  proxyHint:
    'TRUST_PROXY가 꺼져 있습니다. 리버스 프록시 뒤에서는 모든 주소가 프록시 주소가 됩니다. 프록시 주소를 지정하세요.',
  offline: '네트워크는 확인하지 않았습니다(--offline).',
  unknownCode: (code) => `알 수 없는 코드입니다: ${code}`,
  summary: (problems, warnings) => `문제 ${problems}개, 경고 ${warnings}개`,
}

export const doctorTexts: Readonly<Record<DoctorLanguage, DoctorTexts>> = { en, ko }
