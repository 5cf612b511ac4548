import type { ServerResponse } from 'node:http'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { type FakeKey, type FakeProvider, makeKey, type Step } from '../helpers/fake-provider.ts'
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
const json = { 'content-type': 'application/json' }

/** Plays each answer of the provider, or that of one step, by sending its correct document. */
function everyAnswer(send: (response: ServerResponse, body: string) => void, only?: Step) {
  return (provider: FakeProvider) => {
    for (const step of ['discovery', 'jwks', 'token', 'userinfo'] as const) {
      if (only !== undefined && step !== only) continue
      provider.answers[step] = async (_call, response) =>
        send(response, JSON.stringify(await provider.correct(step)))
    }
  }
}

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
  ...['discovery', 'jwks', 'userinfo'].map((step) => ({
    title: `${step} that a proxy changed something of (203)`,
    play: everyAnswer((response, body) => {
      response.writeHead(203, json)
      response.end(body)
    }, step as Step),
    user: { email: 'person.one@example.com' },
  })),
  ...(['utf-8', 'none', '', 'identity'] as const).map((coding) => ({
    title: `the content is said to be encoded by “${coding}”, and is not`,
    play: everyAnswer((response, body) => {
      response.writeHead(200, { ...json, 'content-encoding': coding })
      response.end(body)
    }),
  })),
  {
    title: 'the content is encoded by “identity, gzip”',
    play: everyAnswer((response, body) => {
      response.writeHead(200, { ...json, 'content-encoding': 'identity, gzip' })
      response.end(gzipSync(body))
    }),
  },
  ...[deflateSync, deflateRawSync].map((deflate) => ({
    title: `the content is encoded by “deflate” (${deflate.name})`,
    play: everyAnswer((response, body) => {
      response.writeHead(200, { ...json, 'content-encoding': 'deflate' })
      response.end(deflate(body))
    }),
  })),
  ...[null, ''].map((absent) => ({
    title: `what is left out stands as ${JSON.stringify(absent)}`,
    play: (provider: FakeProvider) => {
      provider.idToken = (it) => ({
        ...{ ...it, azp: absent, at_hash: null, nbf: absent, name: absent, locale: absent },
        picture: 'https://pictures.example/one.png',
      })
      provider.token = (it) => ({ ...it, token_type: absent, error: absent, scope: absent })
      provider.userinfo = (it) => ({
        ...{ ...it, name: absent, nickname: 'One', email: absent, picture: absent },
      })
    },
    user: {
      name: 'One',
      email: 'person.one@example.com',
      email_verified: true,
      picture: 'https://pictures.example/one.png',
    },
  })),
  {
    title: 'userinfo has the subject as a number past 2^53',
    play: (provider) => {
      provider.idToken = (it) => ({ ...it, sub: '9007199254740993' })
      provider.answers.userinfo = { body: '{"sub": 9007199254740993, "name": "Number"}' }
    },
    user: { name: 'Number' },
  },
  {
    title: 'userinfo is signed by another algorithm than ID tokens',
    play: async (provider) => {
      const [key, other] = [provider.keys[0] as FakeKey, await makeKey('of-userinfo', 'ES256')]
      const listed = { userinfo_signing_alg_values_supported: ['ES256', 'none', 'HS256'] }
      provider.discovery = (it) => ({ ...it, ...listed })
      provider.answers.jwks = { body: { keys: [key.jwk, other.jwk] } }
      provider.answers.userinfo = async (_call, response) => {
        response.writeHead(200, { 'content-type': 'application/jwt' })
        response.end(await provider.sign({ sub: provider.subject, name: 'Signed' }, other))
      }
    },
    user: { name: 'Signed' },
  },
  {
    title: 'a language has its script and country',
    play: (provider) => {
      provider.userinfo = (it) => ({ ...it, locale: 'zh_Hant_TW' })
    },
    user: { locale: 'zh-Hant-TW' },
  },
]

describe('a login at a provider as the world has them', () => {
  const stage = setStage({ settings: { FAKE_TRUST_EMAIL: 'on' } })
  const fresh = async (play: (latchkey: Latchkey) => Promise<void>) => {
    const { testDatabase } = stage.latchkey
    const latchkey = await startLatchkey(
      { ...stage.provider.settings(), FAKE_TRUST_EMAIL: 'on', FAKE_USERINFO: 'always' },
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
