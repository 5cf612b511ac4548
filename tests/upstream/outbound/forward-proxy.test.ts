import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../../../src/settings/index.ts'
import { runDoctor } from '../../helpers/doctor.ts'
import type { FakeProvider } from '../../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, failed } from '../../helpers/refusals.ts'
import { makeSelfSigned } from '../../helpers/self-signed.ts'
import { setStage } from '../../helpers/stage.ts'

const HOST = 'id.corp.example'

describe('behind a forward proxy', () => {
  const stage = setStage()
  /** What the proxy was asked to reach, and how it was asked. */
  const tunnels: { to: string | undefined; authorization: string | undefined }[] = []
  let refuses = false
  const proxy = createServer((_request, response) => response.writeHead(405).end())
  proxy.on('connect', (request: IncomingMessage, socket) => {
    tunnels.push({ to: request.url, authorization: request.headers['proxy-authorization'] })
    if (refuses) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    // Only the proxy knows where the name leads.
    const { port } = far.address() as AddressInfo
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  /** The provider at its real name: TLS in front of the fake one. */
  const far = createTlsServer(makeSelfSigned(), async (request, response) => {
    const { provider } = stage
    const { issuer } = provider
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk as Buffer)
    const answer = await fetch(`${issuer}${request.url}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? '',
      },
      body: request.method === 'POST' ? Buffer.concat(body) : null,
    })
    const text = (await answer.text()).replaceAll(issuer, `https://${HOST}`)
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(text)
  })
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  let proxyUrl = ''
  let env: Record<string, string> = {}

  beforeAll(async () => {
    // The certificate is of nobody; what is tested here is the way to it.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    for (const server of [proxy, far]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    }
    proxyUrl = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
    env = { ...stage.provider.settings(), FAKE_ISSUER: `https://${HOST}` }
  })
  afterAll(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    for (const server of [proxy, far]) {
      server.closeAllConnections()
      server.close()
    }
  })
  beforeEach(() => {
    tunnels.length = 0
    refuses = false
    stage.provider.idToken = (claims) => ({ ...claims, iss: `https://${HOST}` })
  })
  const start = (changes: Record<string, string>) =>
    startLatchkey({ ...env, ...changes }, { testDatabase: stage.latchkey.testDatabase })
  const playAt = async (
    changes: Record<string, string>,
    play: (latchkey: Latchkey, provider: FakeProvider) => Promise<void>,
  ) => {
    const latchkey = await start(changes)
    await play(latchkey, stage.provider)
    await latchkey.close()
  }

  test.each([
    ['HTTPS_PROXY', () => `http://${proxyUrl}`, undefined],
    ['https_proxy', () => `http://${proxyUrl}`, undefined],
    ['HTTPS_PROXY', () => proxyUrl, undefined],
    [
      'HTTPS_PROXY',
      () => `http://user:pass%20word@${proxyUrl}`,
      `Basic ${Buffer.from('user:pass word').toString('base64')}`,
    ],
  ])('%s: discovery, keys, code and userinfo go through it', async (name, url, authorization) => {
    await playAt({ [name]: url() }, async (latchkey, provider) => {
      expect((await login(latchkey, provider)).status).toBe(200)
      for (const step of ['discovery', 'token', 'jwks', 'userinfo'] as const) {
        expect(provider.count(step), step).toBeGreaterThan(0)
      }
      expect(tunnels.length).toBeGreaterThan(0)
      for (const tunnel of tunnels) expect(tunnel).toEqual({ to: `${HOST}:443`, authorization })
    })
  })

  test('without it the host is not reached, and neither where NO_PROXY names it', async () => {
    for (const changes of [
      {},
      { HTTPS_PROXY: `http://${proxyUrl}`, NO_PROXY: `a.b, .corp.example` },
    ]) {
      await playAt(changes as Record<string, string>, async (latchkey, provider) => {
        const play = () => fetch(`${latchkey.url}/login/fake`, { redirect: 'manual' })
        expect((await play()).status).toBe(502)
        expect(provider.count('discovery')).toBe(0)
      })
    }
    expect(tunnels).toEqual([])
  })

  test('a proxy that refuses is a provider error; none of its words get out', async () => {
    refuses = true
    await playAt({ HTTPS_PROXY: `http://${proxyUrl}` }, async (latchkey, provider) => {
      const answer = await fetch(`${latchkey.url}/login/fake`)
      expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'provider_error' }])
      expect(provider.count('token')).toBe(0)
    })
  })

  test('providers on this machine are called directly', async () => {
    const { provider } = stage
    provider.idToken = (claims) => claims
    const settings = { HTTPS_PROXY: `http://${proxyUrl}`, HTTP_PROXY: `http://${proxyUrl}` }
    const { testDatabase } = stage.latchkey
    const latchkey = await startLatchkey({ ...provider.settings(), ...settings }, { testDatabase })
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(tunnels).toEqual([])
    await latchkey.close()
  })

  test('the limits hold through it: one MiB, and a token endpoint that is not JSON', async () => {
    await playAt({ HTTPS_PROXY: `http://${proxyUrl}` }, async (latchkey, provider) => {
      provider.answers.token = { body: JSON.stringify({ pad: 'x'.repeat(1_100_000) }) }
      const refusal = {
        status: 502,
        code: 'invalid_provider_response',
        log: { step: 'token', reason: 'too_large' },
      }
      await expectRefused({ latchkey, provider }, refusal, () => login(latchkey, provider))
      provider.answers.token = { status: 503 }
      await expectRefused({ latchkey, provider }, failed('token', { status: 503 }), () =>
        login(latchkey, provider),
      )
    })
  })

  test('the doctor uses it, and says so', async () => {
    const { text } = await runDoctor({ ...env, HTTPS_PROXY: `http://${proxyUrl}` })
    expect(text).toContain('through the proxy in HTTPS_PROXY')
    expect(tunnels.length).toBeGreaterThan(0)
    expect((await runDoctor({ ...env, ALL_PROXY: 'x' }, { offline: true })).text).toContain(
      'ALL_PROXY is set, but Latchkey does not read it',
    )
  })
})

test.each(['socks5://proxy.example', 'ftp://proxy.example', 'http://', ':::'])(
  'a proxy cannot be %s',
  (value) => {
    const start = () => readSettings({ HTTPS_PROXY: value })
    expect(start).toThrow(SettingsError)
    expect(start).toThrow('HTTPS_PROXY must be the URL of a proxy')
  },
)
