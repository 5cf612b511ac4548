import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, authorize, type Parameters } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { expectProblem, expectTold } from '../../helpers/problems.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey, start } = setStage({ settings: APPS })

const send = (query: string, path = '/login/fake') =>
  new Browser().send(`${latchkey.url}${path}${query}`)
const post = (query: string, parameters: Record<string, string>) =>
  new Browser().send(`${latchkey.url}/login${query}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
const form = (parameters: Parameters = {}) =>
  Object.fromEntries(new URLSearchParams(authorizationQuery(parameters)))

test.each<[Parameters, RegExp]>([
  [{ response_type: 'token' }, /'response_type' must be code\.$/],
  [{ response_mode: 'fragment' }, /'response_mode' must be one of query, .*form_post/],
  [{ max_age: 'soon' }, /'max_age' must be a whole number of seconds/],
  [{ scope: 'open"id' }, /'scope' must list scopes, separated by spaces/],
  [{ prompt: 'LOGIN' }, /'prompt' must list values like login/],
  [{ login_hint: 'a'.repeat(256) }, /'login_hint' may have at most 255 characters/],
  [{ nonce: 'a\0b' }, /'nonce' is malformed/],
])('%j is refused in words by which it can be mended', async (parameters, words) => {
  const query = authorizationQuery(parameters)
  const told = (await send(query)).location?.searchParams.get('error_description')
  expect(told).toMatch(words)
  expect((await send(authorizationQuery())).status).toBe(302)
})

test('a provider that stands twice is told to the client, by GET and by a form', async () => {
  const twice = '&provider=fake&provider=fake'
  const iss = latchkey.url
  expect(
    expectTold(await send(authorizationQuery() + twice, '/login'), 'invalid_request', { iss }),
  ).toMatch(/'provider' must be given once/)
  expectTold(await post('?provider=fake', form({ provider: 'fake' })), 'invalid_request', { iss })
  expect((await send(`${authorizationQuery()}&provider=fake`, '/login')).status).toBe(302)
  // Nobody to tell it to.
  expectProblem(await send(`?${twice.slice(1)}`, '/login'), 400, 'invalid_request')
})

test('the address that a form is sent to may bring parameters, too, but none twice', async () => {
  const gone = await post('?provider=fake', form())
  expect([gone.status, gone.location?.origin]).toEqual([302, provider.issuer])
  const { client_id, ...rest } = form({ provider: 'fake' })
  expect((await post(`?client_id=${client_id}`, rest)).status).toBe(302)
  const twice = await post(`?client_id=${client_id}`, form({ provider: 'fake' }))
  expectProblem(twice, 400, 'invalid_request')
  const state = await post('?state=other', form({ provider: 'fake' }))
  expectTold(state, 'invalid_request', { iss: latchkey.url, state: null })
})

describe('ui_locales (OpenID Connect Core, section 3.1.2.1)', () => {
  test.each([
    ['a language with an underscore', 'ko_KR', 'ko-KR'],
    ['one that nobody speaks', 'xx', 'xx'],
    ['what is no language', '<script> ko', 'ko'],
    ['nothing but that', '"', null],
    [
      'all languages of a browser',
      'ko-KR ko en-US en ja-JP ja zh-TW zh-HK zh-CN zh de-DE de fr-FR fr es-ES es',
      'ko-KR ko en-US en ja-JP ja zh-TW zh-HK zh-CN zh de-DE de fr-FR',
    ],
  ])('%s is no error, and what can be used goes on', async (_name, asked, passedOn) => {
    const answer = await send(authorizationQuery({ ui_locales: asked }))
    expect([answer.status, answer.location?.searchParams.get('ui_locales')]).toEqual([
      302,
      passedOn,
    ])
    const back = await authorize(latchkey, provider, { ui_locales: asked })
    expect(back.location?.searchParams.has('code')).toBe(true)
    const out = await send(`?${new URLSearchParams({ ui_locales: asked })}`, '/logout')
    expect(out.status).toBe(200)
  })
})

test('without an app an unknown provider is 404, also where answers with tokens are off', async () => {
  const off = await start({ DIRECT_ANSWER: 'off' })
  const ask = (path: string) => new Browser().send(`${off.url}${path}`)
  expectProblem(await ask('/login/nobody'), 404, 'unknown_provider')
  expectProblem(await ask('/login?provider=nobody'), 404, 'unknown_provider')
  const known = await ask('/login/fake')
  expectProblem(known, 400, 'invalid_request')
  expect(known.json().detail).toContain('DIRECT_ANSWER')
  expectProblem(await send('', '/login/nobody'), 404, 'unknown_provider')
  // A pair that is not registered comes first.
  expectProblem(await ask('/login/nobody?client_id=nobody'), 400, 'invalid_request')
})
