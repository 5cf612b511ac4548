import { describe, expect, test } from 'vitest'
import {
  API,
  APPS,
  authorizationQuery,
  NATIVE,
  OTHER,
  type Parameters,
  SPA,
} from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { EVIL, evilTargets, nearMisses } from '../helpers/evil-targets.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { expectProblem, lastProblem } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

const start = (parameters: Parameters = {}) =>
  new Browser().send(`${latchkey.url}/login/fake${authorizationQuery(parameters)}`)

/** Fails unless the start is refused for the client, without a redirect and without a flow. */
async function expectNoStart(parameters: Parameters, detail: RegExp) {
  const answer = await start(parameters)
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.json().detail).toMatch(detail)
  expect(answer.location).toBeNull()
  expect(answer.headers.getSetCookie()).toEqual([])
  return answer
}

/** Fails unless the start goes to the provider and to nobody else. */
async function expectStart(parameters: Parameters) {
  const answer = await start(parameters)
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 302 })
  expect(answer.location?.origin).toBe(provider.issuer)
  expect(answer.headers.getSetCookie()).toHaveLength(1)
}

// Where the parameter does not even have the shape of a URI it is said so.
const REFUSED = /registered|malformed/

describe('3.01 nobody is sent to', () => {
  const targets = evilTargets(SPA.redirect_uri)

  test('the corpus has at least forty targets', () => {
    expect(new Set(targets).size).toBe(targets.length)
    expect(targets.length).toBeGreaterThanOrEqual(40)
  })

  test.each(targets)('%j, neither at a start nor after a logout', async (uri) => {
    await expectNoStart({ redirect_uri: uri }, REFUSED)
    const query = new URLSearchParams({ post_logout_redirect_uri: uri, client_id: 'spa' })
    const answer = await new Browser().send(`${latchkey.url}/logout?${query}`)
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toMatch(REFUSED)
    expect(answer.location).toBeNull()
  })

  test('at the other doors: the choice, cookie mode, no client, a logout at the provider', async () => {
    for (const uri of [`https://${EVIL}/`, `//${EVIL}`, 'javascript:alert(1)']) {
      await expectNoStart({ redirect_uri: uri, client_id: null }, REFUSED)
      await expectNoStart({ redirect_uri: uri, response_mode: 'cookie' }, REFUSED)
      const page = await new Browser().send(
        `${latchkey.url}/login?${new URLSearchParams({ redirect_uri: uri, provider: 'fake' })}`,
      )
      const out = await new Browser().send(
        `${latchkey.url}/logout/fake?${new URLSearchParams({ post_logout_redirect_uri: uri })}`,
      )
      for (const answer of [page, out])
        expect([answer.status, answer.location]).toEqual([400, null])
    }
  })

  test('a Referer, a next, a return_to or a Host: they count for nothing', async () => {
    const names = ['next', 'return_to', 'returnTo', 'redirect', 'url', 'continue']
    const query = names.map((name) => `${name}=https://evil.example/`).join('&')
    const evil = ['referer', 'https://evil.example/', 'origin', 'https://evil.example']
    const answer = await rawRequest(`${latchkey.url}/login/fake?${query}`, { headers: evil })
    expect(answer.location?.origin).toBe(provider.issuer)
    expect(answer.location?.href).not.toContain('evil')
    const out = await rawRequest(`${latchkey.url}/logout?${query}`, { headers: evil })
    expect([out.status, out.location]).toEqual([200, null])
  })

  test('control: the registered ones', async () => {
    await expectStart({})
    const query = '?post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fbye'
    const answer = await new Browser().send(`${latchkey.url}/logout${query}`)
    expect([answer.status, answer.location?.href]).toEqual([303, 'https://app.example.com/bye'])
  })
})

test.each(nearMisses(SPA.redirect_uri))(
  '3.02 %j is not the registered https://app.example.com/cb',
  async (uri) => {
    await expectNoStart({ redirect_uri: uri }, REFUSED)
  },
)

