import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { age } from '../helpers/age.ts'
import { APPS, basic, meStatus, post, signIn } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { APP_ORIGIN, cookieLogin, cookieOf } from '../helpers/cookie-login.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { countRows, login, startLatchkey } from '../helpers/latchkey.ts'
import {
  hurry,
  leave,
  linesOf,
  outbox,
  revocations,
  until,
  untilOutboxEmpty,
} from '../helpers/leaving.ts'
import { expectNoSecretLogged, expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: { ...APPS, LOG_LEVEL: 'trace' } })
beforeEach(() => {
  provider.token = (document) => ({ ...document, refresh_token: 'refresh-token-of-fake' })
})
afterEach(async () => {
  provider.reset()
  // What waits for its next attempt; what is under way ends by itself.
  await latchkey.database.query(
    `delete from latchkey.outbox where next_attempt_at < now() + interval '50 seconds'`,
    [],
  )
  await untilOutboxEmpty(latchkey)
})

const EMPTY = { users: 0, identities: 0, sessions: 0, refreshTokens: 0 }

describe('DELETE /me', () => {
  test('deletes user, identities and sessions, and all credentials are refused at once', async () => {
    const here = await signIn(latchkey, provider)
    const there = await signIn(latchkey, provider)
    expect(there.sub).toBe(here.sub)
    expect(await meStatus(latchkey, there.access_token)).toBe(200)

    const answer = await leave(latchkey, here.access_token)
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await countRows(latchkey)).toEqual(EMPTY)
    for (const { access_token, refresh_token } of [here, there]) {
      expect(await meStatus(latchkey, access_token)).toBe(401)
      const form = { grant_type: 'refresh_token', client_id: 'spa', refresh_token }
      const refused = await post(`${latchkey.url}/token`, form)
      expect([refused.status, refused.json().error]).toEqual([400, 'invalid_grant'])
    }
    expectProblem(await leave(latchkey, here.access_token), 401, 'invalid_token')
  })

  test('leaves everybody else alone, and the person may come again as somebody new', async () => {
    provider.subject = 'somebody-else'
    provider.person = { ...provider.person, email: 'else@example.com' }
    const other = await signIn(latchkey, provider)
    provider.subject = 'person-1'
    provider.person = { ...provider.person, email: 'person.one@example.com' }
    const first = await signIn(latchkey, provider)
    expect((await leave(latchkey, first.access_token)).status).toBe(204)
    expect(await meStatus(latchkey, other.access_token)).toBe(200)
    const again = await signIn(latchkey, provider)
    expect(again.sub).not.toBe(first.sub)
    for (const { access_token } of [other, again]) await leave(latchkey, access_token)
  })

  test('with a session in cookies needs a registered origin, and clears the cookies', async () => {
    const browser = await cookieLogin(latchkey, provider)
    const ask = (origin: string) =>
      browser.send(`${latchkey.url}/me`, { method: 'DELETE', headers: { origin } })
    expectProblem(await ask('https://stranger.example.com'), 403, 'csrf')
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
    expect((await ask(APP_ORIGIN)).status).toBe(204)
    expect([cookieOf(browser, 'access'), cookieOf(browser, 'refresh')]).toEqual(['', ''])
    expect(await countRows(latchkey)).toEqual(EMPTY)
  })

  test('by two tabs at once happens once', async () => {
    const { access_token } = await signIn(latchkey, provider)
    const answers = await Promise.all([1, 2, 3].map(() => leave(latchkey, access_token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401])
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider)).toHaveLength(1)
  })

  test('beside logins of the same person never waits in a ring or leaves a half', async () => {
    for (let round = 0; round < 10; round++) {
      const { access_token } = (await login(latchkey, provider)).json()
      const [left, ...logins] = await Promise.all([
        leave(latchkey, String(access_token)),
        login(latchkey, provider),
        login(latchkey, provider),
      ])
      expect(left.status).toBe(204)
      for (const { status } of logins) expect([200, 502]).toContain(status)
      const { users, identities } = await countRows(latchkey)
      expect(users).toBe(identities)
      expect(users).toBeLessThanOrEqual(1)
    }
    const { access_token } = (await login(latchkey, provider)).json()
    await leave(latchkey, String(access_token))
  })
})

