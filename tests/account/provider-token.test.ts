import type { ServerResponse } from 'node:http'
import { beforeEach, describe, expect, test } from 'vitest'
import { endSession, setDisabled } from '../helpers/age.ts'
import { APPS, askMe, signIn as signInAtClient, type Tokens } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { cookieLogin } from '../helpers/cookie-login.ts'
import type { Call, Reply } from '../helpers/fake-provider.ts'
import { leave, revocations, until, untilOutboxEmpty } from '../helpers/leaving.ts'
import { expectNoSecretLogged, expectProblem } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

const {
  provider,
  latchkey,
  replica: other,
  start,
} = setStageOfTwo({
  outboundMs: 3_000,
  settings: {
    ...APPS,
    CLIENT_SPA_PROVIDER_TOKENS: 'on',
    FAKE_STORE_TOKENS: 'on',
    LOG_LEVEL: 'trace',
  },
})
/** Signs in as the app does that may have the provider's tokens. */
const signIn: typeof signInAtClient = (at, from, parameters = {}) =>
  signInAtClient(at, from, { scope: 'openid account provider_tokens', ...parameters })

let person = 0
/** Lifetime of the access token that a login gets. */
let loginSeconds = 3600

beforeEach(() => {
  provider.subject = `person-${++person}`
  provider.person = { name: 'A person' }
  loginSeconds = 3600
  provider.token = (document) => ({
    ...document,
    access_token: 'canary-access-token-of-login',
    refresh_token: 'canary-refresh-token-of-login',
    expires_in: loginSeconds,
    scope: 'openid email',
  })
})

const ask = (accessToken: string, at = latchkey, id = 'fake'): Promise<Answer> =>
  askMe(at, accessToken, `/identities/${id}/token`)

/** Signs in with an access token that is over, and answers refreshes by `reply`. */
async function signInWithOver(reply: Reply): Promise<string> {
  loginSeconds = 30
  const { access_token } = await signIn(latchkey, provider)
  provider.calls.length = 0
  provider.answers.token = reply
  return access_token
}

const refreshes = () => provider.calls.filter(({ step }) => step === 'token')
const fresh = (changes: object = {}): Reply => ({
  body: { access_token: 'canary-fresh-token', token_type: 'bearer', expires_in: 3600, ...changes },
})
const send = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