test('3.02 redirect_uri or client twice, or in brackets, is refused here; once it is accepted', async () => {
  const query = authorizationQuery()
  for (const more of [
    `&redirect_uri=${encodeURIComponent(SPA.redirect_uri)}`,
    '&redirect_uri=https%3A%2F%2Fevil.example',
    '&redirect_uri[]=https%3A%2F%2Fevil.example',
    '&redirect_uri[0]=x',
    '&client_id=other',
  ]) {
    const answer = await new Browser().send(`${latchkey.url}/login/fake${query}${more}`)
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toMatch(/must be given once/)
    expect(answer.location).toBeNull()
  }
  expect((await new Browser().send(`${latchkey.url}/login/fake${query}&next=x`)).status).toBe(302)
})

describe('3.03 a loopback IP literal may vary its port and nothing else', () => {
  const native = (redirect_uri: string) => ({ client_id: NATIVE.client_id, redirect_uri })

  test.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://127.0.0.1:1/cb',
    'http://127.0.0.1:65535/cb',
    'http://[::1]:7000/cb?x=1',
    'http://[::1]:51004/cb?x=1',
    'http://[::1]/cb?x=1',
    'com.example.app:/cb',
  ])('%s is accepted', (uri) => expectStart(native(uri)))

  test.each([
    'http://[::1]:1/cb',
    'http://[::1]:7000/cb',
    'http://[::1]:7000/cb?x=2',
    'http://localhost/cb',
    'http://localhost:1/cb',
    'http://127.0.0.1:1/other',
    'http://127.0.0.1:1/cb/',
    'http://127.0.0.1:1/cb?x=1',
    'http://127.0.0.1:1/cb#x',
    'http://127.0.0.1:1',
    'http://127.0.0.1:80@evil.example/cb',
    'http://127.0.0.1:@evil.example/cb',
    'http://127.0.0.1:1@evil.example:1/cb',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:-1/cb',
    'http://127.0.0.1:1.5/cb',
    'http://127.0.0.1:١/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:1.evil.example/cb',
    'http://127.0.0.2/cb',
    'http://127.1/cb',
    'http://0.0.0.0:1/cb',
    'http://0x7f.0.0.1/cb',
    'http://[::ffff:127.0.0.1]/cb',
    'http://[0:0:0:0:0:0:0:1]/cb?x=1',
    'https://127.0.0.1:1/cb',
    'http://user@127.0.0.1:1/cb',
    'HTTP://127.0.0.1:1/cb',
    'http:127.0.0.1:1/cb',
    'http:\\\\127.0.0.1:1/cb',
    'com.example.app:1/cb',
    'com.example.app:/cb/',
    'com.example.app://cb',
    'com.example.appx:/cb',
  ])('%s is refused', async (uri) => {
    await expectNoStart(native(uri), REFUSED)
  })

  test('a registered localhost does not vary its port, being a name', async () => {
    await expectStart({ redirect_uri: 'http://localhost:5173/cb' })
    await expectNoStart({ redirect_uri: 'http://localhost:5174/cb' }, REFUSED)
    await expectNoStart({ redirect_uri: 'http://127.0.0.1:5173/cb' }, REFUSED)
  })
})