describe('the grant at the provider', () => {
  test('is revoked behind the answer: RFC 7009, the refresh token, the client authenticated', async () => {
    const { access_token } = await signIn(latchkey, provider)
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    const [call, ...more] = revocations(provider)
    expect(more).toEqual([])
    expect(call).toMatchObject({ method: 'POST', path: '/revoke' })
    expect(call?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(call?.headers.authorization).toBe(basic('client-at-fake', 'secret-at-fake'))
    expect(call?.form).toEqual({
      token: 'refresh-token-of-fake',
      token_type_hint: 'refresh_token',
    })
    expect(linesOf(latchkey, 'grant_revoked').at(-1)).toMatchObject({ provider: 'fake' })
  })

  test.each([
    ['text/plain', 'OK'],
    ['text/html', '<p>Done</p>'],
    ['application/json', ''],
    ['application/json', '[]'],
  ])(
    'is revoked where the provider says so by its status, with a body of %s: “%s”',
    async (type, body) => {
      const headers = { 'content-type': type }
      provider.answers.revoke = { status: 500, headers, body }
      const { access_token } = await signIn(latchkey, provider)
      await leave(latchkey, access_token)
      await until(() => expect(revocations(provider)).toHaveLength(1))
      expect(await outbox(latchkey)).toHaveLength(1)
      provider.answers.revoke = { status: 200, headers, body }
      await hurry(latchkey)
      await untilOutboxEmpty(latchkey)
      expect(revocations(provider)).toHaveLength(2)
    },
  )

  test.each([true, false])(
    'is recorded as revoked only where the provider can: %s',
    async (can) => {
      const other = new FakeProvider()
      other.discovery = ({ revocation_endpoint, ...document }) =>
        can ? { ...document, revocation_endpoint } : document
      await other.listen()
      const kept = await startLatchkey({ ...APPS, ...other.settings(), FAKE_STORE_TOKENS: 'on' })
      const { access_token } = await signIn(kept, other)
      await leave(kept, access_token)
      await untilOutboxEmpty(kept)
      const rows = await createAudit(kept.database).list({ type: 'grant.revoked', limit: 10 })
      expect(rows).toHaveLength(can ? 1 : 0)
      expect(revocations(other)).toHaveLength(can ? 1 : 0)
      await kept.close()
      await other.close()
    },
  )

  test('is revoked by the access token where there is no refresh token', async () => {
    provider.token = (document) => document
    const { access_token } = await signIn(latchkey, provider)
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider).map(({ form }) => form)).toEqual([
      { token: 'access-token-of-fake', token_type_hint: 'access_token' },
    ])
  })

  test('is revoked by the refresh token of an earlier login, where the last one brought none', async () => {
    await signIn(latchkey, provider)
    provider.token = (document) => ({ ...document, access_token: 'a-later-access-token' })
    const { access_token } = await signIn(latchkey, provider)
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider).map(({ form }) => form.token)).toEqual(['refresh-token-of-fake'])
  })

  test('is at rest as no text that anybody can read, in identity and outbox, nor in the log', async () => {
    const canaries = { access: 'canary-access-token', refresh: 'canary-refresh-token' }
    provider.token = (document) => ({
      ...document,
      access_token: canaries.access,
      refresh_token: canaries.refresh,
    })
    provider.answers.revoke = { status: 500, body: canaries.refresh }
    const { access_token } = await signIn(latchkey, provider)
    const identities = await latchkey.database.query<Record<string, string | null>>(
      'select * from latchkey.identities',
      [],
    )
    expect(identities[0]).toMatchObject({
      sealed_access_token: null,
      sealed_refresh_token: expect.stringMatching(/^[\w-]{6}\.[\w-]{60,}$/),
    })
    await leave(latchkey, access_token)
    await until(() => expect(revocations(provider)).toHaveLength(1))
    const waiting = await outbox(latchkey)
    expect(waiting).toHaveLength(1)
    const dump = JSON.stringify([identities, waiting])
    for (const canary of Object.values(canaries)) {
      expect(dump).not.toContain(canary)
      expect(dump).not.toContain(Buffer.from(canary).toString('base64url').slice(0, 20))
    }
    provider.answers = {}
    await hurry(latchkey)
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider).at(-1)?.form.token).toBe(canaries.refresh)
    expectNoSecretLogged(latchkey, { ...canaries, secret: 'secret-at-fake' })
  })

  test('of an identity opens for no other: swapped rows revoke nothing', async () => {
    const { access_token } = await signIn(latchkey, provider)
    await latchkey.database.query(`update latchkey.identities set subject = 'another'`, [])
    await leave(latchkey, access_token)
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider)).toEqual([])
    await until(() =>
      expect(linesOf(latchkey, 'revocation_given_up').at(-1)).toMatchObject({ level: 'error' }),
    )
  })
})