describe('the token of a provider', () => {
  test('is handed out as it came, and nobody may keep the answer', async () => {
    const { access_token } = await signIn(latchkey, provider)
    provider.calls.length = 0
    const answer = await ask(access_token)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { expires_in, ...rest } = answer.json()
    expect(rest).toEqual({
      access_token: 'canary-access-token-of-login',
      token_type: 'Bearer',
      scope: 'openid email',
    })
    expect(expires_in).toBeGreaterThan(3590)
    expect(expires_in).toBeLessThanOrEqual(3600)
    expect(provider.calls).toEqual([])
  })

  test('is handed out to a session in cookies too', async () => {
    const browser = await cookieLogin(latchkey, provider, {
      scope: 'openid account provider_tokens',
    })
    const answer = await browser.send(`${latchkey.url}/me/identities/fake/token`)
    expect(answer.json()).toMatchObject({ access_token: 'canary-access-token-of-login' })
  })

  test('without an end, and without scopes, says so', async () => {
    provider.token = ({ expires_in, ...document }) => document
    const { access_token } = await signIn(latchkey, provider)
    expect((await ask(access_token)).json()).toEqual({
      access_token: 'access-token-of-fake',
      token_type: 'Bearer',
      expires_in: null,
      // As they were asked for (RFC 6749, section 5.1).
      scope: 'openid profile email',
    })
  })

  test('is refreshed where less than a minute is left, with the client authenticated', async () => {
    loginSeconds = 70
    const { access_token } = await signIn(latchkey, provider)
    expect((await ask(access_token)).json().access_token).toBe('canary-access-token-of-login')
    const over = await signInWithOver(fresh())
    expect((await ask(over)).json()).toMatchObject({
      access_token: 'canary-fresh-token',
      scope: 'openid email',
    })
    expect(refreshes()).toHaveLength(1)
    expect(refreshes()[0]?.form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'canary-refresh-token-of-login',
    })
    expect(refreshes()[0]?.headers.authorization).toMatch(/^Basic /)
    // Kept: it is not refreshed again.
    expect((await ask(over, other)).json().access_token).toBe('canary-fresh-token')
    expect(refreshes()).toHaveLength(1)
  })

  test.each([
    ['issuer', { iss: 'https://another.example' }],
    ['app', { aud: ['somebody-else'] }],
    ['person', { sub: 'another-person' }],
  ])('is not handed out where the refresh is said to be of another %s', async (_, other) => {
    const right = { iss: provider.issuer, aud: 'client-at-fake', sub: provider.subject }
    const refreshed = async (claims: object) =>
      fresh({ expires_in: 1, id_token: await provider.sign({ ...claims }) })
    const token = await signInWithOver(await refreshed({ ...right, ...other }))
    expectProblem(await ask(token), 502, 'invalid_provider_response')
    // The identity stays, and so does what is kept of it.
    provider.answers.token = await refreshed(right)
    expect((await ask(token)).json().access_token).toBe('canary-fresh-token')
    // What cannot be read says nothing.
    provider.answers.token = fresh({ id_token: 'a.b.c.d.e' })
    expect((await ask(token)).status).toBe(200)
  })

  test('keeps the refresh token that an answer leaves out, and takes one that it brings', async () => {
    const token = await signInWithOver(fresh({ expires_in: 1 }))
    await ask(token)
    provider.answers.token = fresh({ expires_in: 1, refresh_token: 'canary-rotated-token' })
    await ask(token)
    await ask(token)
    expect(refreshes().map(({ form }) => form.refresh_token)).toEqual([
      'canary-refresh-token-of-login',
      'canary-refresh-token-of-login',
      'canary-rotated-token',
    ])
  })

  test('is refreshed once, however many ask at once of two replicas', async () => {
    let number = 0
    const token = await signInWithOver(async (_call: Call, response: ServerResponse) => {
      const made = ++number
      await new Promise((resolve) => setTimeout(resolve, 300))
      send(response, 200, {
        access_token: `fresh-${made}`,
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: `rotated-${made}`,
      })
    })
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, place) => ask(token, place % 2 ? other : latchkey)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(answers.map((answer) => answer.json().access_token)).toEqual(Array(12).fill('fresh-1'))
    expect(refreshes()).toHaveLength(1)
  })

  test('of a login that comes in the middle of a refresh is the one that is kept', async () => {
    let answer = () => {}
    let isAsked = () => {}
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    const token = await signInWithOver((_call, response) => {
      answer = () =>
        send(response, 200, { access_token: 'late', token_type: 'bearer', expires_in: 3600 })
      isAsked()
    })
    const asking = ask(token)
    await asked
    provider.answers = {}
    loginSeconds = 3600
    await signIn(latchkey, provider)
    answer()
    expect((await asking).json().access_token).toBe('canary-access-token-of-login')
    expect((await ask(token)).json().access_token).toBe('canary-access-token-of-login')
  })

  test.each<[string, (token: Tokens) => Promise<void>]>([
    ['the session ends', ({ sid }) => endSession(latchkey, sid)],
    ['the user is disabled', ({ sub }) => setDisabled(latchkey, true, sub)],
  ])('that is refreshed while %s is kept, and not handed out', async (_, end) => {
    const other = await signIn(latchkey, provider)
    loginSeconds = 30
    const tokens = await signIn(latchkey, provider)
    provider.calls.length = 0
    provider.answers.token = async (_call: Call, response: ServerResponse) => {
      await end(tokens)
      send(response, 200, { access_token: 'late', token_type: 'bearer', expires_in: 3600 })
    }
    expectProblem(await ask(tokens.access_token), 401, 'invalid_token')
    // Control: for a session that lives.
    await setDisabled(latchkey, false)
    expect((await ask(other.access_token)).json().access_token).toBe('late')
    expect(refreshes()).toHaveLength(1)
  })

  test('that is refreshed while its identity becomes another user’s is theirs alone', async () => {
    const { subject } = provider
    provider.subject = `${subject}-of-another-user`
    const other = await signIn(latchkey, provider)
    provider.subject = subject
    loginSeconds = 30
    const tokens = await signIn(latchkey, provider)
    provider.answers.token = async (_call: Call, response: ServerResponse) => {
      const { database } = latchkey
      await database.query('delete from latchkey.identities where user_id = $1', [other.sub])
      await database.query('update latchkey.identities set user_id = $1 where user_id = $2', [
        ...[other.sub, tokens.sub],
      ])
      send(response, 200, { access_token: 'late', token_type: 'bearer', expires_in: 3600 })
    }
    expectProblem(await ask(tokens.access_token), 404, 'not_found')
    expect((await ask(other.access_token)).json().access_token).toBe('late')
  })

  test('that is refreshed while the person leaves is revoked by its new refresh token', async () => {
    let answer = () => {}
    let isAsked = () => {}
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    provider.answers.revoke = { status: 500 }
    const token = await signInWithOver((_call, response) => {
      answer = () =>
        send(response, 200, {
          access_token: 'late',
          token_type: 'bearer',
          refresh_token: 'canary-late-refresh-token',
        })
      isAsked()
    })
    const asking = ask(token)
    await asked
    expect((await leave(latchkey, token)).status).toBe(204)
    await until(() => expect(revocations(provider)).toHaveLength(1))
    answer()
    expectProblem(await asking, 401, 'invalid_token')
    provider.answers = {}
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider).at(-1)?.form.token).toBe('canary-late-refresh-token')
  })
})

