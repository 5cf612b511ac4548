import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { Browser } from './browser.ts'
import type { Step } from './fake-provider.ts'
import { startLogin } from './latchkey.ts'
import type { Stage } from './stage.ts'

/** What one correct login sends, with its random values checked and left out. */
export interface Wire {
  authorization: Record<string, string>
  token: { form: Record<string, string>; headers: Record<string, string | undefined> }
  /** The calls with the access token: step and path. */
  calls: [step: Step, path: string][]
  user: Record<string, unknown>
}

/**
 * Signs in at a provider of one row and gives what went over the wire. Checked here, since it holds
 * for every row: response_type, redirect_uri, a fresh state, S256 PKCE whose verifier is sent to the
 * token endpoint and nowhere else, and a bearer token in the header.
 */
export async function playWire(
  { latchkey, provider }: Stage,
  id: string,
  query = '',
): Promise<Wire> {
  const browser = new Browser()
  const { authorization, nonce, state, callback } = await startLogin(latchkey, browser, id, query)
  provider.nonce = nonce ?? ''
  provider.calls.length = 0
  const answer = await browser.send(callback())
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 })

  const sent = [...authorization.searchParams]
  expect(new Set(sent.map(([name]) => name)).size).toBe(sent.length)
  const { code_challenge: challenge, ...parameters } = Object.fromEntries(sent)
  const redirectUri = `${latchkey.url}/login/${id}/callback`
  expect(parameters).toMatchObject({
    response_type: 'code',
    redirect_uri: redirectUri,
    client_id: provider.clientId,
    code_challenge_method: 'S256',
  })
  expect(state.length).toBeGreaterThanOrEqual(22)
  const [exchange, ...rest] = provider.calls
  expect(exchange).toMatchObject({
    step: 'token',
    method: 'POST',
    form: { grant_type: 'authorization_code', code: 'a-code', redirect_uri: redirectUri },
  })
  const { code_verifier: verifier = '', ...form } = exchange?.form ?? {}
  expect(verifier).toMatch(/^[\w.~-]{43,128}$/)
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge)
  const reads = rest.filter(({ step }) => step !== 'jwks')
  for (const { headers } of reads) {
    expect(headers).toMatchObject({
      authorization: 'Bearer access-token-of-fake',
      accept: 'application/json',
      'user-agent': 'latchkey',
    })
  }
  for (const name of ['state', 'nonce', 'redirect_uri', 'response_type', 'code_challenge_method']) {
    delete parameters[name]
  }
  for (const name of ['grant_type', 'code', 'redirect_uri']) delete form[name]
  const { accept, authorization: basic, 'user-agent': userAgent } = exchange?.headers ?? {}
  return {
    authorization: { ...parameters, ...(nonce === null ? {} : { nonce: 'fresh' }) },
    token: { form, headers: { accept, authorization: basic, 'user-agent': userAgent } },
    calls: reads.map(({ step, path }) => [step, path]),
    user: answer.json().user as Record<string, unknown>,
  }
}
