import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { countRows, login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { expectProblem, expectProtected } from '../helpers/problems.ts'
import { rawBytes, rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()

const send = (path: string, options: Parameters<typeof rawRequest>[1] = {}, at = latchkey) =>
  rawRequest(at.url, { path, ...options })

describe('health', () => {
  test.each(['/healthz', '/readyz'])('%s answers GET and HEAD, and is not kept', async (path) => {
    const get = await send(path)
    expect(get.status).toBe(200)
    expect(get.json()).toEqual({ status: 'ok' })
    expectProtected(get)
    const head = await send(path, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('11.16 without its database the service lives but is not ready', async () => {
    const testDatabase = await createTestDatabase()
    const stranded = await startLatchkey(provider.settings(), { testDatabase })
    expect((await send('/readyz', {}, stranded)).status).toBe(200)
    await testDatabase.drop()
    // The first tells of the cut connections, the second of the missing database.
    for (const path of ['/readyz', '/readyz']) {
      const answer = await send(path, {}, stranded)
      expectProblem(answer, 503, 'temporarily_unavailable')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await send('/healthz', {}, stranded)).status).toBe(200)
    await stranded.close()
  })

  test('a database that lacks the last migration is not ready, and one of a newer version is', async () => {
    const testDatabase = await createTestDatabase()
    const behind = await startLatchkey(provider.settings(), { testDatabase })
    const applied = 'drizzle.latchkey_migrations'
    await behind.database.query(
      `update ${applied} set created_at = created_at - 1
        where created_at = (select max(created_at) from ${applied})`,
      [],
    )
    expectProblem(await send('/readyz', {}, behind), 503, 'temporarily_unavailable')
    await behind.database.query(
      `insert into ${applied} (hash, created_at) values ('newer', 99999999999999)`,
      [],
    )
    expect((await send('/readyz', {}, behind)).status).toBe(200)
    await behind.close()
    await testDatabase.drop()
  })

  test('a database that was never migrated is not ready', async () => {
    const testDatabase = await createTestDatabase()
    const empty = await startLatchkey(provider.settings(), { testDatabase })
    await empty.database.query('drop schema latchkey cascade', [])
    const answer = await send('/readyz', {}, empty)
    expectProblem(answer, 503, 'temporarily_unavailable')
    expect((await send('/healthz', {}, empty)).status).toBe(200)
    await empty.close()
    await testDatabase.drop()
  })
})

describe('requests that no route takes', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])(
    '%s is 405 with Allow',
    async (method) => {
      for (const [path, allow] of [
        ['/healthz', 'GET, HEAD'],
        ['/login', 'GET, POST'],
        ['/login/fake', 'GET'],
        ['/login/nope', 'GET'],
        ['/providers', 'GET, HEAD, OPTIONS'],
      ] as const) {
        // A login may be started by a form.
        if (allow.split(', ').includes(method)) continue
        const answer = await send(path, { method })
        expectProblem(answer, 405, 'method_not_allowed')
        expect(answer.headers.get('allow')).toBe(allow)
      }
    },
  )

  test.each(['/nowhere', '/.env', '/login/fake/callback/more', '/me/', '//evil.example/%2e%2e'])(
    '%s is a 404 problem that does not repeat it',
    async (path) => {
      const answer = await send(`${path}?canary=canary`)
      expectProblem(answer, 404, 'not_found')
      expect(answer.text).not.toContain('canary')
      expect(answer.text).not.toContain(path)
    },
  )

  test('a browser gets a page for it', async () => {
    const answer = await send('/nowhere', { headers: ['accept', 'text/html'] })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expectProtected(answer)
  })

  test.each(['/%', '/%E0%A4%A', '/login/%ZZ', '/login/fake/callback%'])(
    'the malformed URL %s is 400, protected as any other answer',
    async (path) => {
      expectProblem(await send(path), 400, 'invalid_request')
    },
  )

  test.each([
    ['no request at all', 'x\r\n\r\n'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['no place', 'GET * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'],
    [
      'two lengths',
      'POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
    ],
    [
      'length and chunks',
      'POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('%s is 400 and the service goes on', async (_name, bytes) => {
    expect(await rawBytes(latchkey.url, bytes)).toMatch(/^HTTP\/1\.1 400 /)
    expect((await send('/healthz')).status).toBe(200)
  })
})

describe('bodies', () => {
  const post = (body: string, type = 'application/json', path = '/nowhere') =>
    send(path, {
      method: 'POST',
      headers: ['content-type', type, 'content-length', String(Buffer.byteLength(body))],
      body,
    })
  const sized = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`

  test('one over 64 KiB is 413, one of 64 KiB is read', async () => {
    expectProblem(await post(sized(65_537)), 413, 'payload_too_large')
    expectProblem(await post(sized(65_536)), 404, 'not_found')
  })

  test.each(['{"__proto__":{"a":1}}', '{"a":{"constructor":{"prototype":{"a":1}}}}', '{', '\0'])(
    '%j is refused',
    async (body) => {
      expectProblem(await post(body), 400, 'invalid_request')
      expect(({} as { a?: number }).a).toBeUndefined()
    },
  )

  test('control: the same shape under a harmless name is read', async () => {
    expectProblem(await post('{"proto":{"a":1}}'), 404, 'not_found')
  })
})

describe('11.10 a graceful stop', () => {
  test('finishes the login in flight, takes no new one, and ends', async () => {
    const stopping = await startLatchkey(provider.settings(), {
      testDatabase: latchkey.testDatabase,
    })
    const before = await countRows(latchkey)
    const browser = new Browser()
    const started = await startLogin(stopping, browser)
    provider.nonce = started.nonce ?? ''
    const idToken = await provider.sign(provider.claims())
    provider.answers.token = (_call, response) => {
      const body = { access_token: 'x', token_type: 'Bearer', id_token: idToken }
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }, 1_000)
    }
    const answer = browser.send(started.callback())
    await expect.poll(() => provider.count('token')).toBe(1)
    const closing = stopping.app.close()
    // Refused, or told to come back: never started.
    const late = await send('/login/fake', {}, stopping).then(
      ({ status }) => status,
      () => 0,
    )
    expect([0, 503]).toContain(late)
    const { status, text, headers } = await answer
    expect(status, text).toBe(200)
    expect(headers.get('connection')).toBe('close')
    const answered = Date.now()
    await closing
    expect(Date.now() - answered).toBeLessThan(20_000)
    await stopping.database.close()
    const after = await countRows(latchkey)
    expect(after.sessions).toBe((before.sessions ?? 0) + 1)
  })

  test('is not held up by a connection that is kept open', async () => {
    const stopping = await startLatchkey(provider.settings(), {
      testDatabase: latchkey.testDatabase,
    })
    expect((await login(stopping, provider)).status).toBe(200)
    const before = Date.now()
    await stopping.close()
    expect(Date.now() - before).toBeLessThan(20_000)
  })
})
