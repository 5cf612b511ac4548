import { expect, test } from 'vitest'
import { authorizationQuery, SPA } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { latchkey, start } = setStage({
  settings: {
    CLIENTS: 'shop,spa,cron',
    CLIENT_SHOP_NAME: 'The <Shop>',
    CLIENT_SHOP_URL: 'https://shop.example.com/home',
    CLIENT_SHOP_REDIRECT_URIS: 'https://shop.example.com/cb',
    CLIENT_SPA_NAME: 'Back Office',
    CLIENT_SPA_REDIRECT_URIS: SPA.redirect_uri,
    CLIENT_CRON_ADMIN: 'on',
    CLIENT_CRON_SECRET: 'a secret of the cron client',
  },
})

const look = (url: string, language = 'en') =>
  new Browser().send(url, { headers: { accept: 'text/html', 'accept-language': language } })

/** What a page offers: links by their words, and what is only named. */
const waysOf = (html: string) => [
  ...[...html.matchAll(/<a class="action[^>]*href="([^"]*)">([^<]*)</g)].map(
    ([, href, words]) => `${words}: ${href}`,
  ),
  ...[...html.matchAll(/<p class="app">([^<]*)</g)].map(([, name]) => name),
]

test('a browser that begins without an app is led to the apps, a program is told the setting', async () => {
  const off = await start({ DIRECT_ANSWER: 'off', PUBLIC_URL: latchkey.url })
  for (const path of ['/login', '/login/fake', '/login?provider=fake']) {
    const page = await look(off.url + path)
    expect(page.status).toBe(400)
    expect(page.text).toContain('<h1>Open this from your app</h1>')
    expect(waysOf(page.text)).toEqual([
      'Open The &lt;Shop&gt;: https://shop.example.com/home',
      `Open Playground: ${latchkey.url}/`,
      'Back Office',
    ])
    const program = await new Browser().send(off.url + path)
    expectProblem(program, 400, 'invalid_request')
    expect(program.json().detail).toContain('DIRECT_ANSWER')
  }
  expect((await look(`${off.url}/login`, 'ko')).text).toContain('앱에서 로그인을 시작해 주세요')
  // With its app the same login goes on, and without one where that is on.
  expect((await look(`${off.url}/login/fake${authorizationQuery()}`)).status).toBe(302)
  expect((await look(`${latchkey.url}/login/fake`)).status).toBe(302)
})

test('no page leads to a sign-in without an app where there must be one', async () => {
  const off = await start({ DIRECT_ANSWER: 'off', PUBLIC_URL: latchkey.url })
  const over = '/login/fake/callback?code=x&state=y'
  for (const path of ['/nothing', '/me', over, `/login/fake?client_id=none`]) {
    const { text } = await look(off.url + path)
    expect(waysOf(text).length).toBeGreaterThan(0)
    expect(text).not.toContain('href="/login')
  }
  // Where a login may do without an app, one that is over may begin again.
  expect((await look(latchkey.url + over)).text).toContain('href="/login/fake"')
})

test('an app without a front page is named where there is no other way', async () => {
  const named = await start({
    DIRECT_ANSWER: 'off',
    CLIENT_SHOP_URL: '',
    CLIENTS: 'shop,spa,playground',
    CLIENT_PLAYGROUND_REDIRECT_URIS: 'com.example.app:/cb',
  })
  expect(waysOf((await look(`${named.url}/nothing`)).text)).toEqual([
    'The &lt;Shop&gt;',
    'Back Office',
    'playground',
  ])
})

test('a page that says that somebody is signed out leads to the app that it names, else to those known', async () => {
  const page = await look(`${latchkey.url}/logout?client_id=shop`)
  expect([page.status, waysOf(page.text)]).toEqual([
    200,
    ['Open The &lt;Shop&gt;: https://shop.example.com/home'],
  ])
  expect(page.text).toContain('<h1>You are signed out</h1>')
  const byForm = await new Browser().send(`${latchkey.url}/logout`, {
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'client_id=shop',
  })
  expect(waysOf(byForm.text)).toEqual(waysOf(page.text))
  expect(waysOf((await look(`${latchkey.url}/logout`)).text)).toEqual([
    'Open The &lt;Shop&gt;: https://shop.example.com/home',
    `Open Playground: ${latchkey.url}/`,
  ])
})

test('a sign-out that is refused leads back to the app that it names', async () => {
  const elsewhere = encodeURIComponent('https://evil.example.com/')
  const page = await look(
    `${latchkey.url}/logout?client_id=shop&post_logout_redirect_uri=${elsewhere}`,
  )
  expect([page.status, waysOf(page.text)]).toEqual([
    400,
    ['Back to The &lt;Shop&gt;: https://shop.example.com/home'],
  ])
  const control = await look(`${latchkey.url}/logout?post_logout_redirect_uri=${elsewhere}`)
  expect([control.status, control.text.includes('Back to')]).toEqual([400, false])
})

test('a form that cannot be taken keeps its app, as a link does', async () => {
  const body = authorizationQuery({ client_id: 'spa', state: 's' }).slice(1)
  const page = await new Browser().send(`${latchkey.url}/login`, {
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: body.replace('app.example.com', 'evil.example.com'),
  })
  expect([page.status, waysOf(page.text)]).toEqual([
    400,
    ['Back to Back Office: https://app.example.com/'],
  ])
})
