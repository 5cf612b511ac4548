import { type IncomingHttpHeaders, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { useChromium } from '../helpers/chromium.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { PROTECTIVE_HEADERS } from '../helpers/problems.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'kakao' })

const get = (path: string, headers: Record<string, string> = {}) =>
  new Browser().send(latchkey.url + path, { headers })

describe('/docs', () => {
  test('is a protected page whose policy allows this server only', async () => {
    const page = await get('/docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(Object.fromEntries(page.headers)).toMatchObject(PROTECTIVE_HEADERS)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toMatch(/script-src 'self'( 'sha256-[\w+/=]+'){2};/)
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
    expect(page.text).not.toMatch(/https?:\/\//)
  })

  test('says at each route that redirects the browser how to try it, and lists placeholders last', async () => {
    const document = (await (await fetch(`${latchkey.url}/openapi.json`)).json()) as {
      info: { description: string }
      paths: Record<string, Record<string, { description: string; responses: object }>>
    }
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    const leading = operations.filter(({ responses }) => '302' in responses || '303' in responses)
    expect(leading.length).toBeGreaterThan(5)
    for (const one of operations) {
      expect(one.description.includes('open its address in a tab')).toBe(leading.includes(one))
    }
    expect(document.info.description).not.toContain('| stands for |')
    expect(operations.at(-1)?.description).toContain('| stands for |')
  })

  test('names the description for readers without scripts', async () => {
    const { text } = await get('/docs')
    const href = /<noscript>.*<a href="([^"]+)"/.exec(text)?.[1] ?? ''
    const target = new URL(href, `${latchkey.url}/docs`)
    expect(target.pathname).toBe('/openapi.json')
    expect((await get(target.pathname)).json()).toMatchObject({ openapi: '3.1.0' })
  })

  test('its script is kept by browsers and asked for again by its tag', async () => {
    const script = await get('/docs/viewer.js')
    expect(script.status).toBe(200)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('cache-control')).toBe('public, max-age=3600')
    expect(script.text.length).toBeGreaterThan(1_000_000)
    const etag = script.headers.get('etag') ?? ''
    const again = await get('/docs/viewer.js', { 'if-none-match': etag })
    expect([again.status, again.text]).toEqual([304, ''])
    expect((await get('/docs/viewer.js', { 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('its script goes over the wire zipped to whoever takes that, under a tag of its own', async () => {
    const ask = (encoding: string) =>
      send(latchkey.url, '/docs/viewer.js', { 'accept-encoding': encoding })
    const [zipped, plain] = [await ask('gzip, br'), await ask('identity')]
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(zipped.body.length).toBeLessThan(1_000_000)
    expect(plain.headers).not.toHaveProperty('content-encoding')
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true)
    expect(zipped.headers.etag).not.toBe(plain.headers.etag)
  })

  test('answers HEAD as GET, without a body', async () => {
    for (const path of ['/docs', '/docs/viewer.js', '/openapi.json']) {
      const [head, whole] = [await send(latchkey.url, path, {}, 'HEAD'), await get(path)]
      expect([head.status, head.body.length], path).toEqual([200, 0])
      expect(head.headers['content-type']).toBe(whole.headers.get('content-type'))
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(whole.text)))
    }
  })

  test.each([
    '/docs/',
    '/docs/other.js',
    '/docs/viewer.js/',
    '/docs/../package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/viewer.js%00.html',
    '/docs/..\\package.json',
  ])('has nothing at %s', async (path) => {
    expect((await send(latchkey.url, path)).status).toBe(404)
    expect((await send(latchkey.url, '/docs/viewer.js')).status).toBe(200)
  })
})

/** A request whose path and encoding stay as they are written here. */
function send(base: string, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname: host, port } = new URL(base)
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>(
    (resolve, reject) => {
      const sent = request({ host, port, path, method, headers }, async (answer) => {
        const parts: Buffer[] = []
        for await (const part of answer) parts.push(part)
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(parts),
        })
      })
      sent.on('error', reject).end()
    },
  )
}

describe('/docs in a browser', { timeout: 120_000 }, () => {
  const chrome = useChromium()

  /** Opens the viewer; gives the page, what it asked for and what it complained of. */
  async function open() {
    const page = await chrome.context.newPage()
    // A script of three megabytes has to start.
    page.setDefaultTimeout(30_000)
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.goto(`${latchkey.url}/docs`)
    await page.getByRole('heading', { name: 'Latchkey', level: 1 }).waitFor()
    return { page, asked, complaints }
  }

  test('shows the title and the operations, asks nobody else and has nothing to complain of', async () => {
    const { page, asked, complaints } = await open()
    await page.getByText('Start a login', { exact: true }).first().waitFor({ state: 'attached' })
    // With all groups open it has 22,000 elements, over which WebKit stands still.
    expect(await page.locator('*').count()).toBeLessThan(10_000)
    for (const [group, name] of [
      ['account', 'The signed-in user'],
      ['tokens', 'Revoke a token'],
      ['operations', 'Readiness'],
    ] as const) {
      await page.getByRole('navigation').getByText(group, { exact: true }).first().click()
      await page.getByText(name, { exact: true }).first().waitFor({ state: 'attached' })
    }
    expect(asked.filter((url) => !url.startsWith(`${latchkey.url}/`))).toEqual([])
    expect(asked).toContain(`${latchkey.url}/openapi.json`)
    expect(complaints).toEqual([])
    expect(chrome.complaints).toEqual([])
  })

  test('a request that ends in a redirect is told what to do, and any other is answered', async () => {
    const { page } = await open()
    const ask = (path: string) =>
      page.evaluate(async (address) => {
        const answer = await fetch(address)
        return [answer.status, await answer.text()] as const
      }, path)
    const [status, text] = await ask('/login/kakao')
    expect(status).toBe(302)
    expect(text).toContain(
      `Open it in a tab of the browser instead:\n\n${latchkey.url}/login/kakao`,
    )
    expect(await ask('/healthz')).toEqual([200, '{"status":"ok"}'])
    expect(chrome.complaints).toEqual([])
  })

  test('leads to the description where scripts are off', async () => {
    const page = await (await chrome.openWindow({ javaScriptEnabled: false })).newPage()
    await page.goto(`${latchkey.url}/docs`)
    await page.getByRole('link', { name: 'openapi.json' }).click()
    expect(page.url()).toBe(`${latchkey.url}/openapi.json`)
    expect(await page.content()).toContain('Latchkey')
  })
})

test('/docs is there in production, with its headers', async () => {
  const production = await startLatchkey(
    {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://unused.example.com/latchkey',
      KAKAO_CLIENT_ID: 'a-key',
      KAKAO_CLIENT_SECRET: 'a-secret',
    },
    { publicUrl: 'https://login.example.com' },
  )
  const page = await new Browser().send(`${production.url}/docs`)
  expect(page.status).toBe(200)
  expect(page.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/)
  const description = (await new Browser().send(`${production.url}/openapi.json`)).json()
  expect(description.servers).toMatchObject([{ url: 'https://login.example.com' }])
  expect(JSON.stringify(description)).toContain('"name":"__Host-latchkey-access"')
  await production.close()
})
