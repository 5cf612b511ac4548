import type { RedirectUriProblem } from '../core/client/redirects.ts'
import { EVENT_TYPES } from '../core/events/audit.ts'
import type { DatabaseUrlProblem } from '../core/settings/database-url.ts'
import type { OperatorLanguage } from '../core/settings/operator-texts.ts'
import { shownValue } from '../core/text.ts'

// What can be wrong with a setting. No text repeats a value that may be a secret.

const en = {
  missing: (name: string) => `${name} is missing.`,
  choice: (name: string, choices: string) => `${name} must be one of ${choices}.`,
  integer: (name: string, min: number, max: number) =>
    `${name} must be a whole number from ${min} to ${max}.`,
  duration: (name: string) => `${name} must be a duration such as 10m or 14d, 3650d at most.`,
  mustBe: (name: string, what: string) => `${name} must be ${what}.`,
  ascii: (name: string) => `${name} must be printable ASCII.`,
  endpoint: (name: string) =>
    `${name} must be an https URL without a user or fragment (plain http is accepted for loopback hosts only).`,
  issuerItself: (name: string) => `${name} must be the issuer, without /.well-known/… behind it.`,
  needsOpenid: (name: string) => `${name} must contain openid.`,
  emulatePublic:
    'EMULATE must be empty: the provider emulator lets anyone sign in as anyone, so it runs only while PUBLIC_URL is on loopback and NODE_ENV is not production.',
  emulateHost: (host: string) =>
    `HOST is ${host}, which other machines can reach, but providers are emulated (anyone can sign in as anyone). Set real provider keys, or HOST=localhost.`,
  emulateUnknown: (id: string, all: string) =>
    `EMULATE names "${id}"; it can name ${all}, all or none.`,
  emulateConfigured: (id: string, name: string) =>
    `EMULATE names "${id}", but ${name} is set too: drop one of them.`,

  publicUrl: 'PUBLIC_URL must be an http or https URL such as https://login.example.com.',
  publicUrlParts:
    'PUBLIC_URL may have a path of letters, digits, - . _ ~ and slashes, but no query, fragment or user.',
  publicUrlMissing: 'PUBLIC_URL is missing: the https URL that browsers use.',
  publicUrlHttps: 'PUBLIC_URL must be https.',
  secretMissing: 'SECRET is missing: for example the output of "openssl rand -base64 32".',
  secretShort:
    'SECRET must have at least 32 characters (each, where several are separated by commas).',
  databaseUrlProblem: (problem: DatabaseUrlProblem): string => {
    switch (problem.reason) {
      case 'form':
        return 'DATABASE_URL must look like postgres://user:password@host:5432/name (percent-encode special characters in the password).'
      case 'percent':
        return `DATABASE_URL: a percent sign (%) in the ${problem.value} does not begin a code: write it as %25.`
      case 'unknown_parameters':
        return `DATABASE_URL has parameters that Latchkey does not know: ${problem.value}. Take them out.`
      case 'parameter':
        return `DATABASE_URL: the parameter ${problem.value} has a value that it cannot have.`
      case 'port':
        return 'DATABASE_URL: the port is not a number from 1 to 65535. In a password, write a slash as %2F, a colon as %3A and an at sign as %40.'
      case 'ports':
        return `DATABASE_URL names different numbers of hosts and ports (${problem.value}).`
      case 'password_cut':
        return 'DATABASE_URL: a slash or question mark in the password ends it too early. In a password, write a slash as %2F, a question mark as %3F, a number sign as %23 and an at sign as %40.'
    }
  },
  databaseUrlMissing: 'DATABASE_URL is missing: postgres://user:password@host:5432/name.',
  databaseFile: (parameter: string, path: string, why: string) =>
    `DATABASE_URL: ${parameter} names "${path}", which cannot be read (${why}).`,
  noProvider: 'No provider is set: for example GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.',
  cannotStart: 'Latchkey cannot start with these settings:',
  productionNeeds: 'NODE_ENV=production needs:',
  publicNeeds: 'A PUBLIC_URL that is not on loopback needs:',
  explained: 'Each setting is explained in .env.example.',
  signUp:
    'SIGN_UP must be open, closed, or list e-mail domains such as example.com, without @ and without wildcards.',
  roles: (name: string) =>
    `${name} must list roles of at most 64 lower-case letters, digits, colons, hyphens and underscores, at most 2,000 characters together.`,
  forwardProxy: (name: string) =>
    `${name} must be the URL of a proxy such as http://proxy.example:3128.`,
  trustProxy: 'TRUST_PROXY must list IP addresses or CIDRs, for example 10.0.0.0/8, or be off.',

  oidcIds: (id: string) =>
    `OIDC_PROVIDERS: "${shownValue(id)}" is not an id: use at most 32 lower-case letters, digits, hyphens and underscores, starting with a letter.`,
  oidcTwice: (id: string) =>
    `OIDC_PROVIDERS names "${id}" twice, or it is the id of a built-in provider.`,
  sameIssuer: (one: string, other: string) =>
    `${one} and ${other} have the same issuer; each provider needs its own.`,

  clientIds: (id: string) =>
    `CLIENTS: "${shownValue(id)}" is not an id: use at most 64 letters, digits, dots, hyphens and underscores.`,
  clientTwice: (id: string) =>
    `CLIENTS names "${id}" twice, or it is the id of the built-in client.`,
  clientPrefix: (prefix: string) => `CLIENTS: two clients would share the settings ${prefix}….`,
  clientUri: (name: string, uri: string, problem: string) => `${name}: "${uri}" ${problem}.`,
  clientOrigin: (name: string, origin: string) =>
    `${name}: "${origin}" is not an origin such as https://app.example.com or capacitor://localhost.`,
  clientSecretShort: (name: string) =>
    `${name} must have at least 16 characters where PUBLIC_URL is not on loopback.`,
  clientSecrets: (name: string) => `${name} may have two values while you change it, but no more.`,
  clientAdmin: (name: string, secret: string) =>
    `${name} is on: only a client with a secret may administer users, so set ${secret}.`,
  clientResource: (name: string) => `${name} must be absolute URIs without a fragment.`,
  clientUrl: (name: string) => `${name} must be an https URL without a user (or http on loopback).`,
  deliverable: (name: string) =>
    `${name} must be an https URL without a user or fragment (http only to loopback or a private address).`,
  webhookSecret:
    'WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes; two of them, comma separated, while you change it.',
  webhookEvents: (unknown: string) =>
    `WEBHOOK_EVENTS names ${unknown}, which is not an event. It may list ${EVENT_TYPES.join(', ')}, or user.* for all that begin with it.`,
  brandLogoUnread: (path: string, why: string) => `BRAND_LOGO: "${path}" cannot be read (${why}).`,
  brandLogoLarge: (path: string, kibibytes: number) =>
    `BRAND_LOGO: "${path}" is ${kibibytes} KiB; a logo may be 256 KiB at most.`,
  brandLogoType: (path: string) =>
    `BRAND_LOGO: "${path}" is not a PNG, JPEG, WebP or SVG. Its content counts, not its name.`,
  brandColor:
    'BRAND_COLOR must be hexadecimal: #0b57d0 or #05d, or the same without the # (which begins a comment in .env).',
  brandContrast: (ratio: string) =>
    `BRAND_COLOR has a contrast of ${ratio}:1 to the white text of a button, but needs 4.5:1. Choose a darker colour.`,
  tracesGrpc: (name: string) =>
    `${name} is grpc, which Latchkey does not support: use http/protobuf (the collector's port is 4318 then, not 4317) or http/json.`,
  tracesEndpoint: (name: string) =>
    `${name} must be an http or https URL such as http://localhost:4318.`,
  tracesShare: 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.',
  uriProblems: {
    not_a_url: 'is not a URL',
    host_alone: 'has no http:// or https:// before it',
    characters: 'has a space, a backslash or a wildcard',
    not_ascii: 'is not ASCII; write it as browsers send it',
    scheme: 'has a scheme that cannot lead back to an app',
    fragment: 'has a fragment',
    user: 'has a user',
    plain_http: 'is plain http to a host that is not loopback',
  } satisfies Record<RedirectUriProblem, string>,
}

