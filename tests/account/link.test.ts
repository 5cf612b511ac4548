import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  askMe,
  authorizationQuery,
  getCode,
  OTHER,
  type Parameters,
  post,
  redeem,
  signIn,
  type Tokens,
  VERIFIER,
  WEB,
} from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { APP_ORIGIN, cookieLogin } from '../helpers/cookie-login.ts'
import { countRows, type Latchkey, login, startLogin } from '../helpers/latchkey.ts'
import { leave } from '../helpers/leaving.ts'
import {
  getLinkCode,
  linkByCode,
  postIdentity,
  proveIdentity,
  setLinkStage,
} from '../helpers/linking.ts'
import { expectOAuthError } from '../helpers/oauth.ts'
import {
  expectNoSecretLogged,
  expectProblem,
  expectTold,
  lastProblem,
} from '../helpers/problems.ts'

const stage = setLinkStage('http://localhost:3992', (turn) => ({ name: `Person ${turn}` }))
const { provider, second } = stage
let latchkey: Latchkey
let replica: Latchkey
beforeAll(() => {
  ;({ latchkey, replica } = stage)
})

const user = (parameters: Parameters = {}) => signIn(latchkey, provider, parameters)
/** A further user, who signs in as this person. */
const userOf = (subject: string) => {
  provider.subject = subject
  return user()
}
const code = (parameters: Parameters = {}, browser?: Browser) =>
  getLinkCode(latchkey, second, 'second', parameters, browser)
const link = (
  { access_token }: Tokens,
  shown: string,
  changes: Readonly<Record<string, string | null>> = {},
  at: Latchkey = latchkey,
) => linkByCode(at, access_token, shown, changes)
const me = async ({ access_token }: Tokens, at = replica) => (await askMe(at, access_token)).json()
const linkedOf = async (tokens: Tokens) =>
  ((await me(tokens)).identities as { provider: string; subject: string }[]).map(
    (one) => `${one.provider} ${one.subject}`,
  )
const ownerOf = async (subject: string) => {
  const rows = await latchkey.database.query<{ owner: string }>(
    `select user_id as owner from latchkey.identities where provider = 'second' and subject = $1`,
    [subject],
  )
  return rows.map(({ owner }) => owner)
}
const disable = ({ sub }: { sub: string }) =>
  latchkey.database.query('update latchkey.users set disabled_at = now() where id = $1', [sub])
const lastLogged = (event: string) =>
  latchkey.logs.map((line) => JSON.parse(line)).findLast((line) => line.event === event)

