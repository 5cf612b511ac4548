import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import type { Call } from '../helpers/fake-provider.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type StartedLogin, startLogin } from '../helpers/latchkey.ts'
import {
  expectNobodySignedIn,
  expectNoSecretLogged,
  expectProblem,
  lastProblem,
} from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

// Both bind a code to its authorization request: one by PKCE (RFC 7636), one only by the nonce.
const withoutPkce = new FakeProvider()
withoutPkce.discovery = (document) => ({
  ...document,
  code_challenge_methods_supported: ['plain'],
})
const codes = new Map<string, { challenge: string | null; nonce: string | null }>()
const { provider: withPkce, latchkey } = setStage({
  aim: (provider) => provider.settings('pkce'),
  others: { nopkce: withoutPkce },
})

const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

/** The provider's side of an authorization request: a code bound to what the request said. */
function consent(provider: FakeProvider, authorization: URL): string {
  const code = `code-${codes.size + 1}`
  const { searchParams } = authorization
  codes.set(code, {
    challenge: searchParams.get('code_challenge'),
    nonce: searchParams.get('nonce'),
  })
  provider.answers.token = async (call, response) => {
    const [status, body] = await exchange(provider, call)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  return code
}

async function exchange(provider: FakeProvider, { form }: Call): Promise<[number, object]> {
  const grant = codes.get(form.code ?? '')
  const verifier = form.code_verifier
  // A verifier without a challenge is a downgrade too (RFC 9700, section 4.8.2).
  const proven = verifier === undefined ? null : s256(verifier)
  if (grant === undefined || grant.challenge !== proven) return [400, { error: 'invalid_grant' }]
  const { nonce, ...claims } = provider.claims()
  const idToken = await provider.sign({
    ...claims,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
  })
  return [200, { access_token: 'access-token-of-fake', token_type: 'Bearer', id_token: idToken }]
}

/** A started login and its code. */
async function begin(
  provider: FakeProvider,
  browser: Browser,
): Promise<StartedLogin & { code: string }> {
  const started = await startLogin(latchkey, browser, provider === withPkce ? 'pkce' : 'nopkce')
  return { ...started, code: consent(provider, started.authorization) }
}

/** The authorization URL without these parameters, as an attacker in the middle would have it. */
function strip(authorization: URL, ...names: string[]): URL {
  const url = new URL(authorization)
  for (const name of names) url.searchParams.delete(name)
  return url
}

describe('2.19 a code of somebody else', () => {
  test('is refused by a provider with PKCE, since the verifier is not its own', async () => {
    const browser = new Browser()
    const stolen = await begin(withPkce, new Browser())
    const mine = await begin(withPkce, browser)
    const answer = await expectNobodySignedIn(
      latchkey,
      withPkce,
      () => browser.send(mine.callback({ code: stolen.code })),
      { token: 1 },
    )
    expectProblem(answer, 400, 'invalid_code')
    expect(lastProblem(latchkey)).toMatchObject({ step: 'token', error: 'invalid_grant' })
  })

  test('is refused by the nonce where the provider has no PKCE, and its tokens stay unused', async () => {
    const browser = new Browser()
    const stolen = await begin(withoutPkce, new Browser())
    const mine = await begin(withoutPkce, browser)
    expect(mine.authorization.searchParams.has('code_challenge')).toBe(false)
    const answer = await expectNobodySignedIn(
      latchkey,
      withoutPkce,
      () => browser.send(mine.callback({ code: stolen.code })),
      { token: 1 },
    )
    expectProblem(answer, 502, 'invalid_provider_response')
    expect(lastProblem(latchkey)).toMatchObject({ step: 'id_token', reason: 'claim_nonce' })
  })

  test.each([
    ['with', withPkce],
    ['without', withoutPkce],
  ])('control: its own code signs in, %s PKCE', async (_name, provider) => {
    const browser = new Browser()
    const mine = await begin(provider, browser)
    const answer = await browser.send(mine.callback({ code: mine.code }))
    expect(answer.status, answer.text).toBe(200)
    expect(provider.count('userinfo')).toBe(1)
  })
})

describe('2.20 PKCE', () => {
  test('the verifier goes to the token endpoint only, fits the challenge, and is seen nowhere else', async () => {
    const browser = new Browser()
    const mine = await begin(withPkce, browser)
    const cookies = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`).join()
    const answer = await browser.send(mine.callback({ code: mine.code }))
    expect(answer.status, answer.text).toBe(200)
    const [call] = withPkce.calls.filter(({ step }) => step === 'token')
    const verifier = call?.form.code_verifier ?? ''
    expect(verifier).toMatch(/^[A-Za-z0-9._~-]{43,128}$/)
    expect(s256(verifier)).toBe(mine.authorization.searchParams.get('code_challenge'))
    expect(call?.method).toBe('POST')
    expect(call?.path).toBe('/token')
    const others = withPkce.calls.filter(({ step }) => step !== 'token')
    const elsewhere = [mine.authorization.href, cookies, answer.text, JSON.stringify(others)].join()
    expect(elsewhere).not.toContain(verifier)
    expectNoSecretLogged(latchkey, { verifier })
  })

  test('a refused exchange shows the verifier to nobody', async () => {
    const browser = new Browser()
    const mine = await begin(withPkce, browser)
    withPkce.answers.token = ({ form }, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ error: 'invalid_grant', error_description: form.code_verifier }),
      )
    }
    const answer = await browser.send(mine.callback({ code: mine.code }))
    expectProblem(answer, 400, 'invalid_code')
    const verifier = withPkce.calls.find(({ step }) => step === 'token')?.form.code_verifier ?? ''
    expect(answer.text).not.toContain(verifier)
    expectNoSecretLogged(latchkey, { verifier })
  })
})

describe('2.21 an authorization URL that was tampered with', () => {
  test('without code_challenge the verifier is still sent, and the provider refuses', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'pkce')
    const code = consent(withPkce, strip(started.authorization, 'code_challenge'))
    const answer = await expectNobodySignedIn(
      latchkey,
      withPkce,
      () => browser.send(started.callback({ code })),
      { token: 1 },
    )
    expectProblem(answer, 400, 'invalid_code')
    expect(withPkce.calls.find(({ step }) => step === 'token')?.form.code_verifier).toBeDefined()
  })

  test('without nonce the ID token has none, and is refused', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'pkce')
    const code = consent(withPkce, strip(started.authorization, 'nonce'))
    const answer = await expectNobodySignedIn(
      latchkey,
      withPkce,
      () => browser.send(started.callback({ code })),
      { token: 1 },
    )
    expectProblem(answer, 502, 'invalid_provider_response')
    expect(lastProblem(latchkey)).toMatchObject({ step: 'id_token', reason: 'claim_nonce' })
  })

  test('without state the callback has none, and the code is not sent', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'pkce')
    const code = consent(withPkce, strip(started.authorization, 'state'))
    const answer = await expectNobodySignedIn(latchkey, withPkce, () =>
      browser.send(started.callback({ code, state: null })),
    )
    expectProblem(answer, 400, 'invalid_state')
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'state_missing' })
  })

  test('control: the whole URL signs in', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'pkce')
    const code = consent(withPkce, strip(started.authorization))
    expect((await browser.send(started.callback({ code }))).status).toBe(200)
  })
})
