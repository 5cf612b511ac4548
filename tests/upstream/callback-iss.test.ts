import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../src/settings/index.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey, startLogin, TEST_SECRET } from '../helpers/latchkey.ts'
import { expectNobodySignedIn, expectProblem, lastProblem } from '../helpers/problems.ts'

const plain = new FakeProvider()
const strict = new FakeProvider()
const evil = new FakeProvider()
const github = new FakeProvider()
let latchkey: Latchkey

beforeAll(async () => {
  await Promise.all([plain, strict, evil, github].map((provider) => provider.listen()))
  strict.discovery = (document) => ({
    ...document,
    authorization_response_iss_parameter_supported: true,
  })
  evil.discovery = (document) => ({
    ...document,
    authorization_endpoint: `${plain.issuer}/authorize`,
  })
  playGitHub()
  latchkey = await startLatchkey({
    ...plain.settings('plain'),
    ...strict.settings('strict'),
    ...evil.settings('evil'),
    OIDC_PROVIDERS: 'plain,strict,evil',
    GITHUB_CLIENT_ID: 'client-at-github',
    GITHUB_CLIENT_SECRET: 'secret-at-github',
    GITHUB_AUTHORIZATION_ENDPOINT: `${github.issuer}/login/oauth/authorize`,
    GITHUB_TOKEN_ENDPOINT: `${github.issuer}/token`,
    GITHUB_USERINFO_ENDPOINT: `${github.issuer}/userinfo`,
    GITHUB_EMAILS_ENDPOINT: `${github.issuer}/emails`,
  })
})
afterEach(() => {
  for (const provider of [plain, strict, evil, github]) provider.calls.length = 0
})
afterAll(async () => {
  await latchkey.close()
  await Promise.all([plain, strict, evil, github].map((provider) => provider.close()))
})

function playGitHub(): void {
  github.idToken = null
  github.answers.userinfo = { body: { id: 583231, login: 'octocat', name: null } }
  github.answers.emails = { body: [] }
}

/** A callback at this provider with these parameters beside code and state. */
async function callBack(
  id: string,
  provider: FakeProvider,
  parameters: Record<string, string | null>,
): Promise<Answer> {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, id)
  provider.nonce = started.nonce ?? ''
  return browser.send(started.callback(parameters))
}

async function expectRefused(
  reason: string,
  id: string,
  provider: FakeProvider,
  parameters: Record<string, string | null>,
): Promise<void> {
  const all = [plain, strict, evil, github]
  const answer = await expectNobodySignedIn(latchkey, all, () => callBack(id, provider, parameters))
  expectProblem(answer, 400, 'invalid_state')
  expect(lastProblem(latchkey)).toMatchObject({ code: 'invalid_state', reason })
}

describe('a provider that says it sends iss', () => {
  test.each([
    ['of a stranger', () => 'https://evil.example'],
    ['of another provider here', () => plain.issuer],
    ['with a slash more', () => `${strict.issuer}/`],
    ['in capitals', () => strict.issuer.toUpperCase()],
    ['by another scheme', () => strict.issuer.replace('http:', 'https:')],
    ['with another port', () => `${strict.issuer}0`],
    ['cut', () => strict.issuer.slice(0, -1)],
    ['with a space', () => `${strict.issuer} `],
  ])('2.13 an iss %s ends the login before the code is sent', (_name, iss) =>
    expectRefused('iss_mismatch', 'strict', strict, { iss: iss() }),
  )

  test('2.13 control: its own iss signs in', async () => {
    const answer = await callBack('strict', strict, { iss: strict.issuer })
    expect(answer.status, answer.text).toBe(200)
    expect(strict.count('token')).toBe(1)
  })

  test('2.14 without iss the login ends before the code is sent', () =>
    expectRefused('iss_missing', 'strict', strict, {}))

  test('2.14 an empty iss is none', () =>
    expectRefused('iss_missing', 'strict', strict, { iss: '' }))

  test('2.16 an error with the iss of another is a mix-up and not a person who declined', async () => {
    const denied = { code: null, error: 'access_denied' }
    await expectRefused('iss_mismatch', 'strict', strict, { ...denied, iss: plain.issuer })
    const own = await callBack('strict', strict, { ...denied, iss: strict.issuer })
    expectProblem(own, 403, 'access_denied')
  })
})

describe('a provider that says nothing of iss', () => {
  test('2.15 a wrong iss is refused, the right one and none sign in', async () => {
    await expectRefused('iss_mismatch', 'plain', plain, { iss: strict.issuer })
    for (const parameters of [{ iss: plain.issuer }, {}]) {
      const answer = await callBack('plain', plain, parameters)
      expect(answer.status, answer.text).toBe(200)
    }
  })

  test('2.15 GitHub without OpenID: the iss of another is refused, its own and none sign in', async () => {
    for (const iss of ['https://evil.example', plain.issuer, 'https://github.com']) {
      await expectRefused('iss_mismatch', 'github', github, { iss })
    }
    const base = `${github.issuer}/login/oauth`
    for (const parameters of [{ iss: 'https://github.com/login/oauth' }, { iss: base }, {}]) {
      const answer = await callBack('github', github, parameters)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.json().user).toMatchObject({ name: 'octocat' })
      expect(answer.json().user).not.toHaveProperty('email')
    }
  })
})

describe('a provider that names the endpoints of another', () => {
  test('2.18 its login is sent back to its own callback, never to that of the other', async () => {
    const { authorization } = await startLogin(latchkey, new Browser(), 'evil')
    expect(authorization.origin).toBe(plain.issuer)
    expect(authorization.searchParams.get('redirect_uri')).toBe(
      `${latchkey.url}/login/evil/callback`,
    )
  })

  test("2.18 a code that arrives at the honest provider's callback reaches neither of them", async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'evil')
    const url = started.callback().replace('/login/evil/', '/login/plain/')
    const answer = await expectNobodySignedIn(latchkey, [plain, evil], () => browser.send(url))
    expectProblem(answer, 400, 'invalid_state')
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'other_provider' })
  })

  test('2.18 a code that arrives with the iss of the honest provider is not sent to the other', () =>
    expectRefused('iss_mismatch', 'evil', evil, { iss: plain.issuer }))
})

describe('2.17 two providers with one issuer', () => {
  const settings = (issuer: string, more: Record<string, string> = {}) => ({
    SECRET: TEST_SECRET,
    ...plain.settings('one'),
    ...strict.settings('two'),
    OIDC_PROVIDERS: 'one,two',
    TWO_ISSUER: issuer,
    ...more,
  })

  test('the server refuses to start and names both', () => {
    const shared = settings(plain.issuer)
    expect(() => readSettings(shared)).toThrow(/two and one have the same issuer/)
  })

  test('a built-in provider counts too', () => {
    const google = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'a-secret' }
    const shared = settings('https://accounts.google.com', google)
    expect(() => readSettings(shared)).toThrow(/two and google have the same issuer/)
  })

  test('control: with an issuer each it starts', () => {
    expect(readSettings(settings(strict.issuer)).providers).toHaveLength(2)
  })
})
