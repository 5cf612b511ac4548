import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useChromium } from '../helpers/chromium.ts'
import { freePort } from '../helpers/server-process.ts'
import { type Site, startSite } from '../helpers/site.ts'
import { useLatchkey } from '../helpers/stage.ts'
import { type Project, snippet, startProject } from './project.ts'
import { aim, ROOT } from './texts.ts'

const chrome = useChromium()
const [spaPort, cookiePort] = [await freePort(), await freePort()]
const places = `http://127.0.0.1:${spaPort}/,http://localhost:${cookiePort}/`
const latchkey = useLatchkey({
  EMULATE: 'google,kakao',
  CLIENTS: 'spa',
  CLIENT_SPA_REDIRECT_URIS: places,
  CLIENT_SPA_POST_LOGOUT_REDIRECT_URIS: places,
  CLIENT_SPA_RESPONSE_MODES: 'query,cookie',
})

/** A file of a page that talks to the Latchkey of the test. */
const aimed = (page: string, file: string) =>
  aim(snippet(page, file), { 'http://localhost:3000': latchkey.url })

/** Serves the files of a test at the place that the client has registered. */
function useSite(
  port: number,
  host: '127.0.0.1' | 'localhost',
  files: Record<string, () => string>,
) {
  let site: Site
  beforeAll(async () => {
    site = await startSite(files, host, port)
  })
  afterAll(() => site.close())
  return `http://${host}:${port}/`
}

const who = (page: Page) => page.locator('#who')
const shows = (page: Page, text: string | RegExp) =>
  expect.poll(() => who(page).textContent()).toMatch(text)
const choose = async (page: Page, provider: RegExp) => {
  await page.getByRole('link', { name: provider }).click()
  await page.locator('main form button').first().click()
}

async function open(url: string) {
  const page = await chrome.context.newPage()
  await page.goto(url)
  return page
}

describe('the page of docs/single-page-app.md without a library', () => {
  const app = useSite(spaPort, '127.0.0.1', {
    '/index.html': () => snippet('single-page-app', 'index.html'),
    '/latchkey.js': () => aimed('single-page-app', 'latchkey.js'),
    '/link.js': () => aimed('linking', 'link.js'),
  })
  const token = (page: Page) =>
    page.evaluate<string>('JSON.parse(localStorage.getItem("tokens")).access_token')

  test('stays signed in over a reload, renews, and signs out, twice where it is asked twice', async () => {
    const page = await open(app)
    await shows(page, 'nobody')
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app}**`)
    await shows(page, '김민지')
    expect(page.url()).toBe(app)
    const first = await token(page)
    await page.reload()
    await shows(page, '김민지')
    expect(await token(page)).toBe(first)

    // As it is ten minutes later, in two tabs at once.
    await page.evaluate(
      `const tokens = JSON.parse(localStorage.getItem('tokens'))
      localStorage.setItem('tokens', JSON.stringify({ ...tokens, expires: Date.now() }))`,
    )
    const other = await chrome.context.newPage()
    await Promise.all([page.reload(), other.goto(app)])
    for (const tab of [page, other]) await shows(tab, '김민지')
    const second = await token(page)
    expect(second).not.toBe(first)

    for (const _ of ['signed in', 'signed out']) {
      await page.click('#out')
      await page.waitForURL(app)
      await shows(page, 'nobody')
    }
    for (const gone of [first, second]) {
      const headers = { authorization: `Bearer ${gone}` }
      expect((await fetch(`${latchkey.url}/me`, { headers })).status).toBe(401)
    }
    expect(chrome.complaints).toEqual([])
  })

  test('tells of a person who declines, and leaves an answer alone that it did not ask for', async () => {
    const page = await open(`${app}?code=stolen&state=of-another&iss=${latchkey.url}`)
    await shows(page, 'nobody')
    await page.click('#in')
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /^!denied / }).click()
    await page.waitForURL(`${app}**`)
    await shows(page, 'You did not sign in.')
    expect(await page.evaluate('localStorage.getItem("tokens")')).toBeNull()
    await page.click('#in')
    await choose(page, /Google/)
    await page.waitForURL(`${app}**`)
    await shows(page, /Minji|김민지/)
    expect(chrome.complaints).toEqual([])
  })

  test('links an account at another provider, once', async () => {
    const page = await open(app)
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app}**`)
    await shows(page, '김민지')
    await page.evaluate(`import('/link.js').then(({ link }) => link('google'))`)
    // A person who is nobody here yet.
    await page.getByRole('button', { name: /sora: / }).click()
    await page.waitForURL(`${app}?code=**`)
    await shows(page, '김민지')
    const finish = () =>
      page.evaluate<{ identities: unknown[] } | null>(
        `import('/link.js').then(({ finishLink }) => finishLink())`,
      )
    expect((await finish())?.identities).toMatchObject([
      { provider: 'kakao' },
      { provider: 'google' },
    ])
    expect(page.url()).toBe(app)
    expect(await finish()).toBeNull()
    expect(chrome.complaints).toEqual([])
  })
})

