import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { useChromium } from '../helpers/chromium.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { freePort } from '../helpers/server-process.ts'
import { type Site, startSite } from '../helpers/site.ts'
import { codeBlocks, english, PAGES } from './texts.ts'

const ALL = PAGES.map(english).join('\n')

/** The code blocks of a language on all pages. */
const blocks = (language: string) =>
  codeBlocks(ALL)
    .filter((block) => block.language === language)
    .map(({ code }) => code)

/** The one block of a page whose first line names this file. */
function snippet(page: string, file: string): string {
  const names = ({ code }: { code: string }) => code.split('\n', 1)[0]?.split(' ').includes(file)
  const found = codeBlocks(english(page)).filter(names)
  expect(found, `one block of ${file}`).toHaveLength(1)
  return found[0]?.code ?? ''
}

/** A snippet that talks to the Latchkey of the test. */
const aimed = (code: string, latchkey: Latchkey) => {
  expect(code).toContain('http://localhost:3000')
  return code.replaceAll('http://localhost:3000', latchkey.url)
}

/** A project folder as a reader has one, with the modules of this repository. */
async function startProject(files: Record<string, string>) {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-readme-'))
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  await symlink(modules, join(path, 'node_modules'))
  await writeFile(join(path, 'package.json'), '{"type":"module"}')
  for (const [name, code] of Object.entries(files)) await writeFile(join(path, name), code)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

test('every JavaScript block can be parsed', async () => {
  const all = blocks('js')
  expect(all.length).toBeGreaterThanOrEqual(5)
  const files = Object.fromEntries(all.map((code, place) => [`block-${place}.js`, code]))
  const project = await startProject({ ...files, 'broken.js': 'const = 1' })
  const check = (name: string) =>
    promisify(execFile)(process.execPath, ['--check', join(project.path, name)])
  try {
    for (const name of Object.keys(files)) await check(name)
    await expect(check('broken.js')).rejects.toThrow('SyntaxError')
  } finally {
    await project.remove()
  }
})

test('every Python block can be parsed', async ({ skip }) => {
  skip(spawnSync('python3', ['--version']).status !== 0, 'needs python3: apt-get install python3')
  const parse = (code: string) =>
    spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: code })
  expect(blocks('python').length).toBeGreaterThan(0)
  for (const code of blocks('python')) expect(String(parse(code).stderr)).toBe('')
  expect(parse('def = 1').status).toBe(1)
})