describe('a provider that does not revoke', () => {
  const deletedWhile = async (spoil: () => void) => {
    const { access_token } = await signIn(latchkey, provider)
    spoil()
    const before = Date.now()
    expect((await leave(latchkey, access_token)).status).toBe(204)
    expect(Date.now() - before).toBeLessThan(3_000)
    expect(await countRows(latchkey)).toEqual(EMPTY)
  }

  test.each([503, 429, 401, 302])('but answers %i is asked again', async (status) => {
    await deletedWhile(() => {
      provider.answers.revoke = { status, headers: { location: '/elsewhere' }, body: {} }
    })
    await until(async () => {
      const [row] = await outbox(latchkey)
      expect(row).toMatchObject({ attempts: 1 })
      expect(row?.due).toBeLessThanOrEqual(2)
    })
    expect(linesOf(latchkey, 'revocation_failed').at(-1)).toMatchObject({ status })
  })

  test('but fails is asked later and later, until it says that it is done', async () => {
    await deletedWhile(() => {
      provider.answers.revoke = { status: 500, body: {} }
    })
    for (const [attempt, delay] of [2, 8].entries()) {
      await until(async () => {
        const [row] = await outbox(latchkey)
        expect(row).toMatchObject({ provider: 'fake', attempts: attempt + 1 })
        expect(row?.due).toBeLessThanOrEqual(delay)
      })
      const [row] = await outbox(latchkey)
      // A fifth less by chance, and as long as this took to look.
      expect(row?.due).toBeGreaterThan(delay * 0.8 - 2)
      expect(revocations(provider)).toHaveLength(attempt + 1)
      await hurry(latchkey)
    }
    expect(linesOf(latchkey, 'revocation_failed').at(-1)).toMatchObject({
      level: 'warn',
      provider: 'fake',
      step: 'revocation',
      status: 500,
    })
    provider.answers = {}
    await hurry(latchkey)
    await untilOutboxEmpty(latchkey)
  })

  test.each([
    ['a success', { body: {} }],
    ['an empty success', { body: '' }],
    ['invalid_token', { status: 400, body: { error: 'invalid_token' } }],
  ])('any more is done: %s', async (_, reply) => {
    await deletedWhile(() => {
      provider.answers.revoke = reply
    })
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider)).toHaveLength(1)
  })

  test('is away: it is revoked once it is back', async () => {
    const port = Number(new URL(provider.issuer).port)
    const { access_token } = await signIn(latchkey, provider)
    await provider.close()
    expect((await leave(latchkey, access_token)).status).toBe(204)
    await until(async () => expect(await outbox(latchkey)).toMatchObject([{ attempts: 1 }]))
    const replacement = new FakeProvider()
    await replacement.listen(port)
    await hurry(latchkey)
    await untilOutboxEmpty(latchkey)
    expect(revocations(replacement)).toHaveLength(1)
    await replacement.close()
    await provider.listen(port)
  })

  test('for three days is given up, with a line in the log', async () => {
    provider.answers.revoke = { status: 500 }
    const { access_token } = await signIn(latchkey, provider)
    await leave(latchkey, access_token)
    await until(async () => expect(await outbox(latchkey)).toMatchObject([{ attempts: 1 }]))
    await age(latchkey, '71 hours')
    await until(async () => expect(await outbox(latchkey)).toMatchObject([{ attempts: 2 }]))
    const before = linesOf(latchkey, 'revocation_given_up').length
    await until(async () => expect((await outbox(latchkey))[0]?.due).toBeLessThan(10))
    await age(latchkey, '2 hours')
    await untilOutboxEmpty(latchkey)
    await until(() => expect(linesOf(latchkey, 'revocation_given_up')).toHaveLength(before + 1))
    expect(linesOf(latchkey, 'revocation_given_up').at(-1)).toMatchObject({
      level: 'error',
      provider: 'fake',
      status: 500,
    })
  })
})

