import { createHmac, sign } from 'node:crypto'

/** A status and what the body has to say. */
export type Refusal = readonly [number, object]

/** How a provider words what all of them check, and where it leaves the common path. */
export interface Words {
  // biome-ignore lint/suspicious/noExplicitAny: a wire document is what the test is about
  subject: (profile: any) => unknown
  /** What a subject looks like as text; default digits. */
  subjectForm?: RegExp
  /** The scopes that the dance asks for. */
  scope: string
  badCode: Refusal
  badSecret: Refusal
  badClient: Refusal
  badRedirect: Refusal
  /** Left out where no verifier is looked at. */
  badVerifier?: Refusal
  /** Default 400 `unsupported_grant_type`. */
  badGrantType?: Refusal
  denied: Record<string, string>
  /** What the page for an unregistered redirect URI says. */
  unregistered: string
  unknownToken: object
  /** The status of `unknownToken`; default 401. */
  unknownTokenStatus?: number
  /** Default `checked`; the dance sends a challenge where it is `checked` or `required`. */
  pkce?: 'checked' | 'required' | 'ignored' | 'refused' | 'off'
  /** Default in the body. */
  clientAuth?: 'basic'
  /** What the token endpoint answers to JSON and to GET; default 415 and 405. */
  jsonStatus?: number
  getStatus?: number
  /** Seconds that a code lives; default 600. */
  codeSeconds?: number
  /** Headers besides the token at the profile endpoint. */
  profileHeaders?: (id: string) => Record<string, string>
  /** What the profile endpoint needs in its query. */
  profileQuery?: (token: string, secret: string) => Record<string, string>
  /** True where there is no profile endpoint: `subject` is then given the ID token's claims. */
  withoutProfile?: boolean
  /** The scopes with which the callback comes as a query, where `scope` has it posted. */
  scopeOfQuery?: string
  /** Further parameters of the dance's requests. */
  atAuthorize?: Record<string, string>
  atToken?: Record<string, string>
  /** True where a request without state is refused. */
  needsState?: boolean
  /** The client secret, where it is made of other settings. */
  secret?: (settings: Record<string, string>) => string
}