describe('no token is handed out', () => {
  test('of an identity that the user does not have, or of no provider at all', async () => {
    const { access_token } = await signIn(latchkey, provider)
    for (const id of ['google', 'nobody', '%00', 'x'.repeat(64)]) {
      expectProblem(await ask(access_token, latchkey, id), 404, 'not_found')
    }
    expect((await ask(access_token)).status).toBe(200)
  })

  test('to somebody else: everybody gets the own', async () => {
    const mine = await signIn(latchkey, provider)
    provider.subject = `person-${++person}`
    provider.token = (document) => ({ ...document, access_token: 'the-token-of-the-second' })
    const theirs = await signIn(latchkey, provider)
    expect((await ask(theirs.access_token)).json().access_token).toBe('the-token-of-the-second')
    expect((await ask(mine.access_token)).json().access_token).toBe('canary-access-token-of-login')
  })

  test('of a row that was put in the place of another', async () => {
    const { access_token } = await signIn(latchkey, provider)
    const swap = (subject: string, to: string) =>
      latchkey.database.query('update latchkey.identities set subject = $2 where subject = $1', [
        subject,
        to,
      ])
    await swap(provider.subject, 'swapped')
    expectProblem(await ask(access_token), 404, 'not_found')
    await swap('swapped', provider.subject)
    expect((await ask(access_token)).status).toBe(200)
  })

  test('without a session that is alive', async () => {
    const { access_token, refresh_token } = await signIn(latchkey, provider)
    expectProblem(await ask('no-token'), 401, 'invalid_token')
    expect((await ask(access_token)).status).toBe(200)
    await new Browser().send(`${latchkey.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: refresh_token, client_id: 'spa' }),
    })
    expectProblem(await ask(access_token), 401, 'invalid_token')
  })

  test.each<[string, { FAKE_STORE_TOKENS?: string }]>([
    ['off', { FAKE_STORE_TOKENS: 'off' }],
    ['not set', {}],
  ])('where storage is %s, though it was on before', async (_, env) => {
    const { access_token } = await signIn(latchkey, provider)
    const without = await start({ FAKE_STORE_TOKENS: undefined, ...env })
    expectProblem(await ask(access_token, without), 404, 'not_found')
    // Where it is off, what was kept is forgotten.
    if (env.FAKE_STORE_TOKENS === undefined) {
      expect((await ask(access_token)).status).toBe(200)
    } else {
      await expect.poll(async () => (await ask(access_token)).status).toBe(404)
    }
  })

  test('to a client that may ask for none any more, whatever it was granted', async () => {
    const { access_token } = await signIn(latchkey, provider)
    const without = await start({ CLIENT_SPA_PROVIDER_TOKENS: undefined })
    expectProblem(await ask(access_token, without), 403, 'insufficient_scope')
    expect((await ask(access_token)).status).toBe(200)
  })

  test('where the provider refuses the refresh: 409 until the person signs in there again', async () => {
    const token = await signInWithOver({ status: 400, body: { error: 'invalid_grant' } })
    const answers = await Promise.all([ask(token), ask(token, other), ask(token)])
    for (const answer of answers) expectProblem(answer, 409, 'reauthentication_required')
    expectProblem(await ask(token), 409, 'reauthentication_required')
    // It is asked once.
    expect(refreshes()).toHaveLength(1)
    provider.answers = {}
    loginSeconds = 3600
    await signIn(latchkey, provider)
    expect((await ask(token)).status).toBe(200)
  })

  test('where it is over and there is no refresh token: 409', async () => {
    provider.token = (document) => ({ ...document, expires_in: 30 })
    const { access_token } = await signIn(latchkey, provider)
    provider.calls.length = 0
    expectProblem(await ask(access_token), 409, 'reauthentication_required')
    expect(refreshes()).toEqual([])
  })

  test.each<[string, Reply, number, string]>([
    ['fails', { status: 500, body: {} }, 502, 'provider_error'],
    ['does not know us', { status: 401, body: { error: 'invalid_client' } }, 502, 'provider_error'],
    ['sends no JSON', { body: '<html>' }, 502, 'invalid_provider_response'],
    ['sends no token', { body: { ok: true } }, 502, 'invalid_provider_response'],
    [
      'redirects',
      { status: 302, headers: { location: '/elsewhere' }, body: {} },
      502,
      'invalid_provider_response',
    ],
    ['does not answer', () => {}, 504, 'provider_timeout'],
  ])('while the provider %s, and then it is', async (_, reply, status, code) => {
    const token = await signInWithOver(reply)
    expectProblem(await ask(token), status, code)
    provider.answers.token = fresh()
    expect((await ask(token)).json().access_token).toBe('canary-fresh-token')
  })
})

test('no token of the provider stands in the database or the log as it is', async () => {
  const { rows } = await dump()
  for (const canary of ['canary-access-token-of-login', 'canary-fresh-token', 'canary-rotated']) {
    expect(rows).not.toContain(canary)
  }
  for (const replica of [latchkey, other]) {
    expectNoSecretLogged(replica, {
      access: 'canary-access-token-of-login',
      refresh: 'canary-refresh-token-of-login',
      fresh: 'canary-fresh-token',
      rotated: 'canary-rotated-token',
    })
  }
})

async function dump() {
  const identities = await latchkey.database.query('select * from latchkey.identities', [])
  const revoked = await latchkey.database.query('select * from latchkey.outbox', [])
  expect(identities.length).toBeGreaterThan(10)
  return { rows: JSON.stringify([identities, revoked]) }
}