describe('3.05 a pair of client and redirect_uri', () => {
  const pair = (client_id: string | null, redirect_uri: string | null) => ({
    ...{ client_id, redirect_uri },
  })

  test.each([
    ['the pair', pair('spa', SPA.redirect_uri)],
    ['redirect_uri alone, registered once', pair(null, SPA.redirect_uri)],
    ['neither', pair(null, null)],
    ['the built-in client without a redirect_uri', pair('latchkey', null)],
    ['a confidential client', pair('api', API.redirect_uri)],
    ['an empty client_id, which is none', pair('', SPA.redirect_uri)],
  ])('%s is accepted', (_name, parameters) => expectStart(parameters))

  test.each([
    ['an unknown client', pair('nobody', SPA.redirect_uri), /registered/],
    ['an unknown client alone', pair('nobody', null), /No client/],
    ['__proto__', pair('__proto__', SPA.redirect_uri), /registered/],
    ['another case', pair('SPA', SPA.redirect_uri), /registered/],
    ['the URI of another client', pair('spa', OTHER.redirect_uri), /not registered/],
    ['the built-in client with a URI', pair('latchkey', SPA.redirect_uri), /not registered/],
    ['a client without its URI', pair('spa', null), /redirect_uri is missing/],
  ])('%s is refused', async (_name, parameters, detail) => {
    await expectNoStart(parameters, detail)
  })

  test('a redirect_uri that two clients register needs its client_id', async () => {
    const shared = 'https://shared.example.com/cb'
    const other = await startLatchkey({
      ...provider.settings(),
      ...{ CLIENTS: 'a,b', CLIENT_A_REDIRECT_URIS: shared, CLIENT_B_REDIRECT_URIS: shared },
    })
    try {
      const at = (client_id: string | null) =>
        new Browser().send(
          `${other.url}/login/fake${authorizationQuery({ client_id, redirect_uri: shared })}`,
        )
      const answer = await at(null)
      expectProblem(answer, 400, 'invalid_request')
      expect(answer.json().detail).toMatch(/send client_id/)
      expect((await at('b')).status).toBe(302)
    } finally {
      await other.close()
    }
  })
})

describe('what a developer sent wrong', () => {
  const wrong = authorizationQuery({ redirect_uri: 'https://app.example.com/CB?code=secret' })
  const sent = {
    reason: 'redirect_uri_unregistered',
    client: 'spa',
    sent: 'https://app.example.com/CB',
    registered: 'https://app.example.com/cb, http://localhost:5173/cb',
  }

  test('stands in the log without its query, beside what is registered, with client, route and address', async () => {
    const answer = await new Browser().send(`${latchkey.url}/login/fake${wrong}`)
    expectProblem(answer, 400, 'invalid_request')
    expect(lastProblem(latchkey)).toMatchObject({
      ...sent,
      route: '/login/:provider',
      address: '127.0.0.1',
    })
    expect(latchkey.logs.join()).not.toContain('code=secret')
  })

  test('on loopback stands in the answer and on the page too; elsewhere only in the log', async () => {
    const words = `(sent ${sent.sent}; registered: ${sent.registered})`
    const shown = async (at: Latchkey) => {
      const url = `${at.url}/login/fake${wrong}`
      const page = await new Browser().send(url, { headers: { accept: 'text/html' } })
      return [(await new Browser().send(url)).json().detail as string, page.text]
    }
    for (const text of await shown(latchkey)) expect(text).toContain(words)
    const served = await startLatchkey(
      { ...provider.settings(), ...APPS, DATABASE_URL: 'postgres://is-not-used-by-the-harness' },
      { publicUrl: 'https://login.example.com' },
    )
    try {
      for (const text of await shown(served)) expect(text).not.toContain('registered:')
      expect(lastProblem(served)).toMatchObject(sent)
    } finally {
      await served.close()
    }
  })

  test('is cut and escaped: nothing that is sent turns a log or a page', async () => {
    const redirect_uri = `https://evil.example/\u202e\r\n<b>${'x'.repeat(400)}`
    const url = `${latchkey.url}/login${authorizationQuery({ redirect_uri })}`
    const { text } = await new Browser().send(url, { headers: { accept: 'text/html' } })
    expect(text).not.toMatch(/<b>|\u202e|x{190}/)
    expect(text).toContain('\\u202e\\r\\n&lt;b&gt;')
    expect(String(lastProblem(latchkey).sent).length).toBeLessThanOrEqual(201)
  })

  test('a client that is unknown and a redirect_uri that is not registered are two messages', async () => {
    const details = []
    for (const parameters of [{ client_id: 'nobody' }, { redirect_uri: 'https://x.example' }]) {
      for (const path of ['/login/fake', '/login']) {
        const answer = await new Browser().send(
          latchkey.url + path + authorizationQuery(parameters),
        )
        expectProblem(answer, 400, 'invalid_request')
        details.push(String(answer.json().detail).replace(/ \(sent .*/s, ''))
      }
    }
    expect(details).toEqual([
      ...Array(2).fill('No client with this client_id is registered.'),
      ...Array(2).fill('This redirect_uri is not registered for the client.'),
    ])
  })
})
