import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { decodeJwt } from 'jose'
import { beforeAll, expect } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { type Refusal, words } from './words.ts'

/** A PKCE verifier and its S256 challenge (RFC 7636 appendix B). */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const challenge = createHash('sha256').update(verifier).digest('base64url')

/** The registered redirect URI of a provider. */
export const redirectUri = (provider: string) => `http://localhost:3000/login/${provider}/callback`

type Values = Record<string, string | undefined>

/** An emulator of these providers for the tests of a file; its fields are there when these run. */
export function useEmulator(...providers: string[]): Emulator {
  const emulator = {} as Emulator
  beforeAll(async () => {
    Object.assign(emulator, await startEmulator({ providers, redirectUris: redirectUri }))
    return () => emulator.close()
  })
  return emulator
}

/** Raw HTTP against one emulated provider, with every parameter open to be changed or removed. */
export function dancer(emulator: Emulator, provider: string) {
  const settings = emulator.settings[provider] ?? {}
  const setting = (name: string) => settings[name] ?? ''
  const id = setting('CLIENT_ID')
  const said = words[provider]
  const secret = said?.secret?.(settings) ?? setting('CLIENT_SECRET')
  const pkce = ['checked', 'required'].includes(said?.pkce ?? 'checked')

  const authorizeUrl = (changes: Values = {}) =>
    `${setting('AUTHORIZATION_ENDPOINT')}?${encoded({
      client_id: id,
      redirect_uri: redirectUri(provider),
      response_type: 'code',
      scope: said?.scope,
      state: 's',
      nonce: 'n',
      ...(pkce ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
      login_hint: 'minji',
      ...said?.atAuthorize,
      ...changes,
    })}`
  const authorize = (changes: Values = {}) => fetch(authorizeUrl(changes), { redirect: 'manual' })

  const codeFor = async (changes: Values = {}) => {
    const callback = await callbackOf(await authorize(changes))
    return callback.searchParams.get('code') ?? ''
  }
  const exchange = (code: string, changes: Values = {}, init: RequestInit = {}) => {
    const { client_id, client_secret, ...rest } = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri(provider),
      client_id: id,
      client_secret: secret,
      ...(pkce ? { code_verifier: verifier } : {}),
      ...said?.atToken,
      ...changes,
    }
    const basic = said?.clientAuth === 'basic'
    const client = basic
      ? { headers: { authorization: basicHeader(client_id, client_secret) }, form: {} }
      : { headers: {}, form: { client_id, client_secret } }
    return fetch(setting('TOKEN_ENDPOINT'), {
      method: 'POST',
      headers: { accept: 'application/json', ...client.headers },
      body: new URLSearchParams(encoded({ ...rest, ...client.form })),
      ...init,
    })
  }
  const refresh = (token: string | undefined) =>
    exchange('', { grant_type: 'refresh_token', refresh_token: token })
  /** The exchange with the client in a Basic header and not in the body. */
  const byBasic = (code: string, given = secret) =>
    exchange(
      code,
      { client_id: undefined, client_secret: undefined },
      { headers: { authorization: basicHeader(id, given), accept: 'application/json' } },
    )
  const tokensFor = async (changes: Values = {}) =>
    json(await exchange(await codeFor(changes))) as Promise<Record<string, string>>
  const get = (name: string, token: string) =>
    fetch(`${setting(name)}?${encoded(said?.profileQuery?.(token, secret) ?? {})}`, {
      headers: { authorization: `Bearer ${token}`, ...said?.profileHeaders?.(id) },
    })
  const profileFor = async (changes: Values = {}) => {
    const { access_token = '', id_token = '' } = await tokensFor(changes)
    if (said?.withoutProfile) return decodeJwt(id_token)
    return json(await get('USERINFO_ENDPOINT', access_token))
  }

  return {
    setting,
    id,
    secret,
    authorizeUrl,
    authorize,
    codeFor,
    exchange,
    refresh,
    byBasic,
    tokensFor,
    get,
    profileFor,
  }
}

/** A Basic header (RFC 6749 2.3.1), its parts as plain as the emulated ones are. */
export const basicHeader = (id = '', secret = '') =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** The body as JSON, loosely typed: the tests say what must be in it. */
// biome-ignore lint/suspicious/noExplicitAny: a wire document is what the test is about
export const json = async (response: Response): Promise<any> => response.json()

// A space as %20: there are providers that do not take a plus sign for one.
function encoded(values: Values): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => !!pair[1])
  return new URLSearchParams(given).toString().replaceAll('+', '%20')
}

/** Where an authorization answer sends the browser; the values of a form that it posts as a query. */
export async function callbackOf(response: Response): Promise<URL> {
  if (response.status === 302) return new URL(response.headers.get('location') ?? '')
  const form = /<form method="post" action="([^"]*)">(.*?)<\/form>/.exec(await response.text())
  return new URL(`${unescaped(form?.[1])}?${fieldsOf(form?.[2])}`)
}

/** The hidden fields of a form. */
export function fieldsOf(form = ''): URLSearchParams {
  const fields = new URLSearchParams()
  for (const [, name, value] of form.matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
    fields.append(unescaped(name), unescaped(value))
  }
  return fields
}

function unescaped(text = ''): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
}

/** Asserts a status and what the body has to say. */
export async function expectRefusal(response: Response, refusal: Refusal) {
  expect(response.status).toBe(refusal[0])
  expect(await json(response)).toMatchObject(refusal[1])
}

/** Asserts an answer with an access token. */
export async function expectTokens(response: Response) {
  expect(response.status).toBe(200)
  expect((await json(response)).access_token).toMatch(/.{20}/)
}

/** With exactly these headers, which fetch would add to. */
export function statusOf(
  url: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