describe('the page of docs/single-page-app.md with React', () => {
  let bundle = ''
  let project: Project
  const app = useSite(spaPort, '127.0.0.1', {
    '/index.html': () => '<!doctype html><div id="root"></div><script src="/app.js"></script>',
    '/app.js': () => aim(bundle, { 'http://localhost:3000': latchkey.url }),
  })
  beforeAll(async () => {
    project = await startProject({ 'main.jsx': snippet('single-page-app', 'src/main.jsx') })
    const { outputFiles } = await build({
      ...{ entryPoints: [join(project.path, 'main.jsx')], nodePaths: [join(ROOT, 'node_modules')] },
      ...{ bundle: true, write: false, jsx: 'automatic', format: 'iife' },
      define: { 'process.env.NODE_ENV': '"development"' },
    })
    bundle = outputFiles[0]?.text ?? ''
  })
  afterAll(() => project.remove())

  test('signs in and out under StrictMode, which mounts twice, and tells of a person who declines', async () => {
    const page = await open(app)
    await shows(page, 'nobody')
    await page.click('#in')
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /^!denied / }).click()
    await page.waitForURL(`${app}**`)
    await shows(page, 'declined')
    await expect.poll(() => page.url()).toBe(app)
    await page.reload()
    await shows(page, 'nobody')
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app}**`)
    await shows(page, '김민지')
    await expect.poll(() => page.url()).toBe(app)
    await page.reload()
    await shows(page, '김민지')
    await page.click('#out')
    await page.waitForURL(`${app}**`)
    await shows(page, 'nobody')
    expect(chrome.complaints).toEqual([])
  })

  test('comes back after the access token has expired, and says once where the session is over', async () => {
    const page = await open(app)
    await page.click('#in')
    await choose(page, /Kakao/)
    await shows(page, '김민지')
    /** Reloads as it is ten minutes later, after this has been done with the refresh token. */
    const later = async (before = '') => {
      await page.evaluate(
        `(async () => {
           const key = Object.keys(sessionStorage).find((key) => key.startsWith('oidc.user'))
           const user = JSON.parse(sessionStorage.getItem(key))
           ${before}
           sessionStorage.setItem(key, JSON.stringify({ ...user, expires_at: 1 }))
         })()`,
      )
      await page.reload()
    }
    await later()
    await shows(page, '김민지')
    await later(
      `await fetch('${latchkey.url}/revoke', {
         method: 'POST',
         body: new URLSearchParams({ client_id: 'spa', token: user.refresh_token }),
       })`,
    )
    await shows(page, /refresh token is/)
    await page.reload()
    await shows(page, 'nobody')
    await expect.poll(() => page.locator('#in').count()).toBe(1)
    await page.close()
  })
})

describe('the page of docs/single-page-app.md with cookies', () => {
  const app = useSite(cookiePort, 'localhost', {
    '/index.html': () =>
      '<script type="module">window.app = await import("./latchkey-cookie.js")</script>',
    '/latchkey-cookie.js': () => aimed('single-page-app', 'latchkey-cookie.js'),
  })
  const ready = (page: Page) => page.waitForFunction('window.app')

  test('signs in, cleans the address, renews and signs out, and holds no token itself', async () => {
    const page = await open(app)
    const me = () =>
      page.evaluate<{ status: number; sub?: string }>(
        `app.call('/me').then(async (answer) => ({ status: answer.status, ...(await answer.json()) }))`,
      )
    await ready(page)
    expect(await me()).toMatchObject({ status: 401 })
    await page.evaluate('app.signIn()')
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: /^!denied / }).click()
    await page.waitForURL(`${app}?**`)
    await ready(page)
    expect(await page.evaluate('app.start()')).toBe('access_denied')
    expect(page.url()).toBe(app)

    await page.evaluate('app.signIn()')
    await choose(page, /Google/)
    await page.waitForURL(`${app}**`)
    await ready(page)
    expect(await page.evaluate('app.start()')).toBeNull()
    expect(page.url()).toBe(app)
    const { sub } = await me()
    expect(sub).toEqual(expect.any(String))
    expect(await page.evaluate('document.cookie + localStorage.length')).toBe('0')

    // As it is ten minutes later: the browser has dropped the access token.
    const access = (await chrome.context.cookies(latchkey.url)).find(({ name }) =>
      name.includes('access'),
    )
    await chrome.context.clearCookies({ name: access?.name ?? '' })
    expect(await me()).toMatchObject({ status: 200, sub })

    await page.evaluate('app.signOut()')
    await page.waitForURL(app)
    await ready(page)
    expect(await me()).toMatchObject({ status: 401 })
    // What a callback that comes again needs is kept for a minute, and the probe of whether cookies come
    // back; nothing of the session is.
    const left = (await chrome.context.cookies(latchkey.url)).map(({ name }) => name)
    expect(left.filter((name) => !/flow|provider|cookies/.test(name))).toEqual([])
  })
})

describe('the page and the API of the README', () => {
  const library = join(ROOT, 'node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js')
  let project: Project
  let api = ''
  const app = useSite(spaPort, '127.0.0.1', {
    '/index.html': () =>
      aim(snippet('README', 'index.html'), {
        'http://localhost:3000': latchkey.url,
        'http://localhost:4000': api,
      }),
  })
  beforeAll(async () => {
    const port = await freePort()
    api = `http://localhost:${port}`
    const code = aim(snippet('README', 'api.js'), {
      'http://localhost:3000': latchkey.url,
      'http://localhost:5173': `http://127.0.0.1:${spaPort}`,
      'listen(4000)': `listen(${port})`,
    })
    project = await startProject({ 'api.js': code })
    await project.serve(process.execPath, ['api.js'], {}, api)
  })
  afterAll(() => project.remove())

  test('work together as they stand: sign in, orders, decline, sign out', async () => {
    await chrome.context.route('https://cdn.jsdelivr.net/**', (route) => {
      const { version } = JSON.parse(
        readFileSync(join(ROOT, 'node_modules/oidc-client-ts/package.json'), 'utf8'),
      )
      expect(route.request().url()).toContain(`oidc-client-ts@${version}/dist/browser/`)
      return route.fulfill({ path: library, contentType: 'text/javascript' })
    })
    const page = await open(app)
    await shows(page, 'nobody')
    await page.click('#in')
    await page.getByRole('link', { name: /Kakao/ }).click()
    await page.getByRole('button', { name: /^!denied / }).click()
    await page.waitForURL(`${app}**`)
    await shows(page, 'declined')
    expect(page.url()).toBe(app)
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app}**`)
    await shows(page, '김민지: 1 order(s)')
    await page.click('#out')
    await page.waitForURL(app)
    await shows(page, 'nobody')
    expect((await fetch(`${api}/orders`)).status).toBe(401)
    expect(chrome.complaints).toEqual([])
  })
})