describe('a flow with intent=link', () => {
  test('signs nobody in: no user, no session, no cookie; the client gets a code', async () => {
    const rows = await countRows(latchkey)
    const browser = new Browser()
    const query = authorizationQuery({ intent: 'link' })
    const started = await startLogin(latchkey, browser, 'second', query)
    second.nonce = started.nonce ?? ''
    const answer = await browser.send(started.callback(), { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(303)
    expect(Object.fromEntries(answer.location?.searchParams ?? [])).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: 'state-of-the-app',
      iss: 'http://localhost:3992',
    })
    expect(await countRows(latchkey)).toEqual(rows)
    for (const cookie of answer.headers.getSetCookie()) {
      expect(cookie).toMatch(/^latchkey-flow-[\w-]+=.*Max-Age=60;/)
    }
    const shown = answer.location?.searchParams.get('code') ?? ''
    const [stored] = await latchkey.database.query<Record<string, unknown>>(
      `select encode(hash, 'hex') as hash, client_id, subject,
         round(extract(epoch from expires_at - now()))::int as seconds
       from latchkey.link_codes where subject = $1`,
      [second.subject],
    )
    const hash = createHash('sha256').update(shown).digest('hex')
    expect(stored).toMatchObject({ hash, client_id: 'spa', subject: second.subject })
    expect(Math.abs(Number(stored?.seconds) - 60)).toBeLessThan(15)
    expect(lastLogged('identity_proven')).toMatchObject({ provider: 'second', client: 'spa' })
    expectNoSecretLogged(latchkey, { code: shown })
  })

  test('of somebody who is a user makes no session of that user either', async () => {
    const { sub } = (await login(latchkey, second, new Browser(), 'second')).json().user as Tokens
    const rows = await countRows(latchkey)
    await code()
    expect(await countRows(latchkey)).toEqual(rows)
    expect(await ownerOf(second.subject)).toEqual([sub])
  })

  test.each<[title: string, parameters: Parameters]>([
    ['another intent', { intent: 'login' }],
    ['the intent in capitals', { intent: 'LINK' }],
    ['no redirect_uri', { client_id: null, redirect_uri: null, intent: 'link' }],
    ['cookie mode', { response_mode: 'cookie', intent: 'link' }],
    ['no PKCE', { code_challenge: null, code_challenge_method: null, intent: 'link' }],
  ])('does not start with %s', async (_title, parameters) => {
    const send = (query: string) => new Browser().send(`${latchkey.url}/login/second${query}`)
    const answer = await send(authorizationQuery(parameters))
    if (parameters.redirect_uri === null) expectProblem(answer, 400, 'invalid_request')
    else expectTold(answer, 'invalid_request', { iss: 'http://localhost:3992' })
    expect((await send(authorizationQuery({ intent: 'link' }))).status).toBe(302)
  })

  test('does not start with the intent given twice', async () => {
    const query = `${authorizationQuery({ intent: 'link' })}&intent=link`
    const answer = await new Browser().send(`${latchkey.url}/login/second${query}`)
    expectTold(answer, 'invalid_request', { iss: 'http://localhost:3992' })
  })

  test('tells the client of a refusal, as any flow does', async () => {
    const browser = new Browser()
    const query = authorizationQuery({ intent: 'link' })
    const started = await startLogin(latchkey, browser, 'second', query)
    const answer = await browser.send(started.callback({ code: null, error: 'access_denied' }))
    expect(answer.location?.searchParams.get('error')).toBe('access_denied')
  })

  test('that is started again from its page of an error stays one', async () => {
    const query = authorizationQuery({ intent: 'link' })
    const { state } = await startLogin(latchkey, new Browser(), 'second', query)
    const path = `${replica.url}/login/second/callback?code=x&state=${state}`
    const page = await new Browser().send(path, { headers: { accept: 'text/html' } })
    const [, href = ''] = /href="(\/login\/second\?[^"]*)"/.exec(page.text) ?? []
    const retry = new URL(href.replaceAll('&amp;', '&'), replica.url)
    expect(retry.searchParams.get('intent')).toBe('link')
    const rows = await countRows(latchkey)
    const browser = new Browser()
    const started = await browser.send(retry)
    second.nonce = started.location?.searchParams.get('nonce') ?? ''
    const fresh = started.location?.searchParams.get('state')
    await browser.send(`${replica.url}/login/second/callback?code=x&state=${fresh}`)
    expect(await countRows(latchkey)).toEqual(rows)
  })

  test('is kept by the sign-in page', async () => {
    const answer = await new Browser().send(
      `${latchkey.url}/login${authorizationQuery({ intent: 'link' })}`,
    )
    expect(answer.text).toMatch(/href="\/login\/second\?[^"]*intent=link/)
  })

  test('in a popup posts the code and does not say that anybody is signed in', async () => {
    const popup = (intent: string | null) =>
      proveIdentity(latchkey, second, 'second', { response_mode: 'web_message', intent })
    const answer = await popup('link')
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('&quot;code&quot;')
    expect(answer.text).toContain('Your account is confirmed')
    expect((await popup(null)).text).toContain('You are signed in')
  })

  test('7.17 in a browser where somebody is signed in links nothing to them', async () => {
    const [mine, browser] = [await user(), new Browser()]
    provider.subject = `${provider.subject}-victim`
    await cookieLogin(latchkey, provider, {}, browser)
    const theirs = (await browser.send(`${latchkey.url}/me`)).json()
    const shown = await code({}, browser)
    expect((await browser.send(`${latchkey.url}/me`)).json()).toEqual(theirs)
    expect(await ownerOf(second.subject)).toEqual([])
    expect((await link(mine, shown)).status).toBe(200)
    expect(await ownerOf(second.subject)).toEqual([mine.sub])
  })
})