test('a grant that is given anew before the old one was revoked is not revoked', async () => {
  const leaveWhileAway = async () => {
    provider.answers.revoke = { status: 503 }
    const { access_token } = await signIn(latchkey, provider)
    await leave(latchkey, access_token)
    await until(() => expect(revocations(provider).length).toBeGreaterThan(0))
    provider.answers = {}
    provider.calls.length = 0
  }
  await leaveWhileAway()
  await signIn(latchkey, provider)
  await hurry(latchkey)
  await untilOutboxEmpty(latchkey)
  expect(revocations(provider)).toEqual([])
  // The control: the same without another sign-in.
  await leaveWhileAway()
  await hurry(latchkey)
  await untilOutboxEmpty(latchkey)
  expect(revocations(provider)).toHaveLength(1)
})

describe('FAKE_STORE_TOKENS', () => {
  const kept = async (env: Record<string, string>, spoil = () => {}) => {
    const other = await startLatchkey({ ...provider.settings(), ...env })
    try {
      spoil()
      const { access_token } = (await login(other, provider)).json()
      const [row] = await other.database.query<{ sealed: string | null }>(
        `select concat_ws(' ', coalesce(sealed_access_token, '-'), sealed_refresh_token) as sealed
         from latchkey.identities`,
        [],
      )
      provider.calls.length = 0
      expect((await leave(other, String(access_token))).status).toBe(204)
      await untilOutboxEmpty(other)
      return {
        grant: row?.sealed === '-' ? null : row?.sealed,
        revoked: revocations(provider).length,
      }
    } finally {
      await other.close()
    }
  }

  test('off: nothing is kept, and nothing revoked', async () => {
    expect(await kept({ FAKE_STORE_TOKENS: 'off' })).toEqual({ grant: null, revoked: 0 })
  })

  test('on: access and refresh token are kept, and revoked', async () => {
    const { grant, revoked } = await kept({ FAKE_STORE_TOKENS: 'on' })
    expect(grant).toMatch(/^[\w-]{6}\.[\w-]+ [\w-]{6}\.[\w-]+$/)
    expect(revoked).toBe(1)
  })

  test('unset: one token is kept, and only where the provider can revoke', async () => {
    expect(await kept({})).toMatchObject({ grant: expect.stringMatching(/^- \S+$/), revoked: 1 })
    const without = await kept({}, () => {
      provider.discovery = ({ revocation_endpoint, ...document }) => document
    })
    expect(without).toEqual({ grant: null, revoked: 0 })
  })
})

test('a provider that hangs holds up nobody: the others are told meanwhile', async () => {
  const sleepy = createServer((request) => request.resume())
  await new Promise<void>((resolve) => sleepy.listen(0, '127.0.0.1', resolve))
  const hanging = `http://127.0.0.1:${(sleepy.address() as AddressInfo).port}/revoke`
  const second = await new FakeProvider().listen()
  const both = await startLatchkey({
    ...provider.settings(),
    ...second.settings('second'),
    OIDC_PROVIDERS: 'fake,second',
    FAKE_REVOCATION_ENDPOINT: hanging,
  })
  try {
    for (let person = 0; person < 12; person++) {
      provider.subject = `hanging-${person}`
      const { access_token } = (await login(both, provider)).json()
      await leave(both, String(access_token))
    }
    const { access_token } = (await login(both, second, new Browser(), 'second')).json()
    await leave(both, String(access_token))
    await until(() => expect(revocations(second)).toHaveLength(1))
    // What was answered is gone from the outbox a moment later.
    await until(async () => {
      const rows = await outbox(both)
      expect(rows.every((row) => row.provider === 'fake')).toBe(true)
      expect(rows).toHaveLength(12)
    })
  } finally {
    provider.subject = 'person-1'
    const before = Date.now()
    await both.close()
    expect(Date.now() - before).toBeLessThan(8_000)
    sleepy.closeAllConnections()
    sleepy.close()
    await second.close()
  }
})
