import { createHash } from 'node:crypto'
import { type Answer, Browser } from './browser.ts'
import type { FakeProvider } from './fake-provider.ts'
import { type Latchkey, startLogin } from './latchkey.ts'

/** A public client, as a page in the browser is one. */
export const SPA = { client_id: 'spa', redirect_uri: 'https://app.example.com/cb' }
/** Another public client. */
export const OTHER = { client_id: 'other', redirect_uri: 'https://other.example.com/cb' }
/** A confidential client; its secret has what Basic and forms treat in their own ways. */
export const WEB = {
  client_id: 'web',
  redirect_uri: 'https://web.example.com/cb?from=latchkey',
  client_secret: 'se+cret/of the=web%20client:1',
}
/** A second confidential client. */
export const API = {
  client_id: 'api',
  redirect_uri: 'https://api.example.com/cb',
  client_secret: 'the secret of the api client',
}
/** A native app on a loopback port. */
export const NATIVE = { client_id: 'native', redirect_uri: 'http://127.0.0.1/cb' }

/** Settings that register these clients. */
export const APPS: Readonly<Record<string, string>> = {
  CLIENTS: 'spa,other,web,api,native',
  CLIENT_SPA_REDIRECT_URIS: `${SPA.redirect_uri},http://localhost:5173/cb`,
  CLIENT_SPA_RESPONSE_MODES: 'query,form_post,web_message,cookie',
  CLIENT_SPA_POST_LOGOUT_REDIRECT_URIS: 'https://app.example.com/bye,https://app.example.com/?a=b',
  CLIENT_OTHER_REDIRECT_URIS: `${OTHER.redirect_uri},com.example.other:/cb`,
  CLIENT_OTHER_POST_LOGOUT_REDIRECT_URIS: 'https://other.example.com/bye',
  CLIENT_WEB_REDIRECT_URIS: WEB.redirect_uri,
  CLIENT_WEB_SECRET: WEB.client_secret,
  CLIENT_API_REDIRECT_URIS: API.redirect_uri,
  CLIENT_API_SECRET: API.client_secret,
  CLIENT_NATIVE_REDIRECT_URIS: `${NATIVE.redirect_uri},http://[::1]:7000/cb?x=1,com.example.app:/cb`,
}

/** The PKCE verifier of these tests and its challenge. */
export const VERIFIER = 'a-verifier-of-the-tests-with-43-characters-or-more'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** What a client sends to begin with; null leaves a parameter out. */
export type Parameters = Readonly<Record<string, string | null>>

/** The query of an authorization request of the SPA, changed by `parameters`. */
export function authorizationQuery(parameters: Parameters = {}): string {
  const all = {
    ...SPA,
    response_type: 'code',
    state: 'state-of-the-app',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...parameters,
  }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)
  return `?${new URLSearchParams(given)}`
}

/** One login up to the answer that the client gets: the callback's. */
export async function authorize(
  latchkey: Latchkey,
  provider: FakeProvider,
  parameters: Parameters = {},
  browser = new Browser(),
  init: RequestInit = {},
): Promise<Answer> {
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery(parameters))
  provider.nonce = started.nonce ?? ''
  return browser.send(started.callback(), init)
}

/** The one-time code of a fresh login. */
export async function getCode(
  latchkey: Latchkey,
  provider: FakeProvider,
  parameters: Parameters = {},
): Promise<string> {
  const answer = await authorize(latchkey, provider, parameters)
  const code = answer.location?.searchParams.get('code')
  if (!code) throw new Error(`no code: ${answer.status} ${answer.location} ${answer.text}`)
  return code
}

/** A form sent to one of the OAuth endpoints, without a browser. */
export function post(
  url: string,
  form: Parameters | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const given =
    typeof form === 'string'
      ? form
      : new URLSearchParams(
          Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== null),
        ).toString()
  return new Browser().send(url, {
    method: 'POST',
    body: given,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

/** Redeems a code as the SPA does, changed by `parameters`. */
export const redeem = (
  latchkey: Latchkey,
  code: string,
  parameters: Parameters = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  post(
    `${latchkey.url}/token`,
    { grant_type: 'authorization_code', ...SPA, code, code_verifier: VERIFIER, ...parameters },
    headers,
  )

/** Refreshes as the SPA does, changed by `parameters`. */
export const refresh = (
  latchkey: Latchkey,
  refreshToken: string,
  parameters: Parameters = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  post(
    `${latchkey.url}/token`,
    {
      grant_type: 'refresh_token',
      client_id: SPA.client_id,
      refresh_token: refreshToken,
      ...parameters,
    },
    headers,
  )

/** What a token response holds. */
export interface Tokens {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
  sid: string
  sub: string
}

/** Reads a token response; throws where it is none. */
export function readTokens(answer: Answer): Tokens {
  if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${answer.text}`)
  const tokens = answer.json() as unknown as Tokens
  return { ...tokens, ...claimsOf(tokens.access_token) }
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): { sub: string; sid: string } & Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** One whole login of a client: its tokens. */
export async function signIn(
  latchkey: Latchkey,
  provider: FakeProvider,
  parameters: Parameters = {},
): Promise<Tokens> {
  const { client_id = SPA.client_id, redirect_uri = SPA.redirect_uri } = parameters
  const { client_secret = null, ...asked } = parameters
  const code = await getCode(latchkey, provider, asked)
  return readTokens(await redeem(latchkey, code, { client_id, redirect_uri, client_secret }))
}

/** `/me`, or what is below it, with an access token. */
export const askMe = (
  at: { url: string },
  accessToken: unknown,
  path = '',
  method = 'GET',
): Promise<Answer> =>
  new Browser().send(`${at.url}/me${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}` },
  })

/** The status of `/me` with an access token. */
export const meStatus = async (at: { url: string }, accessToken: unknown): Promise<number> =>
  (await askMe(at, accessToken)).status

/** Basic credentials, form-encoded unless told otherwise. */
export const basic = (
  id: string,
  secret: string,
  encode: (text: string) => string = encodeURIComponent,
): string => `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
