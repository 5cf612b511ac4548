import { expect } from 'vitest'
import { type Parameters, post } from './apps.ts'
import type { Answer } from './browser.ts'
import type { FakeProvider } from './fake-provider.ts'
import { countRows, type Latchkey } from './latchkey.ts'
import { expectOAuthError, lastOAuthError } from './oauth.ts'
import { expectNoSecretLogged } from './problems.ts'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** A native sign-in with a token of the fake OpenID provider, changed by `parameters`. */
export const exchange = (
  latchkey: Latchkey,
  token: string,
  parameters: Parameters = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  post(
    `${latchkey.url}/token`,
    {
      grant_type: TOKEN_EXCHANGE,
      subject_token: token,
      subject_token_type: ID_TOKEN,
      subject_issuer: 'fake',
      client_id: 'latchkey',
      ...parameters,
    },
    headers,
  )

/** The claims of an ID token as an SDK gets it: fresh every time, without a nonce. */
export function nativeClaims(provider: FakeProvider): Record<string, unknown> {
  const { nonce, ...claims } = provider.claims()
  return { ...claims, jti: crypto.randomUUID() }
}

/** What a refused token must look like, and the reason that the log must give. */
export interface TokenRefusal {
  status?: number
  error?: string
  log: Record<string, unknown>
}

/**
 * Plays a native sign-in that must fail for this reason and leave nothing behind; what was wrong with
 * the token is told to nobody but the log.
 */
export async function expectTokenRefused(
  latchkey: Latchkey,
  { status = 400, error = 'invalid_grant', log }: TokenRefusal,
  token: string,
  parameters: Parameters = {},
): Promise<void> {
  const rows = await countRows(latchkey)
  const since = latchkey.logs.length
  const answer = await exchange(latchkey, token, parameters)
  expectOAuthError(answer, status, error)
  expect(await countRows(latchkey)).toEqual(rows)
  expect(lastOAuthError({ logs: latchkey.logs.slice(since) })).toMatchObject(log)
  if (error === 'invalid_grant') {
    expect(answer.json().error_description).toMatch(/^The subject_token is not valid here: /)
  }
  if (token.length > 5) expectNoSecretLogged(latchkey, { token })
}

/** Fails unless the answer signs somebody in; gives the user's id. */
export function expectSignedIn(answer: Answer): string {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
  const tokens = answer.json() as { access_token: string }
  const claims = Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(claims).sub
}

/** The person whom a native sign-in signed in, as `/me` shows them. */
export async function personOf(
  latchkey: Latchkey,
  answer: Answer,
): Promise<Record<string, unknown>> {
  expectSignedIn(answer)
  const headers = { authorization: `Bearer ${answer.json().access_token}` }
  return (await fetch(`${latchkey.url}/me`, { headers })).json() as Promise<Record<string, unknown>>
}