/** By provider id. */
export const words: Record<string, Words> = {
  google: {
    scope: 'openid email profile',
    subject: ({ sub }) => sub,
    badCode: [400, { error: 'invalid_grant' }],
    badSecret: [401, { error: 'invalid_client' }],
    badClient: [401, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'redirect_uri_mismatch' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { error: 'invalid_request', error_description: 'Invalid Credentials' },
  },
  kakao: {
    scope: 'profile_nickname profile_image account_email openid',
    subject: ({ id }) => id,
    badCode: [400, { error: 'invalid_grant', error_code: 'KOE320' }],
    badSecret: [401, { error: 'invalid_client', error_code: 'KOE010' }],
    badClient: [400, { error: 'invalid_client', error_code: 'KOE101' }],
    badRedirect: [400, { error: 'invalid_grant', error_code: 'KOE303' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied', error_description: 'User denied access' },
    unregistered: 'KOE006',
    unknownToken: { msg: 'this access token does not exist', code: -401 },
  },
  github: {
    scope: 'read:user user:email',
    subject: ({ id }) => id,
    badCode: [200, { error: 'bad_verification_code' }],
    badSecret: [200, { error: 'incorrect_client_credentials' }],
    badClient: [200, { error: 'incorrect_client_credentials' }],
    badRedirect: [200, { error: 'redirect_uri_mismatch' }],
    badVerifier: [200, { error: 'bad_verification_code' }],
    denied: { error: 'access_denied', iss: 'https://github.com/login/oauth' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { message: 'Bad credentials' },
  },
  gitlab: {
    subject: ({ sub }) => sub,
    scope: 'openid profile email',
    badCode: [400, { error: 'invalid_grant' }],
    badSecret: [401, { error: 'invalid_client' }],
    badClient: [401, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'invalid_grant' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied' },
    unregistered: 'invalid_redirect_uri',
    unknownToken: { error: 'invalid_token' },
  },
  discord: {
    subject: ({ id }) => id,
    scope: 'identify email',
    badCode: [400, { error: 'invalid_grant', error_description: 'Invalid "code" in request.' }],
    badSecret: [401, { error: 'invalid_client' }],
    badClient: [401, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied', iss: 'https://discord.com' },
    unregistered: 'Invalid OAuth2 redirect_uri',
    unknownToken: { message: '401: Unauthorized', code: 0 },
    badVerifier: [400, { error: 'invalid_grant' }],
  },
  naver: {
    scope: '',
    subject: ({ response }) => response.id,
    subjectForm: /^[\w-]{43}$/,
    pkce: 'ignored',
    needsState: true,
    atToken: { state: 's' },
    badCode: [200, { error: 'invalid_request', error_description: 'no valid data in session' }],
    badSecret: [200, { error: 'unauthorized_client' }],
    badClient: [200, { error: 'unauthorized_client' }],
    badRedirect: [200, { error: 'invalid_request' }],
    badGrantType: [200, { error: 'invalid_request' }],
    denied: { error: 'access_denied', error_description: 'Canceled By User' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { resultcode: '024' },
    getStatus: 200,
  },
  slack: {
    subject: (profile) => `${profile['https://slack.com/team_id']}:${profile.sub}`,
    subjectForm: /^T0[0-9A-F]{9}:U0[0-9A-F]{9}$/,
    scope: 'openid profile email',
    badCode: [200, { ok: false, error: 'invalid_code' }],
    badSecret: [200, { ok: false, error: 'bad_client_secret' }],
    badClient: [200, { ok: false, error: 'invalid_client_id' }],
    badRedirect: [200, { ok: false, error: 'bad_redirect_uri' }],
    badGrantType: [200, { ok: false, error: 'invalid_grant_type' }],
    denied: { error: 'access_denied' },
    unregistered: 'bad_redirect_uri',
    unknownToken: { ok: false },
    unknownTokenStatus: 200,
    jsonStatus: 200,
    getStatus: 200,
    pkce: 'off',
  },
  linkedin: {
    subject: ({ sub }) => sub,
    subjectForm: /^[\w-]{10}$/,
    scope: 'openid profile email',
    badCode: [400, { error: 'invalid_request' }],
    badSecret: [401, { error: 'invalid_client' }],
    badClient: [401, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'invalid_request' }],
    denied: { error: 'user_cancelled_authorize' },
    unregistered: 'The redirect_uri does not match the registered value',
    unknownToken: { status: 401, serviceErrorCode: 65_600, message: 'Invalid access token' },
    codeSeconds: 1800,
    pkce: 'refused',
  },
  spotify: {
    subject: ({ account_id }) => account_id,
    subjectForm: /^[\w-]{22}$/,
    scope: 'user-read-email',
    badCode: [400, { error: 'invalid_grant', error_description: 'Invalid authorization code' }],
    badSecret: [400, { error: 'invalid_client', error_description: 'Invalid client secret' }],
    badClient: [400, { error: 'invalid_client', error_description: 'Invalid client' }],
    badRedirect: [400, { error: 'invalid_grant' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied' },
    unregistered: 'INVALID_CLIENT: Invalid redirect URI',
    unknownToken: { error: { status: 401, message: 'Invalid access token' } },
    clientAuth: 'basic',
  },
  twitch: {
    subject: ({ sub }) => sub,
    scope: 'openid user:read:email',
    badCode: [400, { status: 400, message: 'Invalid authorization code' }],
    badSecret: [403, { status: 403, message: 'invalid client secret' }],
    badClient: [400, { status: 400, message: 'invalid client' }],
    badRedirect: [400, { status: 400 }],
    badGrantType: [400, { status: 400, message: 'invalid grant type' }],
    denied: { error: 'access_denied', error_description: 'The user denied you access' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { status: 401, message: 'invalid access token' },
    pkce: 'ignored',
  },
  microsoft: {
    scope: 'openid profile email offline_access User.Read',
    subject: ({ sub }) => sub,
    subjectForm: /^[\w-]{43}$/,
    badCode: [400, { error: 'invalid_grant' }],
    badSecret: [401, { error: 'invalid_client', error_codes: [7000215] }],
    badClient: [400, { error: 'unauthorized_client', error_codes: [700016] }],
    badRedirect: [400, { error: 'invalid_grant', error_codes: [500112] }],
    badVerifier: [400, { error: 'invalid_grant', error_codes: [501481] }],
    denied: { error: 'access_denied' },
    unregistered: 'AADSTS50011',
    unknownToken: { error: { code: 'InvalidAuthenticationToken' } },
  },
  line: {
    scope: 'profile openid email',
    subject: ({ sub }) => sub,
    subjectForm: /^U[\da-f]{32}$/,
    badCode: [400, { error: 'invalid_grant' }],
    badSecret: [400, { error: 'invalid_client' }],
    badClient: [400, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'invalid_grant' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'access_denied' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { message: 'The access token is invalid.' },
  },
  facebook: {
    scope: 'public_profile,email',
    subject: ({ id }) => id,
    pkce: 'ignored',
    badCode: [400, { error: { type: 'OAuthException', code: 100 } }],
    badSecret: [400, { error: { message: 'Error validating client secret.', code: 1 } }],
    badClient: [400, { error: { type: 'OAuthException', code: 101 } }],
    badRedirect: [400, { error: { type: 'OAuthException', code: 100 } }],
    badGrantType: [400, { error: { type: 'OAuthException', code: 100 } }],
    denied: {
      error: 'access_denied',
      error_reason: 'user_denied',
      error_description: 'Permissions error',
      error_code: '200',
    },
    unregistered: 'URL Blocked',
    unknownToken: { error: { type: 'OAuthException', code: 190 } },
    unknownTokenStatus: 400,
    getStatus: 400,
    profileQuery: (token, secret) => ({
      fields: 'id,name,first_name,last_name,email,picture.width(200)',
      appsecret_proof: createHmac('sha256', secret).update(token).digest('hex'),
    }),
  },
  x: {
    scope: 'users.read tweet.read users.email offline.access',
    subject: ({ data }) => data.id,
    pkce: 'required',
    clientAuth: 'basic',
    badCode: [400, { error: 'invalid_request' }],
    badSecret: [401, { error: 'unauthorized_client' }],
    badClient: [401, { error: 'unauthorized_client' }],
    badRedirect: [400, { error: 'invalid_request' }],
    badVerifier: [400, { error: 'invalid_request' }],
    denied: { error: 'access_denied' },
    unregistered: 'redirect_uri_mismatch',
    unknownToken: { title: 'Unauthorized', status: 401 },
    codeSeconds: 30,
  },
  apple: {
    scope: 'name email',
    scopeOfQuery: '',
    subject: ({ sub }) => sub,
    subjectForm: /^\d{6}\.[\da-f]{32}\.\d{4}$/,
    withoutProfile: true,
    atAuthorize: { response_mode: 'form_post' },
    secret: appleSecret,
    badCode: [400, { error: 'invalid_grant' }],
    badSecret: [400, { error: 'invalid_client' }],
    badClient: [400, { error: 'invalid_client' }],
    badRedirect: [400, { error: 'invalid_grant' }],
    badVerifier: [400, { error: 'invalid_grant' }],
    denied: { error: 'user_cancelled_authorize' },
    unregistered: 'Invalid web redirect url.',
    unknownToken: {},
    codeSeconds: 300,
  },
}

/** Apple's client secret: a JWT signed with the app's key, each part open to be changed. */
export function appleSecret(
  settings: Record<string, string>,
  changes: { header?: object; claims?: object; key?: string } = {},
): string {
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'ES256', kid: settings.KEY_ID, ...changes.header }
  const claims = {
    iss: settings.TEAM_ID,
    iat: now,
    exp: now + 300,
    aud: 'https://appleid.apple.com',
    sub: settings.CLIENT_ID,
    ...changes.claims,
  }
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const key = { key: changes.key ?? settings.PRIVATE_KEY ?? '', dsaEncoding: 'ieee-p1363' as const }
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
