import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createOutbox } from '../../src/db/stores/events/outbox.ts'
import { endSession, setDisabled } from '../helpers/age.ts'
import { APPS, signIn as signInAnywhere } from '../helpers/apps.ts'
import { linesOf, until } from '../helpers/leaving.ts'
import { listenForEvents } from '../helpers/receiver.ts'
import { setStage } from '../helpers/stage.ts'

const secrets = ['one', 'two'].map(
  (word) => `whsec_${Buffer.from(word.padEnd(32, '.')).toString('base64')}`,
)
const receiver = await listenForEvents()

const { latchkey, provider, start } = setStage({
  settings: {
    ...APPS,
    WEBHOOK_URL: `${receiver.url}/hook`,
    WEBHOOK_SECRET: secrets.join(),
    CLIENT_SPA_BACKCHANNEL_LOGOUT_URI: `${receiver.url}/logout`,
    ...Object.fromEntries(
      ['other', 'web', 'api', 'native'].map((id) => [
        `CLIENT_${id.toUpperCase()}_BACKCHANNEL_LOGOUT_URI`,
        `${receiver.url}/${id}`,
      ]),
    ),
  },
  people: (turn) => ({ email: `person-${turn}@example.com` }),
})

beforeEach(async () => {
  receiver.answer.status = 204
  receiver.requests.length = 0
  await latchkey.database.query('delete from latchkey.outbox', [])
  await latchkey.database.query('update latchkey.outbox_targets set stopped_at = null', [])
})

/** Whom this test has signed in: what an earlier one left under way may still come. */
const people = new Set<string>()
beforeEach(() => people.clear())
async function signIn(asked: Parameters<typeof signInAnywhere>[2] = {}) {
  const tokens = await signInAnywhere(latchkey, provider, asked)
  people.add(tokens.sub)
  return tokens
}
const hooks = (at = '/hook') =>
  receiver.requests.filter(
    ({ path, body }) => path === at && people.has(JSON.parse(body).data.user_id),
  )
const claimsIn = (body: string) => decodeJwt(new URLSearchParams(body).get('logout_token') ?? '')
const logouts = () =>
  receiver.requests.filter(
    ({ path, body }) => path === '/logout' && people.has(claimsIn(body).sub ?? ''),
  )
/** Waits until nothing waits, for whomever. */
const untilAllSent = () =>
  until(async () =>
    expect(await latchkey.database.query('select id from latchkey.outbox', [])).toEqual([]),
  )
