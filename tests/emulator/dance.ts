import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { expect } from 'vitest'
import type { Emulator } from '../../src/emulator/index.ts'

/** A PKCE verifier and its S256 challenge (RFC 7636 appendix B). */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const challenge = createHash('sha256').update(verifier).digest('base64url')

/** The registered redirect URI of a provider. */
export const redirectUri = (provider: string) => `http://localhost:3000/login/${provider}/callback`

const scopes: Record<string, string> = {
  google: 'openid email profile',
  kakao: 'profile_nickname profile_image account_email openid',
  github: 'read:user user:email',
}

type Values = Record<string, string | undefined>

/** Raw HTTP against one emulated provider, with every parameter open to be changed or removed. */
export function dancer(emulator: Emulator, provider: string) {
  const settings = emulator.settings[provider] ?? {}
  const setting = (name: string) => settings[name] ?? ''
  const id = setting('CLIENT_ID')
  const secret = setting('CLIENT_SECRET')

  const authorizeUrl = (changes: Values = {}) =>
    `${setting('AUTHORIZATION_ENDPOINT')}?${encoded({
      client_id: id,
      redirect_uri: redirectUri(provider),
      response_type: 'code',
      scope: scopes[provider],
      state: 's',
      nonce: 'n',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      login_hint: 'minji',
      ...changes,
    })}`
  const authorize = (changes: Values = {}) => fetch(authorizeUrl(changes), { redirect: 'manual' })

  const codeFor = async (changes: Values = {}) => {
    const location = (await authorize(changes)).headers.get('location') ?? ''
    return new URL(location).searchParams.get('code') ?? ''
  }
  const exchange = (code: string, changes: Values = {}, init: RequestInit = {}) =>
    fetch(setting('TOKEN_ENDPOINT'), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(
        encoded({
          grant_type: 'authorization_code',
          code,
          redirect_uri: redirectUri(provider),
          client_id: id,
          client_secret: secret,
          code_verifier: verifier,
          ...changes,
        }),
      ),
      ...init,
    })
  const tokensFor = async (changes: Values = {}) =>
    json(await exchange(await codeFor(changes))) as Promise<Record<string, string>>
  const get = (name: string, token: string) =>
    fetch(setting(name), { headers: { authorization: `Bearer ${token}` } })
  const profileFor = async (changes: Values = {}) =>
    json(await get('USERINFO_ENDPOINT', (await tokensFor(changes)).access_token ?? ''))

  return {
    setting,
    id,
    secret,
    authorizeUrl,
    authorize,
    codeFor,
    exchange,
    tokensFor,
    get,
    profileFor,
  }
}

/** The body as JSON, loosely typed: the tests say what must be in it. */
// biome-ignore lint/suspicious/noExplicitAny: a wire document is what the test is about
export const json = async (response: Response): Promise<any> => response.json()

function encoded(values: Values): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => !!pair[1])
  return new URLSearchParams(given).toString()
}

/** Asserts a status and what the body has to say. */
export async function expectRefusal(response: Response, refusal: readonly [number, object]) {
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