describe('POST /me/identities with a code', () => {
  test('links: the user signs in with the identity from then on, at any replica', async () => {
    const mine = await user()
    const answer = await link(mine, await code(), {}, replica)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toEqual(await me(mine, latchkey))
    expect(answer.json().sub).toBe(mine.sub)
    expect(await linkedOf(mine)).toEqual([
      `fake person-${stage.turn}`,
      `second person-${stage.turn}`,
    ])
    const again = (await login(replica, second, new Browser(), 'second')).json().user
    expect((again as Tokens).sub).toBe(mine.sub)
    const line = replica.logs.map((text) => JSON.parse(text))
    expect(line.findLast(({ event }) => event === 'identity_linked')).toMatchObject({
      ...{ user: mine.sub, provider: 'second', client: 'spa', identity: 'linked' },
    })
  })

  test('takes a form, and the session cookie of a registered page', async () => {
    const browser = await cookieLogin(latchkey, provider)
    const body = new URLSearchParams({
      ...{ code: await code(), code_verifier: VERIFIER },
      redirect_uri: 'https://app.example.com/cb',
    })
    const send = (origin: string) =>
      browser.send(`${latchkey.url}/me/identities`, { method: 'POST', body, headers: { origin } })
    expectProblem(await send('https://evil.example'), 403, 'csrf')
    expect(await ownerOf(second.subject)).toEqual([])
    const answer = await send(APP_ORIGIN)
    expect(answer.status, answer.text).toBe(200)
    expect(await ownerOf(second.subject)).toEqual([answer.json().sub])
  })

  test('refreshes an identity that is the user’s already', async () => {
    const mine = await user()
    second.person = { name: 'Before', email: 'before@example.com' }
    expect((await link(mine, await code())).json().email).toBe('before@example.com')
    second.person = { name: 'After', email: 'after@example.com', email_verified: true }
    const answer = await link(mine, await code())
    expect(answer.status, answer.text).toBe(200)
    // The user's only address follows the identity that it came from.
    expect(answer.json()).toMatchObject({ sub: mine.sub, email: 'after@example.com' })
    expect((answer.json().identities as object[])[1]).toMatchObject({
      ...{ provider: 'second', email: 'after@example.com', email_verified: false },
    })
    expect(lastLogged('identity_linked')).toMatchObject({ identity: 'refreshed' })
  })

  test('7.16 of an identity of another user: 409, nothing moves, and nobody is named', async () => {
    const theirs = (await login(latchkey, second, new Browser(), 'second')).json().user as Tokens
    const mine = await user()
    const before = await me(mine)
    const answer = await link(mine, await code())
    expectProblem(answer, 409, 'identity_in_use')
    expect(answer.text).not.toContain(theirs.sub)
    expect(await ownerOf(second.subject)).toEqual([theirs.sub])
    expect(await me(mine)).toEqual(before)
    // A disabled user keeps what is theirs.
    await disable(theirs)
    expectProblem(await link(mine, await code()), 409, 'identity_in_use')
    second.subject = `${second.subject}-free`
    expect((await link(mine, await code())).status).toBe(200)
  })

  test('of a second identity at one provider: 409 until the first is unlinked', async () => {
    const mine = await user()
    expect((await link(mine, await code())).status).toBe(200)
    const first = second.subject
    second.subject = `${first}-more`
    expectProblem(await link(mine, await code()), 409, 'provider_in_use')
    expect(await ownerOf(second.subject)).toEqual([])
    const headers = { authorization: `Bearer ${mine.access_token}` }
    const path = `${replica.url}/me/identities/second`
    expect((await new Browser().send(path, { method: 'DELETE', headers })).status).toBe(204)
    expect((await link(mine, await code())).status).toBe(200)
    expect([await ownerOf(first), await ownerOf(second.subject)]).toEqual([[], [mine.sub]])
  })

  test.each<[title: string, changes: Record<string, string | null>]>([
    ['another verifier', { code_verifier: `${VERIFIER}x` }],
    ['another redirect_uri', { redirect_uri: 'http://localhost:5173/cb' }],
    ['another code', { code: 'x'.repeat(43) }],
  ])('with %s: 400 invalid_code', async (_title, changes) => {
    const mine = await user()
    const shown = await code()
    expectProblem(await link(mine, shown, changes), 400, 'invalid_code')
    expect(lastProblem(latchkey)).toMatchObject({ step: 'link_code' })
    expect(await ownerOf(second.subject)).toEqual([])
    // What was shown wrongly is gone; a code that was not shown is still there.
    const later = await link(mine, shown)
    if ('code' in changes) expect(later.status).toBe(200)
    else expectProblem(later, 400, 'invalid_code')
    expect((await link(mine, await code())).status).toBe(200)
  })

  test('of another client: 400, and it is gone; its own client’s counts', async () => {
    const [mine, others] = [await user(), await user(OTHER)]
    const shown = await code()
    expectProblem(await link(others, shown), 400, 'invalid_code')
    expectProblem(await link(mine, shown), 400, 'invalid_code')
    const own = { redirect_uri: OTHER.redirect_uri }
    expect((await link(others, await code(OTHER), own)).status).toBe(200)
  })

  test('that is expired: 400', async () => {
    const mine = await user()
    const late = await code()
    await latchkey.database.query('update latchkey.link_codes set expires_at = now()', [])
    expectProblem(await link(mine, late), 400, 'invalid_code')
  })

  test('that was used: the same 200 for the same user and verifier, 400 for all others', async () => {
    const [mine, theirs] = [await user(), await userOf(`person-${stage.turn}-other`)]
    const shown = await code()
    const first = await link(mine, shown)
    expect(first.status).toBe(200)
    const wrong = { code_verifier: 'x'.repeat(43) }
    expectProblem(await link(mine, shown, wrong), 400, 'invalid_code')
    expectProblem(await link(theirs, shown), 400, 'invalid_code')
    const again = await link(mine, shown, {}, replica)
    expect([again.status, again.json()]).toEqual([200, first.json()])
    expect(lastLogged('identity_linked')).toMatchObject({ identity: 'linked' })
    await latchkey.database.query('update latchkey.link_codes set expires_at = now()', [])
    expectProblem(await link(mine, shown), 400, 'invalid_code')
  })

  test('that comes again after the identity was taken away does not bring it back; a new one does', async () => {
    const mine = await user()
    const shown = await code()
    expect((await link(mine, shown)).status).toBe(200)
    const notShownYet = await code()
    const away = await askMe(latchkey, mine.access_token, '/identities/second', 'DELETE')
    expect(away.status).toBe(204)
    expectProblem(await link(mine, shown, {}, replica), 400, 'invalid_code')
    expect(await ownerOf(second.subject)).toEqual([])
    expect((await link(mine, notShownYet)).status).toBe(200)
    expect(await ownerOf(second.subject)).toEqual([mine.sub])
  })

  test('whoever leaves takes the codes of their identities along, and nobody else’s', async () => {
    const codesOf = async () =>
      (
        await latchkey.database.query<{ subject: string }>(
          'select subject from latchkey.link_codes where subject like $1 order by subject',
          [`%leaving-${stage.turn}`],
        )
      ).map(({ subject }) => subject)
    const mine = await user()
    second.subject = `leaving-${stage.turn}`
    expect((await link(mine, await code())).status).toBe(200)
    // One more of the same identity, and one of somebody else.
    await code()
    second.subject = `not-leaving-${stage.turn}`
    await code()
    expect(await codesOf()).toHaveLength(3)
    expect((await leave(latchkey, mine.access_token)).status).toBe(204)
    expect(await codesOf()).toEqual([second.subject])
  })

  test('2.09 a link code is none at /token, and a code of a login is none here', async () => {
    const mine = await user()
    const shown = await code()
    expectOAuthError(await redeem(latchkey, shown), 400, 'invalid_grant')
    expect((await link(mine, shown)).status).toBe(200)
    const other = await getCode(latchkey, provider)
    expectProblem(await link(mine, other), 400, 'invalid_code')
    expect((await redeem(latchkey, other)).status).toBe(200)
  })

  test.each<[title: string, changes: Record<string, string | null>]>([
    ['without a verifier', { code_verifier: null }],
    ['with a verifier that is none', { code_verifier: 'short' }],
    ['without a redirect_uri', { redirect_uri: null }],
    ['without a code', { code: null }],
    ['with a native token beside it', { subject_token: 'x' }],
  ])('%s: 400 invalid_request, and the code still counts', async (_title, changes) => {
    const mine = await user()
    const shown = await code()
    expectProblem(await link(mine, shown, changes), 400, 'invalid_request')
    expect((await link(mine, shown)).status).toBe(200)
  })

  test('takes no other body', async () => {
    const { access_token } = await user()
    const send = (body: string, type: string) =>
      new Browser().send(`${latchkey.url}/me/identities`, {
        ...{ method: 'POST', body },
        headers: { authorization: `Bearer ${access_token}`, 'content-type': type },
      })
    const json = 'application/json'
    for (const body of ['{"code":1}', '{"code":["a"]}', '[]', 'null', '"x"', '{"code"']) {
      expectProblem(await send(body, json), 400, 'invalid_request')
    }
    const form = 'application/x-www-form-urlencoded'
    expectProblem(await send('code=a&code=b', form), 400, 'invalid_request')
    expectProblem(await send('code=a', 'text/plain'), 415, 'unsupported_media_type')
  })

  test('7.28 heeds nothing else in the body', async () => {
    const theirs = await user()
    const mine = await userOf(`person-${stage.turn}-me`)
    const more = {
      ...{ user_id: theirs.sub, sub: theirs.sub, subject: theirs.sub, provider: 'fake' },
      ...{ email: 'root@example.com', email_verified: 'true', linked_at: '2000-01-01' },
    }
    const answer = await link(mine, await code(), more)
    expect(answer.json()).toMatchObject({ sub: mine.sub })
    expect(answer.json()).not.toHaveProperty('email')
    expect(await ownerOf(second.subject)).toEqual([mine.sub])
  })

  test('by a session that is over: 401, and the code is not used up', async () => {
    const [gone, mine] = [await user(), await user()]
    const headers = { authorization: `Bearer ${mine.access_token}` }
    const path = `${latchkey.url}/me/sessions/${gone.sid}`
    await new Browser().send(path, { method: 'DELETE', headers })
    const shown = await code()
    expectProblem(await link(gone, shown), 401, 'invalid_token')
    const answer = await post(`${latchkey.url}/me/identities`, { code: shown })
    expectProblem(answer, 401, 'invalid_token')
    expect((await link(mine, shown)).status).toBe(200)
  })

  test('of a confidential client: bound to its challenge, without which it does not start', async () => {
    const mine = await user(WEB)
    const { client_secret, ...asked } = WEB
    const own = { redirect_uri: WEB.redirect_uri }
    const none = { ...own, code_verifier: null }
    expectProblem(await link(mine, await code(asked), none), 400, 'invalid_code')
    expect((await link(mine, await code(asked), own)).status).toBe(200)
    const bare = { ...asked, code_challenge: null, code_challenge_method: null, intent: 'link' }
    const url = `${latchkey.url}/login/second${authorizationQuery(bare)}`
    const answer = await new Browser().send(url)
    expect(answer.location?.searchParams.get('error')).toBe('invalid_request')
  })
})