const typesOf = () => hooks().map(({ body }) => (JSON.parse(body) as { type: string }).type)
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString()
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const signOut = (token: string) =>
  fetch(`${latchkey.url}/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ token, client_id: 'spa' }),
  })

describe('webhooks', () => {
  test('tell what is asked for, signed so that either secret verifies it, without addresses', async () => {
    const tokens = await signIn()
    await until(() => expect(typesOf().sort()).toEqual(['identity.linked', 'user.created']))
    for (const { headers, body } of hooks()) {
      for (const secret of secrets) {
        expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
          data: { user_id: tokens.sub },
        })
      }
      const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
      expect(() => new Webhook(other).verify(body, headers as Record<string, string>)).toThrow()
      expect(body).not.toContain('example.com')
      expect(body).not.toContain('127.0.0.1')
    }
    // The log says of each by which id its receiver knows it.
    const ids = hooks().map(({ headers }) => headers['webhook-id'])
    await until(() =>
      expect(linesOf(latchkey, 'webhook_sent').map((line) => line.webhook_id)).toEqual(
        expect.arrayContaining(ids),
      ),
    )
    expect(linesOf(latchkey, 'webhook_sent')[0]).toMatchObject({
      target: 'webhook',
      entry: expect.stringMatching(/^\d+$/),
    })
    await signOut(tokens.refresh_token)
    await until(() => expect(typesOf()).toContain('session.ended'))
    // Asked for by nobody.
    expect(typesOf()).not.toContain('session.created')
  })

  test('that are refused come again with the same id and a signature of their own', async () => {
    receiver.answer.status = 500
    await signIn()
    await until(() => expect(hooks().length).toBeGreaterThanOrEqual(2))
    receiver.answer.status = 204
    await latchkey.database.query('update latchkey.outbox set next_attempt_at = now()', [])
    await until(() => expect(hooks().length).toBeGreaterThanOrEqual(4))
    const ids = hooks().map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(2)
    for (const { headers, body } of hooks()) {
      new Webhook(secrets[0] ?? '').verify(body, headers as Record<string, string>)
    }
  })

  test('that are answered by 410 stop for all replicas, until the operator has them tried again', async () => {
    receiver.answer.status = 410
    await signIn()
    await until(() => expect(linesOf(latchkey, 'outbox_stopped').length).toBeGreaterThan(0))
    receiver.answer.status = 204
    receiver.requests.length = 0
    await start()
    provider.subject = 'somebody-while-stopped'
    const { refresh_token } = await signIn()
    // The app is told of what ends now: so the outbox has looked again.
    await signOut(refresh_token)
    await until(() => expect(logouts()).toHaveLength(1))
    expect(hooks()).toEqual([])
    const stoppedAt = async () => {
      const entries = await createOutbox(latchkey.database).list({ limit: 10 })
      return entries.map((entry) => entry.stoppedAt)
    }
    const moment = expect.stringMatching(/Z$/)
    expect(await stoppedAt()).toEqual([moment, moment])
    await createOutbox(latchkey.database).retry({ kind: 'webhook' })
    // What is sent already is listed no more.
    expect((await stoppedAt()).filter((at) => at !== null)).toEqual([])
    // What happened while it was stopped is not put in.
    await until(() => expect(typesOf().sort()).toEqual(['identity.linked', 'user.created']))
  })

  test('that were stopped by 410 go on where WEBHOOK_URL has changed, and only then', async () => {
    receiver.answer.status = 410
    const stopped = () => linesOf(latchkey, 'outbox_stopped').length
    const before = stopped()
    const { refresh_token } = await signIn()
    await until(() => expect(stopped()).toBe(before + 2))
    receiver.answer.status = 204
    receiver.requests.length = 0
    await start()
    await latchkey.database.query('update latchkey.outbox set next_attempt_at = now()', [])
    await signOut(refresh_token)
    await until(() => expect(logouts()).toHaveLength(1))
    expect(hooks()).toEqual([])
    // They are due since then: to say so again would take from a replica what it is just sending.
    await start({ WEBHOOK_URL: `${receiver.url}/moved` })
    // By whichever replica: those with the old URL run still, and know of no 410 any more.
    await until(() => expect([...hooks(), ...hooks('/moved')]).toHaveLength(2))
  })

  test('that get 410 at a URL which was changed meanwhile stop nothing: a replica may know the old one still', async () => {
    receiver.answersAt.set('/hook', { status: 410, headers: {} })
    onTestFinished(() => void receiver.answersAt.delete('/hook'))
    const stopped = () => linesOf(latchkey, 'outbox_stopped').length
    const before = stopped()
    const refused = () =>
      linesOf(latchkey, 'webhook_failed').filter(({ attempts }) => attempts === 1).length
    await (await start({ WEBHOOK_URL: `${receiver.url}/later` })).close()
    const refusedBefore = refused()
    await signIn()
    await until(() => expect(refused()).toBe(refusedBefore + 2))
    expect(stopped()).toBe(before)
    // Control: once its URL is the one that answered, it stops.
    await (await start()).close()
    await latchkey.database.query('update latchkey.outbox set next_attempt_at = now()', [])
    await until(() => expect(stopped()).toBeGreaterThan(before))
  })

  test('of one target that is full go, the newest first, and those of another target stay', async () => {
    const { database } = latchkey
    await database.query(
      `insert into latchkey.outbox (kind, target, next_attempt_at)
       select 'revocation', target, now() + interval '1 hour'
       from (values ('a'), ('b')) as t (target), generate_series(1, 4) n where target = 'a' or n < 3`,
      [],
    )
    const outbox = createOutbox(database)
    const before = await outbox.list({ kind: 'revocation', limit: 10 })
    expect(await outbox.trim(4)).toBe(0)
    expect(await outbox.trim(3)).toBe(1)
    const after = await outbox.list({ kind: 'revocation', limit: 10 })
    const last = before.filter(({ target }) => target === 'a').at(-1)
    expect(after).toEqual(before.filter(({ id }) => id !== last?.id))
  })

  test('that are given up wait for the operator, who may drop them', async () => {
    receiver.answer.status = 500
    await signIn()
    const outbox = createOutbox(latchkey.database)
    await latchkey.database.query(
      `update latchkey.outbox set created_at = now() - interval '4 days', next_attempt_at = now()`,
      [],
    )
    const failed = () => outbox.list({ failed: true, limit: 10 })
    await until(async () => expect(await failed()).toHaveLength(2))
    expect(await failed()).toMatchObject([{ failure: '500' }, { failure: '500' }])
    expect(await outbox.depth()).toMatchObject([{ kind: 'webhook', waiting: 0, failed: 2 }])
    expect(await outbox.drop({ failed: true })).toBe(2)
  })
})

describe('back-channel logout', () => {
  test('tells the client of a session that ends, by a token that its keys verify', async () => {
    const tokens = await signIn({ scope: 'openid account offline_access' })
    await fetch(`${latchkey.url}/me/sessions/${tokens.sid}`, {
      method: 'DELETE',
      headers: bearer(tokens.access_token),
    })
    await until(() => expect(logouts()).toHaveLength(1))
    const token = new URLSearchParams(logouts()[0]?.body).get('logout_token') ?? ''
    const { typ, kid, alg } = decodeProtectedHeader(token)
    expect({ typ, alg }).toEqual({ typ: 'logout+jwt', alg: 'RS256' })
    const { keys } = (await (await fetch(`${latchkey.url}/.well-known/jwks.json`)).json()) as {
      keys: JWK[]
    }
    const key = await importJWK(keys.find((one) => one.kid === kid) as JWK, 'RS256')
    const { payload } = await jwtVerify(token, key, {
      issuer: latchkey.url,
      audience: 'spa',
      typ: 'logout+jwt',
    })
    expect(payload).toMatchObject({
      ...{ sub: tokens.sub, sid: tokens.sid },
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120)
    expect(payload.nonce).toBeUndefined()
  })

  test('comes where the user is disabled, once for each session that its client knows; enabled, they go on', async () => {
    const tokens = await signIn()
    const second = await signIn()
    const ended = await signIn()
    await signOut(ended.refresh_token)
    await until(() => expect(logouts()).toHaveLength(1))
    await setDisabled(latchkey, true, tokens.sub)
    await until(() => expect(logouts()).toHaveLength(3))
    const told = logouts().map(({ body }) => {
      const { sub, sid } = claimsIn(body)
      return { sub, sid }
    })
    const sub = tokens.sub
    expect(told.slice(1).map(({ sid }) => sid)).toEqual(
      expect.arrayContaining([tokens.sid, second.sid]),
    )
    expect(told).toEqual(told.map(({ sid }) => ({ sub, sid })))
    // Disabled once more, and enabled, nothing new has happened to the apps.
    await setDisabled(latchkey, true, sub)
    await setDisabled(latchkey, false, sub)
    const me = await fetch(`${latchkey.url}/me`, { headers: bearer(tokens.access_token) })
    expect(me.status).toBe(200)
    await signOut(second.refresh_token)
    await untilAllSent()
    expect(logouts().map(({ body }) => claimsIn(body).sid)).toEqual([
      ...told.map(({ sid }) => sid),
      second.sid,
    ])
  })

  test('comes once for each session, however its end comes while its user is disabled', async () => {
    const rests = await signIn()
    const ends = await signIn()
    const went = await signIn()
    const of = ({ sid }: { sid: string }) =>
      latchkey.database.query<{ waiting: number }>(
        `select count(*)::int as waiting from latchkey.outbox where session_id = $1`,
        [sid],
      )
    // What is told waits to be told again, and can be counted.
    receiver.answer.status = 500
    await setDisabled(latchkey, true, rests.sub)
    await endSession(latchkey, ends.sid)
    expect(await of(ends)).toEqual([{ waiting: 1 }])
    // Enabled, it goes on: its end is told.
    await setDisabled(latchkey, false, rests.sub)
    expect(await of(rests)).toEqual([{ waiting: 1 }])
    await endSession(latchkey, went.sid)
    expect(await of(went)).toEqual([{ waiting: 2 }])
    await setDisabled(latchkey, true, rests.sub)
    expect(await of(rests)).toEqual([{ waiting: 2 }])
    await latchkey.database.query('delete from latchkey.users where id = $1', [rests.sub])
    expect(await of(rests)).toEqual([{ waiting: 2 }])
    expect(await of(ends)).toEqual([{ waiting: 1 }])
  })

  test('comes with the deletion of the user, too, and not for a session that expired', async () => {
    const tokens = await signIn()
    const expired = await signIn()
    await latchkey.database.query(
      `update latchkey.sessions set expires_at = now() - interval '1 second' where id = $1`,
      [expired.sid],
    )
    const left = await fetch(`${latchkey.url}/me`, {
      method: 'DELETE',
      headers: bearer(tokens.access_token),
    })
    expect(left.status).toBe(204)
    const anew = await signIn()
    await signOut(anew.refresh_token)
    await untilAllSent()
    expect(logouts().map(({ body }) => claimsIn(body).sid)).toEqual([tokens.sid, anew.sid])
  })
})

test('what is for a client that one replica does not know is left to one that does, for a day', async () => {
  const { database } = latchkey
  const { sub, sid } = await signIn()
  const put = (client: string, age: string) =>
    database.query(
      `insert into latchkey.outbox (kind, target, user_id, session_id, created_at)
       values ('logout', $1, $2, $3, now() - $4::interval)`,
      [client, sub, sid, age],
    )
  await put('newcomer', '23 hours')
  const left = () => linesOf(latchkey, 'outbox_left').filter(({ target }) => target === 'newcomer')
  await until(() => expect(left()).toMatchObject([{ level: 'warn', kind: 'logout' }]))
  await put('gone', '25 hours')
  const entries = () => createOutbox(database).list({ kind: 'logout', limit: 10 })
  await until(async () =>
    expect(await entries()).toMatchObject([
      { target: 'newcomer', attempts: 0, failedAt: null },
      { target: 'gone', attempts: 1, failedAt: expect.any(String), failure: 'Undeliverable' },
    ]),
  )
  await start({
    CLIENTS: `${APPS.CLIENTS},newcomer`,
    CLIENT_NEWCOMER_REDIRECT_URIS: 'https://newcomer.example/callback',
    CLIENT_NEWCOMER_BACKCHANNEL_LOGOUT_URI: `${receiver.url}/newcomer`,
  })
  await until(() => expect(receiver.requests.map(({ path }) => path)).toContain('/newcomer'))
  expect(left()).toHaveLength(1)
})

test('a receiver that asks for time by several answers at once is left alone for the longest', async () => {
  const { database } = latchkey
  let answers = 0
  receiver.answersAt.set('/native', {
    status: 429,
    get headers(): Record<string, string> {
      answers += 1
      return { 'retry-after': answers === 1 ? '40' : '1' }
    },
  })
  onTestFinished(() => void receiver.answersAt.delete('/native'))
  const { sub, sid } = await signIn()
  await database.query(
    `insert into latchkey.outbox (kind, target, user_id, session_id)
     select 'logout', 'native', $1, $2 from generate_series(1, 12)`,
    [sub, sid],
  )
  const tried = () =>
    database.query<{ attempts: number; due: number }>(
      `select attempts, extract(epoch from next_attempt_at - now())::float as due
       from latchkey.outbox where target = 'native' and failure is not null order by due`,
      [],
    )
  await until(async () => expect(await tried()).toHaveLength(5))
  await until(async () => expect((await tried())[0]?.due).toBeLessThan(0))
  // A webhook that is put in now and sent tells that the outbox has looked again.
  await signOut((await signIn()).refresh_token)
  await until(() => expect(typesOf()).toContain('session.ended'))
  expect((await tried()).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1])
})

test.each<[string, string, number, Record<string, () => string>, boolean]>([
  ['other', 'seconds', 429, { 'retry-after': () => '40' }, true],
  ['web', 'a date', 503, { 'retry-after': () => inSeconds(40) }, true],
  ['api', 'nothing', 503, {}, false],
])(
  'the receiver of %s asks for time by %s, with %i: it is left alone for so long, where it says how long',
  async (client, _how, status, said, isLeftAlone) => {
    const { database } = latchkey
    const headers = Object.fromEntries(Object.entries(said).map(([name, of]) => [name, of()]))
    receiver.answersAt.set(`/${client}`, { status, headers })
    const { sub, sid } = await signIn()
    await until(() => expect(hooks()).toHaveLength(2))
    await database.query(
      `insert into latchkey.outbox (kind, target, user_id, session_id)
       select 'logout', $1, $2, $3 from generate_series(1, 12)`,
      [client, sub, sid],
    )
    const tried = () =>
      database.query<{ due: number }>(
        `select extract(epoch from next_attempt_at - now())::float as due
         from latchkey.outbox where target = $1 and failure is not null`,
        [client],
      )
    await until(async () => expect((await tried()).length).toBeGreaterThanOrEqual(5))
    // A webhook that is put in now and sent tells that the outbox has looked again.
    await signOut((await signIn()).refresh_token)
    await until(() => expect(typesOf()).toContain('session.ended'))
    if (isLeftAlone) {
      const waiting = await tried()
      expect(waiting).toHaveLength(5)
      for (const { due } of waiting) expect(due).toBeGreaterThan(20)
    } else {
      await until(async () => expect(await tried()).toHaveLength(12))
    }
  },
)
