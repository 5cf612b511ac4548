import { describe, expect, test } from 'vitest'
import {
  APPS,
  authorizationQuery,
  authorize,
  type Parameters,
  redeem,
  SPA,
} from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { expectProblem, expectTold } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const {
  provider,
  latchkey,
  start: another,
} = setStage({
  settings: { ...APPS, CLIENT_SPA_RESOURCES: 'https://orders.example/,urn:example:stock' },
})

const cookieMode: Parameters = {
  response_mode: 'cookie',
  code_challenge: null,
  code_challenge_method: null,
}
const HTML = { accept: 'text/html' }

/** The fields of the form that a page posts by itself. */
const fieldsOf = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  )

describe('response_mode=form_post', () => {
  test('answers a page whose form posts itself to the redirect URI, under a policy', async () => {
    const state = '"><script>alert(1)</script>'
    const answer = await authorize(latchkey, provider, { response_mode: 'form_post', state })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.text).toContain(`<form method="post" action="${SPA.redirect_uri}">`)
    expect(answer.text).not.toContain('<script>alert')
    const fields = fieldsOf(answer.text)
    expect(fields).toEqual({
      code: expect.stringMatching(/^[\w.-]+$/),
      state: '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;',
      iss: latchkey.url,
    })
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'none'.*script-src 'sha256-[^']+'/)
    expect(policy).toContain("frame-ancestors 'none'")
    // Browsers hold what the app answers to it too, which may lead anywhere.
    expect(policy).not.toMatch(/form-action|unsafe/)
    expect((await redeem(latchkey, fields.code ?? '')).status).toBe(200)
  })

  test('tells errors in the same way, at the start and at the callback', async () => {
    const query = authorizationQuery({ response_mode: 'form_post', scope: '"' })
    const start = await new Browser().send(`${latchkey.url}/login/fake${query}`)
    expect([start.status, fieldsOf(start.text)]).toEqual([
      200,
      {
        error: 'invalid_scope',
        error_description: expect.any(String),
        state: 'state-of-the-app',
        iss: latchkey.url,
      },
    ])
    const browser = new Browser()
    const asked = authorizationQuery({ response_mode: 'form_post' })
    const started = await startLogin(latchkey, browser, 'fake', asked)
    const answer = await browser.send(started.callback({ code: null, error: 'access_denied' }))
    expect(fieldsOf(answer.text).error).toBe('access_denied')
  })
})

describe('response_mode=cookie from another site', () => {
  const query = authorizationQuery(cookieMode)
  const from = (site: string) => ({ ...HTML, 'sec-fetch-site': site })

  test.each(['/login/fake', '/login?provider=fake'])(
    '%s shows the sign-in page first, and its button begins',
    async (path) => {
      const browser = new Browser()
      const url = `${latchkey.url}${path}${path.includes('?') ? `&${query.slice(1)}` : query}`
      const page = await browser.send(url, { headers: from('cross-site') })
      expect([page.status, page.headers.getSetCookie()]).toEqual([200, []])
      const href = /href="(\/login\/fake\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&')
      const clicked = await browser.send(`${latchkey.url}${href}`, { headers: from('same-origin') })
      expect([clicked.status, clicked.location?.origin]).toEqual([302, provider.issuer])
      // Control: from the app itself, on the same site, it begins at once.
      expect((await new Browser().send(url, { headers: from('same-site') })).status).toBe(302)
    },
  )

  test('another mode begins at once, since the app must redeem its code', async () => {
    const url = `${latchkey.url}/login/fake${authorizationQuery()}`
    expect((await new Browser().send(url, { headers: from('cross-site') })).status).toBe(302)
  })

  test('with prompt=none no page is shown: interaction_required', async () => {
    const silent = authorizationQuery({ ...cookieMode, prompt: 'none' })
    const url = `${latchkey.url}/login/fake${silent}`
    const answer = await new Browser().send(url, { headers: from('cross-site') })
    expectTold(answer, 'interaction_required', { iss: latchkey.url })
  })
})

describe('resource', () => {
  test('is one of the client’s and becomes the aud of its access token', async () => {
    const answer = await authorize(latchkey, provider, { resource: 'urn:example:stock' })
    const code = answer.location?.searchParams.get('code') ?? ''
    const { access_token } = (await redeem(latchkey, code)).json()
    const [, claims = ''] = String(access_token).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud).toBe('urn:example:stock')
  })

  test.each<[string, Parameters]>([
    ['another', { resource: 'https://orders.example' }],
    ['one in cookie mode', { ...cookieMode, resource: 'https://orders.example/' }],
  ])('%s is invalid_target', async (_what, parameters) => {
    const url = `${latchkey.url}/login/fake${authorizationQuery(parameters)}`
    expectTold(await new Browser().send(url), 'invalid_target', { iss: latchkey.url })
  })

  test('twice is invalid_target, as at the token endpoint, and any other parameter invalid_request', async () => {
    const both = { resource: 'urn:example:stock', scope: 'openid' }
    const url = `${latchkey.url}/login/fake${authorizationQuery(both)}`
    expect((await new Browser().send(url)).status).toBe(302)
    for (const [again, code] of [
      ['resource=urn:example:stock', 'invalid_target'],
      ['scope=email', 'invalid_request'],
    ] as const) {
      const answer = await new Browser().send(`${url}&${again}`)
      expectTold(answer, code, { iss: latchkey.url })
    }
  })
})

describe('DIRECT_ANSWER', () => {
  test('off: a login without a client is refused at the start, on the page and at the callback', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    provider.nonce = started.nonce ?? ''
    const off = await another({ DIRECT_ANSWER: 'off' })
    const callback = started.callback().replace(latchkey.url, off.url)
    for (const url of [`${off.url}/login/fake`, `${off.url}/login`, callback]) {
      const answer = await browser.send(url)
      expectProblem(answer, 400, 'invalid_request')
      expect(answer.json().detail).toContain('DIRECT_ANSWER')
    }
    expect(provider.count('token')).toBe(0)
    const query = authorizationQuery()
    expect((await browser.send(`${off.url}/login/fake${query}`)).status).toBe(302)
    // Control: on, as it is on loopback.
    expect((await browser.send(started.callback())).json()).toHaveProperty('access_token')
  })
})
