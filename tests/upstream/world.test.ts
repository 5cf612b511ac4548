import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { type FakeKey, type FakeProvider, makeKey } from '../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { exchange, expectSignedIn, nativeClaims } from '../helpers/native.ts'
import { setStage } from '../helpers/stage.ts'

type Document = Record<string, unknown>

/** What real providers, hosts and apps were seen to send, and what must come of the login. */
interface Seen {
  title: string
  play: (provider: FakeProvider) => void | Promise<void>
  /** Words of the log. */
  log?: RegExp
  user?: Document
}

const text = 'text/plain;charset=UTF-8'
const seen: Seen[] = [
  {
    title: 'discovery: an optional endpoint is null',
    play: (provider) => {
      provider.discovery = (it) => ({ ...it, end_session_endpoint: null })
    },
    log: /end_session_endpoint/,
  },
  {
    title: 'discovery: an optional endpoint is empty',
    play: (provider) => {
      provider.discovery = (it) => ({ ...it, revocation_endpoint: '' })
    },
    log: /revocation_endpoint/,
  },
  {
    title: 'discovery labelled as a stream of bytes, with a byte order mark',
    play: (provider) => {
      provider.answers.discovery = async (_call, response) => {
        response.writeHead(200, { 'content-type': 'application/octet-stream' })
        response.end(`\ufeff${JSON.stringify(await provider.correct('discovery'))}`)
      }
    },
  },
  {
    title: 'keys: an entry is null',
    play: (provider) => {
      provider.answers.jwks = { body: { keys: [null, provider.keys[0]?.jwk] } }
    },
  },
  {
    title: 'keys: one key is listed twice',
    play: (provider) => {
      const jwk = provider.keys[0]?.jwk
      provider.answers.jwks = { body: { keys: [jwk, jwk] } }
    },
  },
  {
    title: 'keys: two keys, and the ID token names none',
    play: async (provider) => {
      const [key, other] = [provider.keys[0] as FakeKey, await makeKey('another')]
      provider.answers.jwks = { body: { keys: [other.jwk, key.jwk] } }
      provider.idToken = null
      provider.answers.token = async (_call, response) => {
        const token = await provider.sign(provider.claims(), key, { kid: undefined })
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ access_token: 'access-token-of-fake', id_token: token }))
      }
    },
  },
  {
    title: 'userinfo of a hosted directory: booleans as words',
    play: (provider) => {
      const sub = provider.subject
      const email = 'person@example.com'
      provider.idToken = (claims) => ({ ...claims, email, email_verified: true })
      provider.userinfo = () => ({ sub, email, email_verified: 'true', username: 'person' })
    },
    user: { email: 'person@example.com', email_verified: true },
  },
  {
    title: 'userinfo refuses although the ID token says all',
    play: (provider) => {
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      provider.answers.userinfo = { status: 401, headers, body: '' }
    },
    log: /userinfo_refused/,
    user: { name: 'Person One', email: 'person.one@example.com' },
  },
  {
    title: 'the token document is labelled as text',
    play: (provider) => {
      provider.answers.token = async (_call, response) => {
        response.writeHead(200, { 'content-type': text })
        response.end(JSON.stringify(await provider.correct('token')))
      }
    },
  },
]

describe('a login at a provider as the world has them', () => {
  const stage = setStage({ settings: { FAKE_TRUST_EMAIL: 'on' } })
  const fresh = async (play: (latchkey: Latchkey) => Promise<void>) => {
    const { testDatabase } = stage.latchkey
    const latchkey = await startLatchkey(
      { ...stage.provider.settings(), FAKE_TRUST_EMAIL: 'on' },
      { testDatabase },
    )
    await play(latchkey)
    await latchkey.close()
  }

  test.each(seen.map((one) => [one.title, one] as const))('%s: signed in', async (_, one) => {
    await one.play(stage.provider)
    await fresh(async (latchkey) => {
      const answer = await login(latchkey, stage.provider)
      expect(answer.status, latchkey.logs.join('')).toBe(200)
      if (one.user !== undefined) expect(answer.json().user).toMatchObject(one.user)
      if (one.log !== undefined) expect(latchkey.logs.join('')).toMatch(one.log)
    })
  })
})

describe('what comes back with the browser', () => {
  const stage = setStage({ settings: APPS })
  const told = async (query: Record<string, string>, id = 'fake', latchkey = stage.latchkey) => {
    const browser = new Browser()
    const { callback } = await startLogin(latchkey, browser, id, authorizationQuery())
    const { location } = await browser.send(callback({ code: null, ...query }))
    return location?.searchParams.get('error')
  }

  test.each([
    'login_required',
    'interaction_required',
    'consent_required',
    'account_selection_required',
  ])('%s is told to the app as it is', async (error) => {
    expect(await told({ error })).toBe(error)
    expect(await told({ error: `${error}_x` })).toBe('server_error')
  })

  test('LINE’s ways to decline are all access_denied for the app', async () => {
    const latchkey = await startLatchkey({ ...APPS, EMULATE: 'line' })
    for (const error of ['ACCESS_DENIED', 'access_denied', 'INVALID_REQUEST']) {
      const query = { error, error_description: 'user denied' }
      expect(await told(query, 'line', latchkey)).toBe('access_denied')
    }
    await latchkey.close()
  })

  test('a code of 8,192 characters is swapped whole', async () => {
    const { latchkey, provider } = stage
    const browser = new Browser()
    const { callback, nonce } = await startLogin(latchkey, browser)
    provider.nonce = nonce ?? ''
    const code = 'c'.repeat(8192)
    expect((await browser.send(callback({ code }))).status).toBe(200)
    expect(provider.calls.find(({ step }) => step === 'token')?.form.code).toBe(code)
  })
})

describe('Google', () => {
  const stage = setStage({
    aim: ({ issuer }) => ({
      GOOGLE_CLIENT_ID: 'client-at-fake',
      GOOGLE_CLIENT_SECRET: 'secret-at-fake',
      GOOGLE_ISSUER: issuer,
      GOOGLE_TRUST_EMAIL: 'on',
    }),
  })

  test('an ID token of an older iOS SDK has a nonce that the app never saw: tokens', async () => {
    const { latchkey, provider } = stage
    const claims = {
      ...nativeClaims(provider),
      nonce: 'hV3v4mTzYx0JmE0W1h3kqYJx3yGxPjC3Vw8wLVb4r7A',
    }
    const token = await provider.sign(claims)
    expectSignedIn(await exchange(latchkey, token, { subject_issuer: 'google' }))
  })
})