/** The problems of settings in one language. */
export type SettingsTexts = typeof en

/** The parts of a DATABASE_URL in Korean. */
const KOREAN_PARTS = {
  user: '사용자',
  password: '비밀번호',
  host: '호스트',
  name: '데이터베이스 이름',
  parameter: '매개변수',
} as const

const ko: SettingsTexts = {
  missing: (name) => `${name} 값이 없습니다.`,
  choice: (name, choices) => `${name}에는 다음 중 하나를 넣으세요: ${choices}.`,
  integer: (name, min, max) => `${name}에는 ${min}에서 ${max} 사이의 정수를 넣으세요.`,
  duration: (name) => `${name}에는 10m, 14d 같은 기간을 넣으세요(3650d까지).`,
  mustBe: (name, what) => `${name} 형식이 다릅니다. 넣을 값: ${what}.`,
  ascii: (name) => `${name}에는 ASCII 문자만 쓸 수 있습니다.`,
  endpoint: (name) => `${name}에는 사용자 정보 없는 https URL을 넣으세요(루프백만 http도 됨).`,
  issuerItself: (name) => `${name}에는 뒤의 /.well-known/…을 뺀 issuer를 넣으세요.`,
  needsOpenid: (name) => `${name}에 openid가 있어야 합니다.`,
  emulatePublic:
    'EMULATE를 비우세요. 에뮬레이터에서는 누구나 다른 사람으로 로그인할 수 있으므로, PUBLIC_URL이 루프백이고 NODE_ENV가 production이 아닐 때만 동작합니다.',
  emulateHost: (host) =>
    `HOST가 ${host}이라 다른 컴퓨터에서 접속할 수 있는데, 제공자가 에뮬레이션되고 있습니다(누구나 다른 사람으로 로그인할 수 있습니다). 실제 제공자 키를 넣거나 HOST=localhost로 바꾸세요.`,
  emulateUnknown: (id, all) =>
    `EMULATE에 "${id}"가 있습니다. 쓸 수 있는 값: ${all}, all 또는 none.`,
  emulateConfigured: (id, name) =>
    `EMULATE에 "${id}"가 있는데 ${name}도 설정되어 있습니다. 둘 중 하나를 빼세요.`,

  publicUrl: 'PUBLIC_URL에는 https://login.example.com 같은 http 또는 https URL을 넣으세요.',
  publicUrlParts:
    'PUBLIC_URL의 경로에는 영문자, 숫자, - . _ ~ 와 슬래시만 쓸 수 있고, 쿼리, 프래그먼트, 사용자 정보는 쓸 수 없습니다.',
  publicUrlMissing: 'PUBLIC_URL이 없습니다. 브라우저가 접속하는 https URL입니다.',
  publicUrlHttps: 'PUBLIC_URL은 https여야 합니다.',
  secretMissing: 'SECRET이 없습니다. 예를 들어 "openssl rand -base64 32"의 출력을 넣으세요.',
  secretShort: 'SECRET은 32자 이상이어야 합니다(쉼표로 여러 개를 쓰면 각각 32자 이상).',
  databaseUrlProblem: (problem) => {
    switch (problem.reason) {
      case 'form':
        return 'DATABASE_URL은 postgres://user:password@host:5432/name 형식이어야 합니다(비밀번호의 특수 문자는 퍼센트 인코딩하세요).'
      case 'percent':
        return `DATABASE_URL의 ${KOREAN_PARTS[problem.value]}에 퍼센트 기호(%)가 그대로 들어 있습니다. %25로 쓰세요.`
      case 'unknown_parameters':
        return `DATABASE_URL에 Latchkey가 모르는 매개변수가 있습니다: ${problem.value}. 빼세요.`
      case 'parameter':
        return `DATABASE_URL의 매개변수 ${problem.value}에 쓸 수 없는 값이 들어 있습니다.`
      case 'port':
        return 'DATABASE_URL의 포트 자리에 1~65535 사이의 숫자가 없습니다. 비밀번호의 /는 %2F, :는 %3A, @는 %40으로 쓰세요.'
      case 'ports':
        return `DATABASE_URL의 호스트 수와 포트 수가 다릅니다(${problem.value}).`
      case 'password_cut':
        return 'DATABASE_URL의 비밀번호가 슬래시나 물음표에서 끊깁니다. 비밀번호의 /는 %2F, ?는 %3F, #은 %23, @는 %40으로 쓰세요.'
    }
  },
  databaseUrlMissing: 'DATABASE_URL이 없습니다. 형식: postgres://user:password@host:5432/name.',
  databaseFile: (parameter, path, why) =>
    `DATABASE_URL의 ${parameter} 값 "${path}" 파일을 읽을 수 없습니다(${why}).`,
  noProvider: '설정된 제공자가 없습니다. 예: KAKAO_CLIENT_ID와 KAKAO_CLIENT_SECRET.',
  cannotStart: '다음 설정으로는 Latchkey를 시작할 수 없습니다:',
  productionNeeds: 'NODE_ENV=production에 필요한 것:',
  publicNeeds: 'PUBLIC_URL이 루프백이 아닐 때 필요한 것:',
  explained: '설정마다 .env.example에 설명이 있습니다.',
  signUp:
    'SIGN_UP에는 open, closed 또는 example.com 같은 이메일 도메인 목록을 넣으세요(@와 와일드카드 없이).',
  roles: (name) =>
    `${name}의 역할 이름에는 영문 소문자, 숫자, 콜론, 하이픈, 밑줄만 64자까지 쓸 수 있고, 모두 합해 2,000자까지입니다.`,
  forwardProxy: (name) => `${name}에는 http://proxy.example:3128 같은 프록시 URL을 넣으세요.`,
  trustProxy: 'TRUST_PROXY에는 10.0.0.0/8 같은 IP 주소나 CIDR 목록 또는 off를 넣으세요.',

  oidcIds: (id) =>
    `OIDC_PROVIDERS의 "${shownValue(id)}": id는 영문 소문자로 시작하고 소문자, 숫자, 하이픈, 밑줄만 32자까지 쓸 수 있습니다.`,
  oidcTwice: (id) => `OIDC_PROVIDERS의 "${id}"가 두 번 나오거나 기본 제공자의 이름과 같습니다.`,
  sameIssuer: (one, other) =>
    `${one}와(과) ${other}의 issuer가 같습니다. 제공자마다 issuer가 달라야 합니다.`,

  clientIds: (id) =>
    `CLIENTS의 "${shownValue(id)}": id에는 영문자, 숫자, 점, 하이픈, 밑줄만 64자까지 쓸 수 있습니다.`,
  clientTwice: (id) => `CLIENTS의 "${id}"가 두 번 나오거나 기본 클라이언트의 이름과 같습니다.`,
  clientPrefix: (prefix) =>
    `CLIENTS: ${prefix}…로 시작하는 설정을 쓰는 클라이언트가 이미 있습니다.`,
  clientUri: (name, uri, problem) => `${name}: "${uri}" — ${problem}.`,
  clientOrigin: (name, origin) =>
    `${name}: "${origin}"은(는) https://app.example.com이나 capacitor://localhost 같은 오리진이 아닙니다.`,
  clientSecretShort: (name) => `PUBLIC_URL이 루프백이 아니면 ${name} 값은 16자 이상이어야 합니다.`,
  clientSecrets: (name) => `${name}에는 바꾸는 동안에만 값을 두 개까지 넣을 수 있습니다.`,
  clientAdmin: (name, secret) =>
    `${name} 값이 on입니다. 사용자를 관리하는 클라이언트에는 시크릿이 있어야 하므로 ${secret}을(를) 설정하세요.`,
  clientResource: (name) => `${name}에는 프래그먼트가 없는 절대 URI만 넣으세요.`,
  clientUrl: (name) => `${name}에는 사용자 정보가 없는 https URL을 넣으세요(http는 루프백에서만).`,
  deliverable: (name) =>
    `${name}에는 사용자 정보와 프래그먼트가 없는 https URL을 넣으세요(http는 루프백이나 사설 주소에만).`,
  webhookSecret:
    'WEBHOOK_SECRET에는 whsec_ 뒤에 24~64바이트의 base64를 넣으세요. 바꾸는 동안에는 쉼표로 두 개까지 쓸 수 있습니다.',
  webhookEvents: (unknown) =>
    `WEBHOOK_EVENTS에 있는 ${unknown} 이벤트는 없습니다. 쓸 수 있는 값: ${EVENT_TYPES.join(', ')}, 또는 user.* 형식.`,
  brandLogoUnread: (path, why) => `BRAND_LOGO: "${path}" 파일을 읽을 수 없습니다(${why}).`,
  brandLogoLarge: (path, kibibytes) =>
    `BRAND_LOGO: "${path}" 파일이 ${kibibytes} KiB입니다. 로고는 256 KiB까지 쓸 수 있습니다.`,
  brandLogoType: (path) =>
    `BRAND_LOGO: "${path}" 파일의 내용이 PNG, JPEG, WebP, SVG가 아닙니다. 파일 이름이 아니라 내용으로 판단합니다.`,
  brandColor:
    'BRAND_COLOR에는 #0b57d0이나 #05d 같은 16진수 색을 넣으세요. # 없이 써도 됩니다(.env에서는 #부터 주석입니다).',
  brandContrast: (ratio) =>
    `BRAND_COLOR와 버튼의 흰 글자 사이의 명암비가 ${ratio}:1입니다. 4.5:1 이상이 되도록 더 어두운 색을 쓰세요.`,
  tracesGrpc: (name) =>
    `${name} 값이 grpc인데 Latchkey는 grpc를 쓰지 않습니다. http/protobuf나 http/json을 넣으세요(수집기 포트는 4317이 아니라 보통 4318입니다).`,
  tracesEndpoint: (name) =>
    `${name}에는 http://localhost:4318 같은 http 또는 https URL을 넣으세요.`,
  tracesShare: 'OTEL_TRACES_SAMPLER_ARG에는 0에서 1 사이의 비율을 넣으세요.',
  uriProblems: {
    not_a_url: 'URL이 아닙니다',
    host_alone: '앞에 http:// 또는 https://가 없습니다',
    characters: '공백, 역슬래시 또는 와일드카드가 있습니다',
    not_ascii: 'ASCII가 아닙니다. 브라우저가 보내는 형태로 쓰세요',
    scheme: '앱으로 돌아갈 수 없는 스킴입니다',
    fragment: '프래그먼트가 있습니다',
    user: '사용자 정보가 있습니다',
    plain_http: '루프백이 아닌 호스트로 가는 http입니다',
  },
}

/** The problems of settings by language. */
export const settingsTexts: Readonly<Record<OperatorLanguage, SettingsTexts>> = { en, ko }
