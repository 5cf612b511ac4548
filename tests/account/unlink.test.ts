import { beforeAll, describe, expect, test } from 'vitest'
import { endSession } from '../helpers/age.ts'
import { askMe, meStatus, type Parameters, post, signIn, type Tokens } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { untilHeldUp } from '../helpers/held.ts'
import { type Latchkey, login } from '../helpers/latchkey.ts'
import { leave } from '../helpers/leaving.ts'
import { getLinkCode, linkByCode, setLinkStage } from '../helpers/linking.ts'
import { expectProblem } from '../helpers/problems.ts'

const stage = setLinkStage(
  'http://localhost:3993',
  (turn) => ({
    name: 'Person',
    email: `person-${turn}@example.com`,
    email_verified: true,
  }),
  {
    FAKE_TRUST_EMAIL: 'on',
    SECOND_TRUST_EMAIL: 'on',
  },
)
const { provider, second } = stage
let latchkey: Latchkey
let replica: Latchkey
beforeAll(() => {
  ;({ latchkey, replica } = stage)
})

/** Signs in at the first provider, and then at the second, which joins by the verified address. */
async function signInTwice(parameters: Parameters = {}): Promise<Tokens> {
  const tokens = await signIn(latchkey, provider, parameters)
  const other = (await login(latchkey, second, new Browser(), 'second')).json().user
  expect((other as { sub: string }).sub).toBe(tokens.sub)
  return tokens
}

const ask = (
  { access_token }: Tokens,
  path = '',
  method = 'GET',
  at: Latchkey = latchkey,
): Promise<Answer> => askMe(at, access_token, `/identities${path}`, method)
const providersOf = async ({ sub }: Tokens) => {
  const rows = await replica.database.query<{ provider: string }>(
    'select provider from latchkey.identities where user_id = $1 order by linked_at',
    [sub],
  )
  return rows.map((one) => one.provider)
}

