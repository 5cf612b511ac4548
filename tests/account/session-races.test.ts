import { describe, expect, test } from 'vitest'
import { setDisabled } from '../helpers/age.ts'
import {
  APPS,
  authorizationQuery,
  getCode,
  meStatus,
  post,
  readTokens,
  redeem,
  refresh,
  signIn,
  type Tokens,
} from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { untilHeldUp } from '../helpers/held.ts'
import { login, startLogin } from '../helpers/latchkey.ts'
import { leave } from '../helpers/leaving.ts'
import { setStage } from '../helpers/stage.ts'

// Whoever ends several sessions holds them in the order of their ids, wherever their rows lie.

const { provider, latchkey } = setStage({
  settings: { ...APPS, SESSIONS_PER_USER: '3' },
  people: (turn) => ({ name: `Person ${turn}` }),
})

/** Two sessions whose rows lie in the other order than their ids. */
async function twoOutOfOrder(): Promise<[Tokens, Tokens]> {
  const [early, late] = [new Browser(), new Browser()]
  const query = authorizationQuery()
  const first = await startLogin(latchkey, early, 'fake', query)
  const second = await startLogin(latchkey, late, 'fake', query)
  const finish = async (browser: Browser, started: typeof first): Promise<Tokens> => {
    provider.nonce = started.nonce ?? ''
    const { location } = await browser.send(started.callback())
    return readTokens(await redeem(latchkey, location?.searchParams.get('code') ?? ''))
  }
  const two = await finish(late, second)
  const one = await finish(early, first)
  expect(one.sid < two.sid).toBe(true)
  return [one, two]
}

/** Does `first` and then `second` while somebody holds the row of a session, and lets it go. */
async function whileHeld<T>(
  sid: string,
  first: () => Promise<T>,
  second: () => Promise<T>,
  secondWaits = true,
) {
  const answers = await latchkey.database.sql.begin(async (lock) => {
    await lock.unsafe(`select from latchkey.sessions where id = '${sid}' for update`)
    const one = first()
    await untilHeldUp(latchkey, 1)
    const two = second()
    await (secondWaits ? untilHeldUp(latchkey, 2) : two)
    return { all: Promise.all([one, two]) }
  })
  return answers.all
}

