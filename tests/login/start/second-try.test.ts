import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, type Parameters } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { setClock } from '../../helpers/clocks.ts'
import { startLogin } from '../../helpers/latchkey.ts'
import { expectProblem } from '../../helpers/problems.ts'
import { setStage, useLatchkey } from '../../helpers/stage.ts'

// LINE signs in by its own app where there is one; where that fails, the callback has a state of its own.
const latchkey = useLatchkey({ ...APPS, EMULATE: 'line,kakao' })

const FOREIGN = { code: null, error: 'login_failed', state: 'a-state-of-the-line-app' }

async function begin(parameters: Parameters = {}, browser = new Browser(), provider = 'line') {
  const query = authorizationQuery({ scope: 'openid', ...parameters })
  return { browser, ...(await startLogin(latchkey, browser, provider, query)) }
}

async function beginLongAgo() {
  const begun = await begin()
  setClock(Date.now() + 600_000)
  return begun
}

describe('an error with a state that is not ours', () => {
  test('is tried once more without the automatic login, and the client gets its answer', async () => {
    const { browser, callback, authorization } = await begin({ ui_locales: 'ja', nonce: 'n-1' })
    expect(authorization.searchParams.has('disable_auto_login')).toBe(false)
    const again = await browser.send(callback(FOREIGN))
    expect([again.status, again.location?.origin]).toEqual([302, authorization.origin])
    const asked = again.location?.searchParams
    expect(asked?.get('disable_auto_login')).toBe('true')
    expect(asked?.get('ui_locales')).toBe('ja')
    expect(asked?.get('state')).not.toBe(authorization.searchParams.get('state'))
    // The flow before is over.
    expectProblem(await browser.send(callback()), 400, 'invalid_state')
    const url = new URL(again.location ?? '')
    url.searchParams.set('login_hint', 'minji')
    const back = await browser.send((await browser.send(url)).location ?? '')
    expect(back.location?.href.split('?')[0]).toBe('https://app.example.com/cb')
    expect(back.location?.searchParams.get('state')).toBe('state-of-the-app')
    expect(back.location?.searchParams.has('code')).toBe(true)
  })

  test('is tried once per flow', async () => {
    const { browser, callback } = await begin()
    expect((await browser.send(callback(FOREIGN))).status).toBe(302)
    expectProblem(await browser.send(callback(FOREIGN)), 400, 'invalid_state')
  })

  test.each<
    [string, () => Promise<Awaited<ReturnType<typeof begin>>>, Record<string, string | null>]
  >([
    ['a code in place of an error', () => begin(), { ...FOREIGN, error: null, code: 'x' }],
    ['two logins under way', async () => begin({}, (await begin()).browser), FOREIGN],
    ['another browser', async () => ({ ...(await begin()), browser: new Browser() }), FOREIGN],
    ['a provider that does no such thing', () => begin({}, new Browser(), 'kakao'), FOREIGN],
    ['a login that is over', beginLongAgo, FOREIGN],
  ])('is over with %s', async (_what, prepare, query) => {
    const { browser, callback } = await prepare()
    expectProblem(await browser.send(callback(query)), 400, 'invalid_state')
    const control = await begin()
    expect((await control.browser.send(control.callback(FOREIGN))).status).toBe(302)
  })

  test('with our own state is the error of that flow, in any case of its letters', async () => {
    for (const error of ['access_denied', 'ACCESS_DENIED', 'INVALID_REQUEST']) {
      const { browser, callback } = await begin()
      const answer = await browser.send(callback({ code: null, error }))
      expect(answer.location?.searchParams.get('error')).toBe('access_denied')
    }
  })
})

describe('a page of the provider that was left too long', () => {
  const { latchkey, provider } = setStage({ settings: APPS })
  const EXPIRED = {
    code: null,
    error: 'temporarily_unavailable',
    error_description: 'authentication_expired',
  }
  const start = async (parameters: Parameters = {}, browser = new Browser()) => {
    const query = authorizationQuery({ ui_locales: 'ja', ...parameters })
    return { browser, ...(await startLogin(latchkey, browser, 'fake', query)) }
  }

  test('is asked for once more: who is signed in there by then comes back signed in', async () => {
    const { browser, callback, authorization } = await start()
    const again = await browser.send(callback(EXPIRED))
    expect(again.status).toBe(302)
    const asked = again.location?.searchParams ?? new URLSearchParams()
    expect([again.location?.origin, asked.get('ui_locales')]).toEqual([authorization.origin, 'ja'])
    expect(asked.get('state')).not.toBe(authorization.searchParams.get('state'))
    // The flow before is over.
    expectProblem(await browser.send(callback()), 400, 'invalid_state')
    provider.nonce = asked.get('nonce') ?? ''
    const back = new URLSearchParams({ code: 'a-code', state: asked.get('state') ?? '' })
    const done = await browser.send(`${latchkey.url}/login/fake/callback?${back}`)
    expect(done.location?.href.split('?')[0]).toBe('https://app.example.com/cb')
    expect(done.location?.searchParams.get('state')).toBe('state-of-the-app')
    expect(done.location?.searchParams.has('code')).toBe(true)
  })

  test('leads back to the app where it is left too long again, with all that was asked for at first', async () => {
    const asked = { scope: 'openid', nonce: 'n-1', prompt: 'consent', max_age: '60' }
    const { browser, callback, state } = await start({ ...asked, response_mode: 'form_post' })
    const again = await browser.send(callback(EXPIRED))
    const linksAt = async (state: string) => {
      const url = `${latchkey.url}/login/fake/callback?code=x&state=${state}`
      const page = await new Browser().send(url, { headers: { accept: 'text/html' } })
      return [...page.text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href)
    }
    const links = await linksAt(again.location?.searchParams.get('state') ?? '')
    expect(links).toHaveLength(3)
    expect(links[0]).toContain('nonce=n-1')
    expect(links).toEqual(await linksAt(state))
    expect(await linksAt('r'.repeat(22))).toEqual(['/login/fake', '/login'])
  })

  test('is asked for once per flow', async () => {
    const { browser, callback } = await start()
    const again = await browser.send(callback(EXPIRED))
    const state = again.location?.searchParams.get('state') ?? ''
    const back = new URLSearchParams({ error: EXPIRED.error, state })
    back.set('error_description', EXPIRED.error_description)
    const done = await browser.send(`${latchkey.url}/login/fake/callback?${back}`)
    expect(done.location?.searchParams.get('error')).toBe('server_error')
  })

  test.each([
    ['another description', { ...EXPIRED, error_description: 'maintenance' }],
    ['another error', { ...EXPIRED, error: 'server_error' }],
  ])('with %s is the error of that flow', async (_what, said) => {
    const { browser, callback } = await start()
    const answer = await browser.send(callback(said))
    expect(answer.location?.searchParams.get('error')).toBe('server_error')
  })
})