describe('the API of docs/your-api.md verifies access tokens', () => {
  const provider = new FakeProvider()
  let latchkey: Latchkey
  let project: Awaited<ReturnType<typeof startProject>>
  let api: ChildProcess
  let url = ''
  beforeAll(async () => {
    await provider.listen()
    latchkey = await startLatchkey({ ...provider.settings(), ACCESS_TOKEN_TTL: '4s' })
    project = await startProject({
      'verify.js': snippet('your-api', 'verify.js'),
      'api-fastify.js': snippet('your-api', 'api-fastify.js'),
    })
    const port = await freePort()
    url = `http://localhost:${port}/orders`
    api = spawn(process.execPath, ['api-fastify.js'], {
      cwd: project.path,
      env: { PORT: String(port), LATCHKEY_URL: latchkey.url },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await vi.waitFor(() => call(), { timeout: 10_000 })
  })
  afterAll(async () => {
    const ended = new Promise((resolve) => api.once('close', resolve))
    api.kill()
    await ended
    await project.remove()
    await latchkey.close()
    await provider.close()
  })

  async function call(authorization?: string) {
    const answer = await fetch(url, { headers: authorization ? { authorization } : {} })
    return {
      status: answer.status,
      challenge: answer.headers.get('www-authenticate'),
      body: await answer.json(),
    }
  }
  const refused = {
    status: 401,
    challenge: 'Bearer error="invalid_token"',
    body: { error: 'invalid_token' },
  }

  test('a valid one opens it, and nothing else does', async () => {
    const { access_token: token, user } = (await login(latchkey, provider)).json()
    const { sub } = user as { sub: string }
    expect(await call(`Bearer ${token}`)).toMatchObject({ status: 200, body: { of: sub } })
    const [head, body] = String(token).split('.')
    const signature = Buffer.alloc(64, 1).toString('base64url')
    const ofProvider = await provider.sign({ sub, iss: latchkey.url, aud: latchkey.url })
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer not-a-token',
      `Basic ${token}`,
      `Bearer ${head}.${body}.${signature}`,
      `Bearer ${ofProvider}`,
    ]) {
      expect(await call(wrong)).toEqual(refused)
    }
    await new Promise((resolve) => setTimeout(resolve, 4_100))
    expect(await call(`Bearer ${token}`)).toEqual(refused)
  })

  test('an ID token does not', async () => {
    const browser = new Browser()
    const { nonce, callback } = await startLogin(latchkey, browser, 'fake', '?scope=openid')
    provider.nonce = nonce ?? ''
    const { access_token: token, id_token: idToken } = (await browser.send(callback())).json()
    expect(idToken).toEqual(expect.any(String))
    expect(await call(`Bearer ${idToken}`)).toEqual(refused)
    expect(await call(`Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  test('while Latchkey is away it says so, and does not blame the token', async () => {
    const alone = await startProject({
      'verify.js': snippet('your-api', 'verify.js'),
      'ask.js': `import { verify } from './verify.js'
const told = await verify(process.argv[2]).then(JSON.stringify, (error) => 'threw ' + error.message)
process.stdout.write(told)`,
    })
    const ask = async (base: string) => {
      const { access_token: token } = (await login(latchkey, provider)).json()
      const env = { LATCHKEY_URL: base }
      const options = { cwd: alone.path, env }
      const args = ['ask.js', `Bearer ${token}`]
      return (await promisify(execFile)(process.execPath, args, options)).stdout
    }
    try {
      expect(await ask(`http://localhost:${await freePort()}`)).toMatch(/^threw /)
      expect(JSON.parse(await ask(latchkey.url))).toMatchObject({ client: 'latchkey' })
    } finally {
      await alone.remove()
    }
  })
})

test('the request of docs/mobile.md swaps an ID token of an SDK', async () => {
  const block = blocks('sh').find((code) => code.includes('token-exchange')) ?? ''
  const sdk = await new FakeProvider().listen()
  const latchkey = await startLatchkey({
    KAKAO_CLIENT_ID: 'rest-api-key',
    KAKAO_CLIENT_SECRET: 'a-secret',
    KAKAO_NATIVE_CLIENT_IDS: 'native-app-key',
    KAKAO_ISSUER: sdk.issuer,
    KAKAO_JWKS_URI: `${sdk.issuer}/jwks`,
    CLIENTS: 'app',
    CLIENT_APP_REDIRECT_URIS: 'com.example.app:/callback',
  })
  /** The curl command with these in place of its variables. */
  const swap = async (values: Record<string, string>) => {
    const form = new URLSearchParams()
    for (const [, quoted, plain] of block.matchAll(/-d (?:'([^']*)'|(\S+))/g)) {
      const [name = '', ...rest] = (quoted ?? plain ?? '').split('=')
      const value = rest.join('=').replace(/^"\$(\w+)"$/, (_, variable) => values[variable] ?? '')
      form.set(name, value)
    }
    const answer = await fetch(`${latchkey.url}/token`, { method: 'POST', body: form })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  try {
    const claims = {
      ...sdk.claims(),
      aud: 'native-app-key',
      sub: '1234567890',
      nonce: 'of-the-app',
    }
    const idToken = await sdk.sign(claims)
    expect(await swap({ ID_TOKEN: idToken, NONCE: 'another' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    const swapped = await swap({ ID_TOKEN: idToken, NONCE: 'of-the-app' })
    expect(swapped).toMatchObject({ status: 200, body: { id_token: expect.any(String) } })
    const headers = { authorization: `Bearer ${swapped.body.access_token}` }
    const me = await fetch(`${latchkey.url}/me`, { headers })
    expect(await me.json()).toMatchObject({
      identities: [{ provider: 'kakao', subject: '1234567890' }],
    })
    expect(await swap({ ID_TOKEN: idToken, NONCE: 'of-the-app' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  } finally {
    await latchkey.close()
    await sdk.close()
  }
})

describe('the page of docs/single-page-app.md signs in', () => {
  const chrome = useChromium()
  let latchkey: Latchkey
  let app: Site
  let cookieApp: Site

  beforeAll(async () => {
    const files = {
      '/index.html': () => snippet('single-page-app', 'index.html'),
      '/latchkey.js': () => aimed(snippet('single-page-app', 'latchkey.js'), latchkey),
      '/link.js': () => aimed(snippet('linking', 'link.js'), latchkey),
    }
    app = await startSite(files)
    cookieApp = await startSite(
      {
        '/index.html': () =>
          '<script type="module">window.app = await import("./latchkey-cookie.js")</script>',
        '/latchkey-cookie.js': () =>
          aimed(snippet('single-page-app', 'latchkey-cookie.js'), latchkey),
      },
      'localhost',
    )
    const places = `${app.origin}/,${cookieApp.origin}/`
    latchkey = await startLatchkey({
      EMULATE: 'google,kakao',
      RATE_LIMIT: 'off',
      CLIENTS: 'spa',
      CLIENT_SPA_REDIRECT_URIS: places,
      CLIENT_SPA_POST_LOGOUT_REDIRECT_URIS: places,
    })
  })
  afterAll(async () => {
    await latchkey.close()
    await app.close()
    await cookieApp.close()
  })

  const who = (page: Page) => page.locator('#who')
  const choose = async (page: Page, provider: RegExp) => {
    await page.getByRole('link', { name: provider }).click()
    await page.locator('main form button').first().click()
  }
  const token = (page: Page) =>
    page.evaluate<string>('JSON.parse(localStorage.getItem("tokens")).access_token')

  test('stays signed in over a reload, renews, and signs out', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${app.origin}/`)
    await expect.poll(() => who(page).textContent()).toBe('nobody')
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app.origin}/**`)
    await expect.poll(() => who(page).textContent()).toBe('김민지')
    expect(page.url()).toBe(`${app.origin}/`)
    const first = await token(page)
    await page.reload()
    await expect.poll(() => who(page).textContent()).toBe('김민지')
    expect(await token(page)).toBe(first)

    // As it is ten minutes later, in two tabs at once.
    await page.evaluate(
      `const tokens = JSON.parse(localStorage.getItem('tokens'))
      localStorage.setItem('tokens', JSON.stringify({ ...tokens, expires: Date.now() }))`,
    )
    const other = await chrome.context.newPage()
    await Promise.all([page.reload(), other.goto(`${app.origin}/`)])
    for (const tab of [page, other]) {
      await expect.poll(() => who(tab).textContent()).toBe('김민지')
    }
    const second = await token(page)
    expect(second).not.toBe(first)

    await page.click('#out')
    await page.waitForURL(`${app.origin}/`)
    await expect.poll(() => who(page).textContent()).toBe('nobody')
    for (const gone of [first, second]) {
      const headers = { authorization: `Bearer ${gone}` }
      expect((await fetch(`${latchkey.url}/me`, { headers })).status).toBe(401)
    }
    expect(chrome.complaints).toEqual([])
  })

  test('tells of a person who declines, and leaves an answer alone that it did not ask for', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${app.origin}/?code=stolen&state=of-another&iss=${latchkey.url}`)
    await expect.poll(() => who(page).textContent()).toBe('nobody')
    await page.click('#in')
    await page.getByRole('link', { name: /Google/ }).click()
    await page.getByRole('button', { name: '!denied' }).click()
    await page.waitForURL(`${app.origin}/**`)
    await expect.poll(() => chrome.complaints).toEqual(['Error: The sign-in was declined.'])
    expect(await page.evaluate('localStorage.getItem("tokens")')).toBeNull()
    await page.click('#in')
    await choose(page, /Google/)
    await expect.poll(() => page.evaluate('localStorage.getItem("tokens")')).not.toBeNull()
  })

  test('and links an account at another provider, once', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${app.origin}/`)
    await page.click('#in')
    await choose(page, /Kakao/)
    await page.waitForURL(`${app.origin}/**`)
    await expect.poll(() => who(page).textContent()).toBe('김민지')
    await page.evaluate(`import('/link.js').then(({ link }) => link('google'))`)
    // A person who is nobody here yet.
    await page.getByRole('button', { name: /sora/i }).click()
    await page.waitForURL(`${app.origin}/?code=**`)
    await expect.poll(() => who(page).textContent()).toBe('김민지')
    const finish = () =>
      page.evaluate<{ identities: unknown[] } | null>(
        `import('/link.js').then(({ finishLink }) => finishLink())`,
      )
    expect((await finish())?.identities).toMatchObject([
      { provider: 'kakao' },
      { provider: 'google' },
    ])
    expect(page.url()).toBe(`${app.origin}/`)
    expect(await finish()).toBeNull()
    expect(chrome.complaints).toEqual([])
    await page.click('#out')
    await expect.poll(() => who(page).textContent()).toBe('nobody')
  })

  test('and with cookies instead of tokens', async () => {
    const page = await chrome.context.newPage()
    const ready = () => page.waitForFunction('window.app')
    const me = () =>
      page.evaluate<{ status: number; sub?: string }>(
        `app.call('/me').then(async (answer) => ({ status: answer.status, ...(await answer.json()) }))`,
      )
    await page.goto(`${cookieApp.origin}/`)
    await ready()
    expect(await me()).toMatchObject({ status: 401 })
    await page.evaluate('app.signIn()')
    await choose(page, /Google/)
    await page.waitForURL(`${cookieApp.origin}/**`)
    await ready()
    const { sub } = await me()
    expect(sub).toEqual(expect.any(String))
    expect(await page.evaluate('document.cookie + localStorage.length')).toBe('0')

    // As it is ten minutes later: the browser has dropped the access token.
    await chrome.context.clearCookies({ name: 'latchkey-access' })
    expect(await me()).toMatchObject({ status: 200, sub })

    await page.evaluate('app.signOut()')
    await page.waitForURL(`${cookieApp.origin}/`)
    await ready()
    expect(await me()).toMatchObject({ status: 401 })
    // The provider used last is remembered; nothing of the session is.
    const left = await chrome.context.cookies(latchkey.url)
    expect(left.map(({ name }) => name)).toEqual(['latchkey-provider'])
  })
})
