import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, type Parameters, redeem } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { expectTold } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })
const now = () => Math.floor(Date.now() / 1000)

/** The callback's answer of a login whose ID token says this of the authentication. */
async function signIn(parameters: Parameters, authTime: number | undefined) {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery(parameters))
  provider.nonce = started.nonce ?? ''
  provider.idToken = (claims) => ({ ...claims, ...(authTime ? { auth_time: authTime } : {}) })
  return {
    asked: started.authorization.searchParams,
    answer: await browser.send(started.callback()),
  }
}

const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

describe('prompt=none', () => {
  test('without a provider is interaction_required, and no page is shown', async () => {
    for (const accept of ['text/html', '*/*']) {
      const url = `${latchkey.url}/login${authorizationQuery({ prompt: 'none' })}`
      const answer = await new Browser().send(url, { headers: { accept } })
      expectTold(answer, 'interaction_required', { iss: latchkey.url })
    }
  })

  test('goes to a provider that can, and its refusal comes back as it is', async () => {
    for (const error of [
      'login_required',
      'interaction_required',
      'consent_required',
      'account_selection_required',
    ]) {
      const browser = new Browser()
      const query = authorizationQuery({ prompt: 'none' })
      const started = await startLogin(latchkey, browser, 'fake', query)
      expect(started.authorization.searchParams.get('prompt')).toBe('none')
      const answer = await browser.send(started.callback({ code: null, error }))
      expect(answer.location?.searchParams.get('error')).toBe(error)
    }
  })

  test('a provider that is down is told too, where another login shows a page', async () => {
    const down = await startLatchkey({
      ...APPS,
      ...{ OIDC_PROVIDERS: 'down', DOWN_ISSUER: 'http://127.0.0.1:9' },
      ...{ DOWN_CLIENT_ID: 'a', DOWN_CLIENT_SECRET: 'b' },
    })
    try {
      const send = (parameters: Parameters) =>
        new Browser().send(`${down.url}/login/down${authorizationQuery(parameters)}`)
      expectTold(await send({ prompt: 'none' }), 'server_error', { iss: down.url })
      expect((await send({})).status).toBe(502)
    } finally {
      await down.close()
    }
  })
})

describe('auth_time', () => {
  test('that the provider signs is ours; without one there is none', async () => {
    const told = now() - 3000
    for (const [authTime, expected] of [
      [told, told],
      [5e10, undefined],
      [undefined, undefined],
    ] as const) {
      const { answer } = await signIn({ scope: 'openid' }, authTime)
      const code = answer.location?.searchParams.get('code') ?? ''
      const { id_token, access_token } = (await redeem(latchkey, code)).json()
      expect(claimsOf(id_token).auth_time).toBe(expected)
      expect(claimsOf(access_token).auth_time).toBe(expected)
    }
  })

  test.each<[string, Parameters, number | undefined, string | null]>([
    ['max_age, authenticated within it', { max_age: '3600' }, 60, null],
    ['max_age, authenticated before it', { max_age: '3600' }, 7200, 'login_required'],
    ['max_age=0, authenticated an hour ago', { max_age: '0' }, 3600, 'login_required'],
    ['max_age=0, authenticated just now', { max_age: '0' }, 1, null],
    ['prompt=login, authenticated just now', { prompt: 'login' }, 1, null],
    ['prompt=login, authenticated an hour ago', { prompt: 'login' }, 3600, 'login_required'],
    [
      'max_age with openid, and nothing told',
      { max_age: '60', scope: 'openid' },
      undefined,
      'login_required',
    ],
    [
      'prompt=login with openid, and nothing told',
      { prompt: 'login', scope: 'openid' },
      undefined,
      'login_required',
    ],
    ['max_age without openid, and nothing told', { max_age: '60' }, undefined, null],
    ['prompt=login without openid, and nothing told', { prompt: 'login' }, undefined, null],
    [
      'max_age with openid, and a time to come',
      { max_age: '60', scope: 'openid' },
      -600,
      'login_required',
    ],
    [
      'max_age with openid, and a clock that is ahead',
      { max_age: '60', scope: 'openid' },
      -20,
      null,
    ],
    ['nothing asked, authenticated long ago', { scope: 'openid' }, 7200, null],
  ])('%s', async (_what, parameters, ago, error) => {
    const { answer, asked } = await signIn(parameters, ago === undefined ? undefined : now() - ago)
    expect(answer.location?.searchParams.get('error')).toBe(error)
    expect(answer.location?.searchParams.has('code')).toBe(error === null)
    // The provider is asked in its own words.
    expect(asked.get('max_age')).toBe(parameters.max_age ?? null)
    expect(asked.get('prompt')).toBe(parameters.prompt ?? null)
  })
})

describe('at the built-in providers', () => {
  let emulated: Latchkey
  beforeAll(async () => {
    emulated = await startLatchkey({ ...APPS, EMULATE: 'all' })
  })
  afterAll(() => emulated.close())

  const start = (provider: string, parameters: Parameters) =>
    new Browser().send(`${emulated.url}/login/${provider}${authorizationQuery(parameters)}`)

  test.each([
    ['facebook', 'login', { auth_type: 'reauthenticate' }],
    ['facebook', 'consent', { auth_type: 'rerequest' }],
    ['naver', 'consent', { auth_type: 'reprompt' }],
    ['twitch', 'consent', { force_verify: 'true' }],
    ['spotify', 'consent', { show_dialog: 'true' }],
    ['kakao', 'login', { prompt: 'login' }],
  ])('%s is asked for prompt=%s in its own words', async (id, prompt, expected) => {
    const plain = (await start(id, {})).location?.searchParams
    const asked = (await start(id, { prompt })).location?.searchParams
    for (const [name, value] of Object.entries(expected)) {
      expect([asked?.getAll(name), plain?.get(name) ?? null]).toEqual([[value], null])
    }
  })

  test('one that cannot be silent says login_required at once; one that can is asked', async () => {
    for (const id of ['github', 'naver', 'facebook', 'x', 'discord', 'spotify']) {
      expectTold(await start(id, { prompt: 'none' }), 'login_required', { iss: emulated.url })
    }
    for (const id of ['google', 'kakao', 'microsoft']) {
      const asked = await start(id, { prompt: 'none' })
      expect([id, asked.location?.searchParams.get('prompt')]).toEqual([id, 'none'])
    }
  })

  test('one without ID tokens says at once that it cannot prove when; the list says who can', async () => {
    const openid = { scope: 'openid', max_age: '60' }
    const refused = await start('github', openid)
    expectTold(refused, 'login_required', { iss: emulated.url })
    const told = refused.location?.searchParams.get('error_description')
    expect(told).toContain('send it neither max_age nor prompt=login')
    expect((await start('github', { max_age: '60' })).status).toBe(302)
    const listed = (await (await fetch(`${emulated.url}/providers`)).json()) as {
      id: string
      auth_time?: true
    }[]
    const can = listed.filter((one) => one.auth_time).map(({ id }) => id)
    expect(can).toEqual(expect.arrayContaining(['kakao', 'apple', 'line']))
    for (const id of ['github', 'naver', 'facebook', 'google']) expect(can).not.toContain(id)
  })
})