describe('GET /me/identities', () => {
  test('lists what /me lists, the one linked first first', async () => {
    const tokens = await signInTwice()
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    const me = (await new Browser().send(`${latchkey.url}/me`, { headers })).json()
    const answer = await ask(tokens)
    expect(answer.json()).toEqual(me.identities)
    expect(await providersOf(tokens)).toEqual(['fake', 'second'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('needs a living session', async () => {
    const tokens = await signIn(latchkey, provider)
    expect((await ask(tokens)).status).toBe(200)
    await endSession(latchkey, tokens.sid)
    expectProblem(await ask(tokens), 401, 'invalid_token')
    expectProblem(await ask(tokens, '/fake', 'DELETE'), 401, 'invalid_token')
    expectProblem(await new Browser().send(`${latchkey.url}/me/identities`), 401, 'invalid_token')
  })
})

describe('DELETE /me/identities/:provider', () => {
  test('takes one of two away: 204, and ends the sessions that it opened, at every replica', async () => {
    const tokens = await signInTwice()
    const others = (await login(latchkey, second, new Browser(), 'second')).json()
    const answer = await ask(tokens, '/second', 'DELETE')
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(await providersOf(tokens)).toEqual(['fake'])
    expect(await meStatus(replica, tokens.access_token)).toBe(200)
    expect(await meStatus(replica, String(others.access_token))).toBe(401)
    const line = latchkey.logs.map((text) => JSON.parse(text))
    expect(line.findLast(({ event }) => event === 'identity_unlinked')).toMatchObject({
      ...{ user: tokens.sub, provider: 'second', client: 'spa', ended_sessions: 2 },
    })
  })

  test('ends the very session that asks, where that identity opened it', async () => {
    const tokens = await signInTwice()
    expect((await ask(tokens, '/fake', 'DELETE')).status).toBe(204)
    expect(await providersOf(tokens)).toEqual(['second'])
    expect(await meStatus(replica, tokens.access_token)).toBe(401)
  })

  test('is final: whoever comes with it later is another user, until the user links it again', async () => {
    const tokens = await signInTwice()
    expect((await ask(tokens, '/second', 'DELETE')).status).toBe(204)
    // The address is the same, verified at both, and was joined by before.
    const stranger = (await login(latchkey, second, new Browser(), 'second')).json()
    const { sub } = stranger.user as { sub: string }
    expect(sub).not.toBe(tokens.sub)
    const [identity] = await latchkey.database.query(
      'select linked_by, link_reason from latchkey.identities where user_id = $1',
      [sub],
    )
    expect(identity).toEqual({ linked_by: 'created', link_reason: 'user_has_unlinked_it' })
    // The control: a new identity at a provider that was not taken away joins.
    expect((await leave(latchkey, String(stranger.access_token))).status).toBe(204)
    const code = await getLinkCode(latchkey, second, 'second')
    expect((await linkByCode(latchkey, tokens.access_token, code)).status).toBe(200)
    expect((await ask(tokens, '/second', 'DELETE')).status).toBe(204)
    const code2 = await getLinkCode(latchkey, second, 'second')
    expect((await linkByCode(latchkey, tokens.access_token, code2)).status).toBe(200)
    expect(
      await latchkey.database.query('select from latchkey.unlinked_identities where user_id = $1', [
        tokens.sub,
      ]),
    ).toEqual([])
    expect((await login(latchkey, second, new Browser(), 'second')).json().user).toMatchObject({
      sub: tokens.sub,
    })
  })

  test('of the identity that the address came from: the address is now the oldest one left', async () => {
    const tokens = await signInTwice()
    second.person = { name: 'Person', email: `other-${stage.turn}@example.com` }
    const { access_token, user } = (await login(latchkey, second, new Browser(), 'second')).json()
    expect(user).toMatchObject({ sub: tokens.sub, email: `person-${stage.turn}@example.com` })
    const session = { ...tokens, access_token: String(access_token) }
    // One that was linked between the two, and stands behind them in the table.
    await latchkey.database.query(
      `insert into latchkey.identities
       select (jsonb_populate_record(i, jsonb_build_object(
         'provider', 'third', 'email', 'between-' || i.email,
         'linked_at', i.linked_at - interval '1 millisecond'))).*
       from latchkey.identities i where user_id = $1 and provider = 'second'`,
      [tokens.sub],
    )
    expect((await ask(session, '/fake', 'DELETE')).status).toBe(204)
    const headers = { authorization: `Bearer ${access_token}` }
    const me = (await new Browser().send(`${latchkey.url}/me`, { headers })).json()
    expect(me).toMatchObject({
      email: `between-other-${stage.turn}@example.com`,
      email_verified: false,
    })
  })

  test('7.18 keeps the last one: 409 last_identity', async () => {
    const tokens = await signInTwice()
    expect((await ask(tokens, '/second', 'DELETE')).status).toBe(204)
    expectProblem(await ask(tokens, '/fake', 'DELETE'), 409, 'last_identity')
    expect(await providersOf(tokens)).toEqual(['fake'])
  })

  test.each([
    ['refused as the last one', 'second', 'fake', 409],
    ['refused with its session, which the first ended', 'fake', 'second', 401],
  ])(
    '7.18 two at once, at two replicas, leave one: the later is %s',
    async (_, earlier, later, status) => {
      const tokens = await signInTwice()
      const asked = await latchkey.database.sql.begin(async (transaction) => {
        // Neither gets further than this until both are as far as they come.
        await transaction`select from latchkey.users where id = ${tokens.sub} for update`
        const first = ask(tokens, `/${earlier}`, 'DELETE', latchkey)
        await untilHeldUp(latchkey, 1)
        const other = ask(tokens, `/${later}`, 'DELETE', replica)
        await untilHeldUp(latchkey, 2)
        return { answers: Promise.all([first, other]) }
      })
      const answers = await asked.answers
      expect(answers.map((answer) => answer.status)).toEqual([204, status])
      expect(await providersOf(tokens)).toEqual([later])
    },
  )

  test('7.05 ends the session, too, that is just being opened by that identity', async () => {
    const tokens = await signInTwice()
    const { entering, unlinking } = await latchkey.database.sql.begin(async (transaction) => {
      await transaction`select from latchkey.identities
        where user_id = ${tokens.sub} and provider = 'second' for update`
      const entering = login(latchkey, second, new Browser(), 'second')
      await untilHeldUp(latchkey, 1)
      const unlinking = ask(tokens, '/second', 'DELETE', replica)
      await untilHeldUp(latchkey, 2)
      return { entering: [entering], unlinking: [unlinking] }
    })
    const [[entered], [unlinked]] = [await Promise.all(entering), await Promise.all(unlinking)]
    const { access_token, user } = entered?.json() ?? {}
    expect([unlinked?.status, (user as Tokens).sub]).toEqual([204, tokens.sub])
    expect(await meStatus(latchkey, String(access_token))).toBe(401)
    // Control: the identity that stays, and what it opened.
    expect(await providersOf(tokens)).toEqual(['fake'])
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
  })

  test('of a provider without an identity of this user: 404, and nothing changes', async () => {
    const tokens = await signInTwice()
    for (const name of ['none', 'naver', 'FAKE', '%00', "'", '__proto__', 'x'.repeat(64)]) {
      expectProblem(await ask(tokens, `/${name}`, 'DELETE'), 404, 'not_found')
    }
    expect(await providersOf(tokens)).toEqual(['fake', 'second'])
  })

  test('leaves the identities of other users alone', async () => {
    const theirs = await signInTwice()
    provider.subject = `${provider.subject}-neighbour`
    provider.person = { name: 'Neighbour' }
    const mine = await signIn(latchkey, provider)
    expectProblem(await ask(mine, '/second', 'DELETE'), 404, 'not_found')
    expectProblem(await ask(mine, '/fake', 'DELETE'), 409, 'last_identity')
    expect(await providersOf(theirs)).toEqual(['fake', 'second'])
  })
})

describe('what cannot be undone, by a session that was ended while it waited', () => {
  const DOINGS = [
    [
      'linking',
      200,
      async (tokens: Tokens) => {
        second.person = { name: 'Person' }
        const code = await getLinkCode(latchkey, second, 'second')
        return () => linkByCode(replica, tokens.access_token, code)
      },
    ],
    [
      'unlinking',
      204,
      async (tokens: Tokens) => {
        expect((await login(latchkey, second, new Browser(), 'second')).status).toBe(200)
        return () => ask(tokens, '/second', 'DELETE', replica)
      },
    ],
    ['leaving', 204, async (tokens: Tokens) => () => leave(replica, tokens.access_token)],
  ] as const

  test.each(DOINGS)('7.05 %s: 401, and nothing changes', async (_, done, prepare) => {
    const attempt = async (isEnded: boolean) => {
      const tokens = await signIn(latchkey, provider)
      const act = await prepare(tokens)
      const before = await providersOf(tokens)
      const { answers } = await latchkey.database.sql.begin(async (transaction) => {
        await transaction`select from latchkey.users where id = ${tokens.sub} for update`
        const answers = [act()]
        await untilHeldUp(latchkey, 1)
        const { refresh_token: token } = tokens
        if (isEnded) await post(`${latchkey.url}/revoke`, { token, client_id: 'spa' })
        return { answers }
      })
      const [answer] = await Promise.all(answers)
      return { status: answer?.status, before, after: await providersOf(tokens) }
    }
    const refused = await attempt(true)
    expect([refused.status, refused.after]).toEqual([401, refused.before])
    // Control: by a session that lives.
    const changed = await attempt(false)
    expect(changed.status).toBe(done)
    expect(changed.after).not.toEqual(changed.before)
  })
})
