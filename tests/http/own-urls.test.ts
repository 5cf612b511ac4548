import { expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../helpers/apps.ts'
import { rawBytes, rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey, start } = setStage({ settings: APPS })

const EVIL = 'evil.example'
const STRANGE: [name: string, headers: string[]][] = [
  ['X-Forwarded-Host', ['x-forwarded-host', EVIL]],
  ['X-Forwarded-Proto and -Port', ['x-forwarded-proto', 'https', 'x-forwarded-port', '444']],
  ['Forwarded', ['forwarded', `for=192.0.2.1;host=${EVIL};proto=https`]],
  ['X-Original-URL', ['x-original-url', `https://${EVIL}/login`, 'x-rewrite-url', '/evil']],
  ['X-Forwarded-Prefix', ['x-forwarded-prefix', `//${EVIL}`]],
]

/** What Latchkey says of its own addresses, in all that a stranger may get. */
async function ownAddresses(at: { url: string }, headers: string[] = [], host = '') {
  const named = host === '' ? headers : ['host', host, ...headers]
  const get = async (path: string) => {
    if (host === '') return rawRequest(at.url, { path, headers })
    const lines = [`GET ${path} HTTP/1.1`, 'connection: close']
    for (let i = 0; i < named.length; i += 2) lines.push(`${named[i]}: ${named[i + 1]}`)
    const text = await rawBytes(at.url, `${lines.join('\r\n')}\r\n\r\n`)
    const location = /^location: (.*)$/im.exec(text)?.[1]
    return { text, location: location === undefined ? null : new URL(location.trim(), at.url) }
  }
  const metadata = (await get('/.well-known/openid-configuration')).text
  const login = await get(`/login/fake${authorizationQuery()}`)
  const problem = (await get('/nowhere')).text
  return { metadata, callback: login.location?.searchParams.get('redirect_uri'), problem }
}

test.each(STRANGE)(
  '10.10 %s changes no address of ours, trusted proxy or not',
  async (_, headers) => {
    const behind = await start({ TRUST_PROXY: '127.0.0.1,::1' })
    for (const at of [latchkey, behind]) {
      const { metadata, callback, problem } = await ownAddresses(at, headers)
      expect(JSON.parse(metadata).issuer).toBe(latchkey.url)
      expect(callback).toBe(`${latchkey.url}/login/fake/callback`)
      expect(JSON.parse(problem).type).toBe(`${latchkey.url}/docs/errors#not_found`)
      expect(metadata + problem).not.toContain(EVIL)
    }
  },
)

test('10.10 neither does another Host, or an address in absolute form', async () => {
  const { metadata, callback, problem } = await ownAddresses(latchkey, [], EVIL)
  expect(metadata).toContain(`"issuer":"${latchkey.url}"`)
  expect(callback).toBe(`${latchkey.url}/login/fake/callback`)
  expect(metadata + problem).not.toContain(EVIL)
  const absolute = `GET http://${EVIL}/.well-known/openid-configuration HTTP/1.1`
  const text = await rawBytes(
    latchkey.url,
    `${absolute}\r\nhost: ${EVIL}\r\nconnection: close\r\n\r\n`,
  )
  expect(text).not.toContain(EVIL)
  const twice = `GET /healthz HTTP/1.1\r\nhost: a\r\nhost: ${EVIL}\r\nconnection: close\r\n\r\n`
  expect(await rawBytes(latchkey.url, twice)).toMatch(/^HTTP\/1\.1 (200|400) /)
})

test('10.12 line breaks in whatever is repeated make no header of their own', async () => {
  const broken = '%0d%0aX-Evil:%201%0d%0a%0d%0a<script>'
  const names =
    'client_id redirect_uri state nonce scope login_hint ui_locales prompt resource provider'
  const callback = 'code state error error_description iss form_user'
  const logout = 'post_logout_redirect_uri state client_id id_token_hint logout_hint'
  const asks = [
    ...names
      .split(' ')
      .flatMap((name) => [`/login?${name}=${broken}`, `/login/fake?${name}=${broken}`]),
    ...names
      .split(' ')
      .filter((name) => !['client_id', 'redirect_uri', 'state'].includes(name))
      .map((name) => `/login/fake${authorizationQuery({ [name]: null })}&${name}=${broken}`),
    `/login/fake${authorizationQuery({ state: null })}&state=${broken}`,
    ...callback.split(' ').map((name) => `/login/fake/callback?${name}=${broken}`),
    ...logout
      .split(' ')
      .flatMap((name) => [`/logout?${name}=${broken}`, `/logout/fake?${name}=${broken}`]),
    ...[`/${broken}`, `/login/${broken}`, `/docs/${broken}`, `/providers/${broken}/events`],
  ]
  for (const path of asks) {
    for (const accept of ['*/*', 'text/html']) {
      const answer = await rawRequest(latchkey.url, { path, headers: ['accept', accept] })
      expect([path, answer.headers.get('x-evil'), answer.status < 500]).toEqual([path, null, true])
      expect(answer.text).not.toContain('<script>\r\n')
    }
  }
  for (const line of latchkey.logs) expect(() => JSON.parse(line)).not.toThrow()
  expect(provider.count('token')).toBe(0)
})