const send = (method: string, path: string, { access_token: token }: Tokens) =>
  new Browser().send(`${latchkey.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })
const edit = ({ access_token: token }: Tokens, name: string) =>
  new Browser().send(`${latchkey.url}/me`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
const databaseSaid = () => latchkey.logs.filter((line) => line.includes('"database"'))

test('ending all other sessions beside a deletion waits in no ring', async () => {
  const [one] = await twoOutOfOrder()
  const asking = await signIn(latchkey, provider)
  const [left, ended] = await whileHeld(
    one.sid,
    () => leave(latchkey, asking.access_token),
    () => send('DELETE', '/me/sessions', asking),
  )
  expect(left.status, left.text).toBe(204)
  expect([204, 401]).toContain(ended.status)
  expect(databaseSaid()).toEqual([])
})

test('neither does a deletion by the latest session beside one that ends all of them but the first', async () => {
  const [one, two] = await twoOutOfOrder()
  const asking = await signIn(latchkey, provider)
  const [ended, left] = await whileHeld(
    two.sid,
    () => send('DELETE', '/me/sessions', one),
    () => leave(latchkey, asking.access_token),
  )
  expect([ended.status, left.status]).toEqual([204, 401])
  expect(databaseSaid()).toEqual([])
  // Control: by the one that was left.
  expect((await leave(latchkey, one.access_token)).status).toBe(204)
})

test('a redemption that ends what is too much waits for nobody who ends the same', async () => {
  const [one, two] = await twoOutOfOrder()
  const asking = await signIn(latchkey, provider)
  const code = await getCode(latchkey, provider)
  const [ended, redeemed] = await whileHeld(
    two.sid,
    () => send('DELETE', '/me/sessions', asking),
    () => redeem(latchkey, code),
    false,
  )
  expect(ended.status).toBe(204)
  expect(redeemed.status).toBe(200)
  expect(await meStatus(latchkey, one.access_token)).toBe(401)
  expect(databaseSaid()).toEqual([])
})

test('of two devices that sign out all others at once one stays signed in', async () => {
  const [one, two] = await twoOutOfOrder()
  const endOthers = (tokens: Tokens) => () => send('DELETE', '/me/sessions', tokens)
  const answers = await whileHeld(one.sid, endOthers(one), endOthers(two))
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 401])
  const alive = await Promise.all([one, two].map((of) => meStatus(latchkey, of.access_token)))
  expect(alive.sort()).toEqual([200, 401])
  // Control: one after the other, the second is over before it asks.
  const [again, other] = await twoOutOfOrder()
  expect((await send('DELETE', '/me/sessions', again)).status).toBe(204)
  expect((await send('DELETE', '/me/sessions', other)).status).toBe(401)
})

test('a session that is just being ended ends no other any more', async () => {
  const [one, two] = await twoOutOfOrder()
  const [ended, late] = await whileHeld(
    one.sid,
    () => send('DELETE', `/me/sessions/${two.sid}`, one),
    () => send('DELETE', `/me/sessions/${one.sid}`, two),
  )
  expect([ended.status, late.status].sort()).toEqual([204, 401])
  const alive = await Promise.all([one, two].map((of) => meStatus(latchkey, of.access_token)))
  expect(alive.sort()).toEqual([200, 401])
})

test('9.11 a session that ended while a refresh waited for it gives no tokens', async () => {
  const parameters = { scope: 'profile' }
  const revoke = ({ refresh_token: token }: Tokens) =>
    post(`${latchkey.url}/revoke`, { token, client_id: 'spa' })
  const ended = await signIn(latchkey, provider, parameters)
  const [, refused] = await whileHeld(
    ended.sid,
    () => revoke(ended),
    () => refresh(latchkey, ended.refresh_token),
  )
  expect([refused.status, refused.json().error]).toEqual([400, 'invalid_grant'])
  // Control: whoever refreshes first has tokens, of a session that is over then.
  const going = await signIn(latchkey, provider, parameters)
  const [given] = await whileHeld(
    going.sid,
    () => refresh(latchkey, going.refresh_token),
    () => revoke(going),
  )
  expect(await meStatus(latchkey, readTokens(given).access_token)).toBe(401)
})

describe('what waits while its user is disabled gives and changes nothing', () => {
  const parameters = { scope: 'profile account' }
  const rotated = async () => {
    const tokens = await signIn(latchkey, provider, parameters)
    await refresh(latchkey, tokens.refresh_token)
    return { sub: tokens.sub, ask: () => refresh(latchkey, tokens.refresh_token) }
  }
  const cases: [string, () => Promise<{ sub: string; ask: () => Promise<Answer> }>, number][] = [
    [
      'a refresh',
      async () => {
        const tokens = await signIn(latchkey, provider, parameters)
        return { sub: tokens.sub, ask: () => refresh(latchkey, tokens.refresh_token) }
      },
      400,
    ],
    ['a refresh that is repeated', rotated, 400],
    [
      'a code',
      async () => {
        const { sub } = await signIn(latchkey, provider, parameters)
        const code = await getCode(latchkey, provider, parameters)
        return { sub, ask: () => redeem(latchkey, code) }
      },
      400,
    ],
    [
      'a sign-in',
      async () => {
        const { sub } = await signIn(latchkey, provider, parameters)
        return { sub, ask: () => login(latchkey, provider, new Browser()) }
      },
      403,
    ],
    [
      'an edit',
      async () => {
        const tokens = await signIn(latchkey, provider, parameters)
        return { sub: tokens.sub, ask: () => edit(tokens, 'Edited') }
      },
      401,
    ],
  ]
  test.each(cases)('%s', async (_, begin, refused) => {
    /** What is answered to whoever asks while the user is just being changed. */
    const asked = async (change: string) => {
      const { sub, ask } = await begin()
      const answers = await latchkey.database.sql.begin(async (operator) => {
        await operator.unsafe(`update latchkey.users set ${change} where id = '${sub}'`)
        const answer = ask()
        await untilHeldUp(latchkey, 1)
        return [answer]
      })
      return (await answers[0])?.status
    }
    // Control: a change that locks nobody out.
    expect(await asked('updated_at = now()')).toBe(200)
    expect(await asked('disabled_at = now()')).toBe(refused)
    await setDisabled(latchkey, false)
    expect(databaseSaid()).toEqual([])
  })
})

test('an edit by a session that ended while it waited changes nothing', async () => {
  const nameBy = async (tokens: Tokens) => (await send('GET', '/me', tokens)).json().name
  const endAllBut = (tokens: Tokens) => () => send('DELETE', '/me/sessions', tokens)
  // Control: where it comes first, it edits.
  const [one, two] = await twoOutOfOrder()
  const first = await whileHeld(one.sid, () => edit(one, 'First'), endAllBut(two))
  expect(first.map(({ status }) => status)).toEqual([200, 204])
  expect(await nameBy(two)).toBe('First')
  const [again, other] = await twoOutOfOrder()
  const late = await whileHeld(again.sid, endAllBut(other), () => edit(again, 'Late'))
  expect(late.map(({ status }) => status)).toEqual([204, 401])
  expect(await nameBy(other)).toBe('First')
})
