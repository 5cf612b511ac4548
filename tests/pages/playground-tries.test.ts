import { createHmac } from 'node:crypto'
import { get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { expectFitsPhone, expectNoBarriers, takePicture } from '../helpers/accessibility.ts'
import { meStatus } from '../helpers/apps.ts'
import { usePlayground } from '../helpers/playground.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({
  EMULATE: 'all',
  CLIENTS: 'shop, here',
  CLIENT_SHOP_NAME: 'Shop',
  CLIENT_SHOP_SECRET: 'a-secret-of-the-shop',
  CLIENT_SHOP_REDIRECT_URIS: 'http://localhost:9/callback',
  CLIENT_SHOP_URL: 'http://localhost:9/',
  CLIENT_HERE_NAME: 'Here',
  CLIENT_HERE_REDIRECT_URIS: 'http://localhost/',
})

const send = (path: string, init: RequestInit = {}) => fetch(latchkey.url + path, init)

describe('what happens in the life of an account, on the playground', () => {
  const playground = usePlayground(() => latchkey)
  const { open, choose, signIn, held } = playground

  test('links, unlinks, steps up, receives webhooks, is disconnected and deleted', async () => {
    const page = await open()
    await signIn(page, { provider: 'Google' })
    const card = (id: string) => page.locator(`#try-${id}`)
    const says = (id: string, text: RegExp) => card(id).locator('.notice').getByText(text).waitFor()
    for (const id of ['link', 'unlink', 'stepUp', 'disconnect', 'webhook', 'remove']) {
      await card(id).locator('> summary').click()
    }
    const listen = page.locator('#listen')
    if (await listen.isVisible()) await listen.click()
    await page.getByText('Listening.').waitFor()

    await page.locator('#link-provider').selectOption('github')
    const opened = page.waitForEvent('popup')
    await page.getByRole('button', { name: 'Link GitHub' }).click()
    await (await opened).locator('main form button').first().click()
    await says('link', /^Linked: .* GitHub/)
    await page.locator('#webhooks').getByText('identity.linked').first().waitFor()

    await page.getByRole('button', { name: 'Try without a fresh sign-in' }).click()
    await says('stepUp', /^Refused/)
    expect(await card('stepUp').innerText()).toContain('insufficient_user_authentication')
    await card('stepUp').getByRole('button', { name: 'Sign in again' }).click()
    await says('stepUp', /^Accepted/)
    expect(await card('stepUp').innerText()).toContain('not_found')

    await page.getByRole('button', { name: 'Unlink GitHub' }).click()
    await says('unlink', /^Unlinked: GitHub/)
    await page.getByRole('button', { name: 'Unlink Google' }).click()
    await says('unlink', /only account left/)
    expect(await card('unlink').innerText()).toContain('last_identity')
    await expectNoBarriers(page)
    await expectFitsPhone(page)
    await takePicture(page, 'playground/tries')

    const token = (await held(page)).tokens?.access_token
    expect(await meStatus(latchkey, token)).toBe(200)
    await page.getByRole('button', { name: 'Disconnect at Google' }).click()
    await says('disconnect', /^The session has ended/)
    expect(await meStatus(latchkey, token)).toBe(401)
    await page.locator('#webhooks').getByText('session.ended').first().waitFor()
    await page.getByRole('button', { name: 'Back to the sign-in' }).click()

    await signIn(page, { provider: 'Google' })
    await card('webhook').locator('> summary').click()
    // It goes on listening, and what came of the last session is gone with it.
    await page.locator('#webhooks').getByText('session.created').first().waitFor()
    expect(await card('unlink').locator('.notice').count()).toBe(0)
    await card('remove').locator('> summary').click()
    await page.getByRole('button', { name: 'Delete this user' }).click()
    const last = (await held(page)).tokens?.access_token
    expect(await meStatus(latchkey, last)).toBe(200)
    await page.getByRole('button', { name: 'Yes, delete for good' }).click()
    await page
      .getByRole('status')
      .getByText(/^Deleted/)
      .waitFor()
    expect(await meStatus(latchkey, last)).toBe(401)
    await page.locator('#webhooks').getByText('user.deleted').first().waitFor()
  }, 60_000)

  test('a provider that tells nobody is said to, and others are named', async () => {
    const page = await open()
    await signIn(page, { provider: 'LINE' })
    await page.locator('#try-disconnect > summary').click()
    await page.getByText(/^Your provider notifies nobody.*Google/).waitFor()
  })

  test('begins the login of an app that is registered beside it, whose answer goes to the app', async () => {
    const page = await open()
    const ways = page.getByRole('radio', { name: 'Popup' })
    expect(await ways.isVisible()).toBe(true)
    await page.getByLabel('App', { exact: true }).selectOption('Shop')
    expect(await ways.isVisible()).toBe(false)
    await page.getByText('the answer goes to http://localhost:9/callback').waitFor()
    expect(await page.getByRole('link', { name: 'Open Shop' }).getAttribute('href')).toBe(
      'http://localhost:9/',
    )
    expect(await playground.copy(page, 'Exchange the code')).toMatch(
      /^curl -s -u 'shop:'"\$CLIENT_SECRET"[\s\S]*code_verifier=[\s\S]*"code=\$CODE"$/,
    )
    await choose(page, { as: 'minji' })
    const opened = page.context().waitForEvent('page')
    await playground.start(page)
    const tab = await opened
    await tab.waitForURL(/^(http:\/\/localhost:9\/callback\?code=|chrome-error:)/)
    expect(playground.requests.some((url) => /:9\/callback\?code=.*&state=.*&iss=/.test(url))).toBe(
      true,
    )
    expect(await held(page)).toBeNull()
  })
})

describe('the playground’s own routes', () => {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }

  test.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page that says only which site it is of', { 'sec-fetch-site': 'same-site' }],
  ])('are for its own page, and not for %s', async (_what, headers) => {
    for (const [path, init] of [
      ['/playground/webhooks', {}],
      ['/playground/listen', { method: 'POST' }],
      ['/playground/disconnect', { ...json, body: '{"provider":"google","persona":"odd"}' }],
    ] as const) {
      const strange = await send(path, { ...init, headers: { ...json.headers, ...headers } })
      expect([path, strange.status, await strange.json()]).toMatchObject([
        path,
        403,
        { code: 'csrf' },
      ])
      const own = { ...json.headers, 'sec-fetch-site': 'same-origin' }
      expect((await send(path, { ...init, headers: own })).ok, path).toBe(true)
    }
  })

  test('are not for a page whose name leads to this machine', async () => {
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve) => {
        const headers = { host, 'sec-fetch-site': 'same-origin' }
        get(`${latchkey.url}/playground/webhooks`, { headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
      })
    expect(await statusFor('evil.example')).toBe(403)
    expect(await statusFor('localhost')).toBe(200)
  })

  test('take no webhook that Latchkey did not sign', async () => {
    const seconds = String(Math.floor(Date.now() / 1000))
    const body = '{"type":"forged"}'
    const signature = createHmac('sha256', 'guessed')
      .update(`1.${seconds}.${body}`)
      .digest('base64')
    for (const signed of [`v1,${signature}`, '', 'v1,']) {
      const headers = {
        ...{ 'content-type': 'application/json', 'webhook-id': '1' },
        ...{ 'webhook-timestamp': seconds, 'webhook-signature': signed },
      }
      const answer = await send('/playground/webhooks', { method: 'POST', headers, body })
      expect(answer.status).toBe(400)
    }
    const { received } = await (await send('/playground/webhooks')).json()
    const types = received.map((one: { body: { type: string } }) => one.body.type)
    expect(types).not.toContain('forged')
  })
})
