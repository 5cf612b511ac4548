import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { DIRECT, type ForwardProxies } from '../../../src/core/settings/forward-proxy.ts'
import {
  createDelivery,
  lookupChecked,
  mayConnect,
} from '../../../src/upstream/outbound/delivery.ts'
import { makeSelfSigned } from '../../helpers/self-signed.ts'

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.resume().on('end', () => handle(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked, server }
}

function deliver(url: string, proxies: ForwardProxies = DIRECT) {
  const delivery = createDelivery(proxies)
  onTestFinished(() => delivery.close())
  return delivery.post(url, { type: 'application/json', body: '{}' }, new AbortController().signal)
}

const statusOf = async (answer: ReturnType<typeof deliver>) => (await answer).status

test.each([
  ['127.0.0.1', true, true],
  ['10.1.2.3', true, true],
  ['192.168.0.1', true, true],
  ['fd00::1', true, true],
  ['8.8.8.8', true, false],
  ['8.8.8.8', false, true],
  ['169.254.169.254', true, false],
  ['169.254.169.254', false, false],
  ['fe80::1', false, false],
  ['::ffff:169.254.169.254', false, false],
  ['64:ff9b::a9fe:a9fe', false, false],
  ['64:ff9b::808:808', false, true],
  ['2002:a9fe:a9fe::', false, false],
  ['2002:808:808::', false, true],
  ['::ffff:0:a9fe:a9fe', false, false],
  // What clouds tell a machine, over IPv6; the controls lie beside.
  ['fd00:ec2::254', false, false],
  ['fd00:ec2::23', true, false],
  ['fd00:ec3::254', true, true],
  ['fd20:ce::254', true, false],
  ['fd20:ce::255', true, true],
  ['0.0.0.0', false, false],
  ['224.0.0.1', false, false],
])('%s, plainly %s: may be connected to is %s', (address, isPlain, may) => {
  expect(mayConnect(address, isPlain)).toBe(may)
})

test('a link-local address is refused before anything is sent, by a proxy too; one of this machine is not', async () => {
  const proxy = await listen((_request, response) => response.end())
  const http = `http://127.0.0.1:${proxy.port}`
  const through = { ...DIRECT, http, https: http }
  for (const url of [
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
  ]) {
    await expect(deliver(url), url).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    await expect(deliver(url, through), url).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
  }
  expect(proxy.asked).toEqual([])
  const { port } = await listen((_request, response) => response.writeHead(204).end())
  expect(await statusOf(deliver(`http://127.0.0.1:${port}/`))).toBe(204)
  expect(await statusOf(deliver(`http://localhost:${port}/`))).toBe(204)
})

test('what is not on this machine is posted through the forward proxy, and what is on it never', async () => {
  const app = await listen((_request, response) => response.writeHead(204).end())
  const tunnels: string[] = []
  const proxy = createServer((request, response) => {
    // Asked for a whole URL, not for a tunnel.
    tunnels.push(new URL(request.url ?? '').host)
    request.resume().on('end', () => response.writeHead(204).end())
  })
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const onwards = connect(app.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onwards.pipe(socket).pipe(onwards)
    })
    socket.on('error', () => onwards.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const http = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const proxies = { https: http, http, except: [] }
  expect(await statusOf(deliver('http://10.9.8.7:8080/hook', proxies))).toBe(204)
  expect(tunnels).toEqual(['10.9.8.7:8080'])
  expect(await statusOf(deliver(`http://127.0.0.1:${app.port}/hook`, proxies))).toBe(204)
  expect(tunnels).toHaveLength(1)
})

test.each([
  [['93.184.216.34'], true],
  [['169.254.169.254'], false],
  [['93.184.216.34', '169.254.169.254'], false],
  [[], false],
])('a name that is at %j when it is connected to: %s', async (addresses, isAllowed) => {
  const found = addresses.map((address) => ({ address, family: 4 }))
  const look = lookupChecked(false, (_name, _options, done) => done(null, found))
  const error = await new Promise((resolve) => look('hooks.example', {}, resolve))
  if (isAllowed) expect(error).toBeNull()
  else expect(error).toMatchObject({ code: 'ADDRESS_REFUSED' })
})

test('no redirect is followed, and of an answer no more than 64 KiB is read', async () => {
  const elsewhere = await listen((_request, response) => response.end())
  const location = `http://127.0.0.1:${elsewhere.port}/`
  const redirecting = await listen((_request, response) =>
    response.writeHead(307, { location }).end(),
  )
  expect(await statusOf(deliver(`http://127.0.0.1:${redirecting.port}/`))).toBe(307)
  expect(elsewhere.asked).toEqual([])
  let sent = 0
  let isCut = false
  const endless = await listen((request, response) => {
    const chunk = Buffer.alloc(16 * 1024)
    const write = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length
      sent += chunk.length
    }
    response.on('drain', write)
    request.socket.on('close', () => {
      response.destroy()
      isCut = true
    })
    write()
  })
  expect(await statusOf(deliver(`http://127.0.0.1:${endless.port}/`))).toBe(200)
  await expect.poll(() => isCut).toBe(true)
  // What the sockets of both sides hold beside.
  expect(sent).toBeLessThan(16 * 1024 * 1024)
})