describe('links at the same time', () => {
  const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()
  const at = (place: number) => (place % 2 === 0 ? latchkey : replica)

  test('one code shown ten times at once links once, and each is told so', async () => {
    const mine = await user()
    const shown = await code()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => link(mine, shown, {}, at(i))),
    )
    expect(statuses(answers)).toEqual(Array(10).fill(200))
    expect(await linkedOf(mine)).toHaveLength(2)
  })

  test('one identity linked by two users at two replicas gets one of them', async () => {
    for (let round = 0; round < 10; round++) {
      second.subject = `person-${stage.turn}-${round}`
      const users = [
        await userOf(`a-${stage.turn}-${round}`),
        await userOf(`b-${stage.turn}-${round}`),
      ]
      const codes = [await code(), await code()]
      const answers = await Promise.all(users.map((one, i) => link(one, codes[i] ?? '', {}, at(i))))
      expect(statuses(answers)).toEqual([200, 409])
      const winner = answers.find(({ status }) => status === 200)?.json().sub
      expect(await ownerOf(second.subject)).toEqual([winner])
      const loser = answers.find(({ status }) => status === 409)
      expect(loser?.json().code).toBe('identity_in_use')
    }
  }, 30_000)

  test('two identities of one provider linked by one user: one is', async () => {
    for (let round = 0; round < 10; round++) {
      const mine = await userOf(`c-${stage.turn}-${round}`)
      const codes: string[] = []
      for (const name of ['one', 'two']) {
        second.subject = `person-${stage.turn}-${round}-${name}`
        codes.push(await code())
      }
      const answers = await Promise.all(codes.map((one, i) => link(mine, one, {}, at(i))))
      expect(statuses(answers)).toEqual([200, 409])
      expect(await linkedOf(mine)).toHaveLength(2)
    }
  }, 30_000)
})

test('POST /me/identities needs a token', async () => {
  const answer = await postIdentity(latchkey, 'none', { code: 'x' })
  expectProblem(answer, 401, 'invalid_token')
})