const DRIPPING = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'

test.each<[string, string | ((socket: Socket) => void), unknown]>([
  [
    'an answer behind an early one',
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    204,
  ],
  ['an answer that ends with the connection', 'HTTP/1.0 200 OK\r\n\r\nfine', 200],
  ['too much for one delivery', 'HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\n', 413],
  ['no HTTP', 'hello\r\n', 'HTTPParserError'],
  ['a part of a head', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n', 'UND_ERR_SOCKET'],
  // Its status is there, and nothing else is asked for.
  ['a part of a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na', 200],
  ['a body that never ends', (socket) => socket.write(`${DRIPPING}a`), 200],
  ['no body where one is announced', (socket) => socket.write(DRIPPING), 200],
  ['nothing', (socket) => socket.end(), 'UND_ERR_SOCKET'],
  ['a reset', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
  ['silence', () => {}, 'TIMEOUT'],
  ['a head that never ends', (socket) => socket.write('HTTP/1.1 200 OK\r\n'), 'TIMEOUT'],
])(
  '%s is told by a status or a code that an operator can look up',
  async (_what, said, expected) => {
    const server = createTcpServer((socket) => {
      onTestFinished(() => void socket.destroy())
      socket
        .on('error', () => {})
        .once('data', () => {
          if (typeof said === 'string') socket.end(said)
          else said(socket)
        })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const delivery = createDelivery(DIRECT)
    onTestFinished(() => delivery.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const stop = expected === 'TIMEOUT' ? AbortSignal.timeout(300) : new AbortController().signal
    const outcome = await delivery.post(url, { type: 'application/json', body: '{}' }, stop).then(
      ({ status }) => status,
      ({ code, name }) => code ?? name,
    )
    expect(outcome).toBe(expected)
  },
)

test.each([
  ['120', 120],
  ['0', 0],
  ['Wed, 21 Oct 2026 07:28:30 GMT', 30],
  ['Wednesday, 21-Oct-26 07:28:30 GMT', 30],
  // It is over by the clock of who says so.
  ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
  [['7', '9'], 7],
  ['soon', undefined],
  ['', undefined],
])('“Retry-After: %s” asks for %s seconds', async (said, seconds) => {
  const { port } = await listen((_request, response) => {
    response.sendDate = false
    response.setHeader('retry-after', said)
    response.writeHead(503, { date: 'Wed, 21 Oct 2026 07:28:00 GMT' }).end()
  })
  expect(await deliver(`http://127.0.0.1:${port}/`)).toEqual({
    status: 503,
    retryAfterSeconds: seconds,
  })
})

test('a certificate that nobody known vouches for is refused by its code', async () => {
  const server = createTlsServer(makeSelfSigned(), (_request, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const code = 'DEPTH_ZERO_SELF_SIGNED_CERT'
  await expect(deliver(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({ code })
})

test.each([
  ['http', '8.8.8.8', 'ADDRESS_REFUSED'],
  ['http', '169.254.169.254', 'ADDRESS_REFUSED'],
  ['https', '169.254.169.254', 'ADDRESS_REFUSED'],
  ['http', '10.1.2.3', 'the proxy'],
  ['https', '8.8.8.8', 'the proxy'],
  // Behind a proxy a machine may know no names of others.
  ['https', null, 'the proxy'],
])('%s to a name that stands for %s is met by %s', async (scheme, address, by) => {
  const proxy = await listen((_request, response) => response.end())
  const connects: string[] = []
  proxy.server.on('connect', (request, socket) => {
    connects.push(request.url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  const http = `http://127.0.0.1:${proxy.port}`
  const delivery = createDelivery(
    { ...DIRECT, http, https: http },
    undefined,
    (_name, _all, done) =>
      address === null ? done(new Error('ENOTFOUND'), []) : done(null, [{ address, family: 4 }]),
  )
  onTestFinished(() => delivery.close())
  const sent = { type: 'application/json', body: '{}' }
  const answer = await delivery
    .post(`${scheme}://hooks.example/`, sent, new AbortController().signal)
    .catch((error: { code?: string }) => error.code)
  if (by === 'the proxy') {
    expect(connects).toEqual([`hooks.example:${scheme === 'http' ? 80 : 443}`])
  } else {
    expect([answer, connects]).toEqual([by, []])
  }
})
