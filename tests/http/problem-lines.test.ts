import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
import {
  APPS,
  authorizationQuery,
  authorize,
  getCode,
  meStatus,
  post,
  redeem,
  SPA,
  signIn,
} from '../helpers/apps.ts'
import { cut, reset } from '../helpers/bad-answers.ts'
import { Browser } from '../helpers/browser.ts'
import type { Reply } from '../helpers/fake-provider.ts'
import { login, startLogin } from '../helpers/latchkey.ts'
import { exchange } from '../helpers/native.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({
  settings: { ...APPS, CLIENT_SPA_RESOURCES: 'https://api.example.com' },
})

type Line = Record<string, unknown>

/** What the log gained that tells of a problem while something was done. */
async function problemsOf(work: () => Promise<unknown>): Promise<Line[]> {
  const before = latchkey.logs.length
  await work()
  const lines = latchkey.logs.slice(before).map((line) => JSON.parse(line) as Line)
  return lines.filter(
    ({ level, event }) =>
      ['warn', 'error', 'fatal'].includes(String(level)) ||
      ['problem', 'oauth_error'].includes(String(event)),
  )
}

const WHERE = {
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  address: expect.stringMatching(/^(::1|127\.0\.0\.1)$/),
}
const AT_CALLBACK = { ...WHERE, provider: 'fake', route: '/login/:provider/callback' }

const html: Reply = { headers: { 'content-type': 'text/html' }, body: '<html>canary</html>' }
const badAnswers: [what: string, spoil: () => void][] = [
  ['the token endpoint is down', () => (provider.answers.token = { status: 503, body: {} })],
  [
    'the code is refused',
    () => (provider.answers.token = { status: 400, body: { error: 'invalid_grant' } }),
  ],
  ['our secret is refused', () => (provider.answers.token = { status: 401, body: {} })],
  ['the token endpoint answers a page', () => (provider.answers.token = html)],
  ['the connection is reset', () => (provider.answers.token = reset)],
  ['the answer is cut', () => (provider.answers.token = cut)],
  [
    'userinfo is refused after a good ID token',
    () => (provider.answers.userinfo = { status: 403, body: {} }),
  ],
  ['userinfo is a redirect', () => (provider.answers.userinfo = { status: 302, body: {} })],
  ['userinfo is of another shape', () => (provider.userinfo = () => ({ sub: 7 }))],
  ['userinfo is of somebody else', () => (provider.userinfo = (it) => ({ ...it, sub: 'other' }))],
  ['the ID token is for another client', () => (provider.idToken = (it) => ({ ...it, aud: 'x' }))],
  [
    'the ID token is encrypted',
    () => (provider.idToken = () => `${btoa('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.a.b.c.d`),
  ],
  ['there is no ID token', () => (provider.idToken = null)],
]

describe('each line that tells of a problem says whose request it was', () => {
  test('an ID token that is encrypted is told of as such, beside the refusal', async () => {
    provider.idToken = () => 'e30.a.b.c.d'
    const lines = await problemsOf(() => authorize(latchkey, provider))
    expect(lines).toMatchObject([
      { event: 'provider_asks_more', asks: 'id_token_encryption' },
      {
        event: 'problem',
        code: 'invalid_provider_response',
        step: 'id_token',
        reason: 'encrypted',
      },
    ])
  })

  test.each(badAnswers)('of an app: %s', async (_what, spoil) => {
    spoil()
    const lines = await problemsOf(() => authorize(latchkey, provider))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(line).toMatchObject({
        ...AT_CALLBACK,
        client: SPA.client_id,
        redirect_uri: SPA.redirect_uri,
      })
    }
  })

  test.each(badAnswers)('without a redirect_uri: %s', async (_what, spoil) => {
    spoil()
    const lines = await problemsOf(() => login(latchkey, provider))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatchObject({ ...AT_CALLBACK, client: 'latchkey' })
  })

  test('as a control, a good login has none', async () => {
    expect(await problemsOf(() => authorize(latchkey, provider))).toEqual([])
    expect(await problemsOf(() => login(latchkey, provider))).toEqual([])
  })

  test.each<[what: string, known: Line, work: () => Promise<unknown>]>([
    [
      'who declines',
      { ...AT_CALLBACK, client: 'latchkey', code: 'access_denied' },
      async () => {
        const browser = new Browser()
        const started = await startLogin(latchkey, browser)
        await browser.send(started.callback({ code: null, error: 'access_denied' }))
      },
    ],
    [
      // Nobody knows whose that is.
      'a state that nobody began',
      { ...AT_CALLBACK, code: 'invalid_state' },
      () => new Browser().send(`${latchkey.url}/login/fake/callback?code=a&state=b`),
    ],
    [
      'a start that is faulty',
      { ...WHERE, provider: 'fake', client: 'spa', redirect_uri: SPA.redirect_uri },
      () => authorizeRaw({ code_challenge: 'short' }),
    ],
    [
      'a start at a provider that is not enabled',
      { ...WHERE, client: 'spa', redirect_uri: SPA.redirect_uri, code: 'unknown_provider' },
      () => authorizeRaw({}, 'nowhere'),
    ],
    [
      'an unregistered redirect_uri',
      { ...WHERE, provider: 'fake', client: 'spa', sent: 'https://evil.example/cb' },
      () => authorizeRaw({ redirect_uri: 'https://evil.example/cb?canary=1' }),
    ],
    [
      'a code that nobody has',
      { ...WHERE, event: 'oauth_error', route: '/token', client: 'spa' },
      () => redeem(latchkey, 'foreign'),
    ],
    [
      'a client that is unknown',
      { ...WHERE, event: 'oauth_error', route: '/token', client: 'nobody' },
      () =>
        post(`${latchkey.url}/token`, {
          grant_type: 'refresh_token',
          client_id: 'nobody',
          refresh_token: 'x',
        }),
    ],
    [
      'a native token that is none',
      { ...WHERE, event: 'oauth_error', route: '/token', client: 'latchkey', provider: 'fake' },
      () => exchange(latchkey, 'nonsense'),
    ],
    [
      'an access token that is none',
      { ...WHERE, event: 'problem', route: '/me', code: 'invalid_token' },
      () => meStatus(latchkey, 'nonsense'),
    ],
  ])('%s', async (_what, known, work) => {
    const lines = await problemsOf(work)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject(known)
    expect(JSON.stringify(lines)).not.toContain('canary')
  })

  test('why a credential does not count, which no answer says', async () => {
    const { access_token, sid } = await signIn(latchkey, provider)
    const api = await signIn(latchkey, provider, { resource: 'https://api.example.com' })
    const bodies = new Set<string>()
    const reasonOf = async (headers: Record<string, string>) => {
      const ask = () => new Browser().send(`${latchkey.url}/me`, { headers })
      const [line] = await problemsOf(async () => bodies.add((await ask()).text))
      return line?.reason
    }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    expect(await reasonOf(bearer(access_token))).toBeUndefined()
    expect(await reasonOf({})).toBe('missing')
    expect(await reasonOf({ authorization: access_token })).toBe('malformed')
    expect(await reasonOf(bearer(`${access_token}x`))).toBe('not_ours_or_expired')
    expect(await reasonOf(bearer(api.access_token))).toBe('not_for_these_routes')
    await latchkey.database.query('delete from latchkey.sessions where id = $1', [sid])
    expect(await reasonOf(bearer(access_token))).toBe('session_over')
    // The good one, and one for all causes.
    expect(bodies.size).toBe(2)
  })

  test('whose token is good, and is refused for something else', async () => {
    const tokens = await signIn(latchkey, provider)
    const lines = await problemsOf(() =>
      fetch(`${latchkey.url}/me`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${tokens.access_token}`,
          'content-type': 'application/json',
        },
        body: '{"admin":true}',
      }),
    )
    expect(lines).toHaveLength(1)
    const { sub: user, sid: session } = tokens
    expect(lines[0]).toMatchObject({ ...WHERE, route: '/me', client: 'spa', user, session })
  })

  test('a refresh token that is reused', async () => {
    const tokens = await signIn(latchkey, provider)
    const refresh = (refresh_token: string) =>
      post(`${latchkey.url}/token`, {
        grant_type: 'refresh_token',
        client_id: 'spa',
        refresh_token,
      })
    const second = String((await refresh(tokens.refresh_token)).json().refresh_token)
    const third = String((await refresh(second)).json().refresh_token)
    await refresh(third)
    await age(latchkey, '1 minute')
    const lines = await problemsOf(() => refresh(tokens.refresh_token))
    const { sub: user, sid: session } = tokens
    const known = { ...WHERE, route: '/token', client: 'spa' }
    expect(lines.map(({ event }) => event)).toEqual(['refresh_token.reused', 'oauth_error'])
    expect(lines[0]).toMatchObject({ ...known, user, session })
    expect(lines[1]).toMatchObject(known)
  })
})

test.each(['docs/operating.md', 'docs/ko/operating.md'])(
  'the fields of the log that %s names are in it',
  async (page) => {
    await getCode(latchkey, provider)
    provider.answers.token = { status: 503, body: {} }
    await authorize(latchkey, provider)
    const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
    const table = /^\| `event` \|[\s\S]*?\n\n/m.exec(text)?.[0] ?? ''
    const names = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
    expect(names.length).toBeGreaterThan(7)
    // Nothing is sent here: tests/events/outbox.test.ts sees these.
    for (const ofOutbox of ['webhook_id', 'entry', 'target']) {
      expect(names.splice(names.indexOf(ofOutbox), 1)).toEqual([ofOutbox])
    }
    const lines = latchkey.logs.map((line) => JSON.parse(line) as Line)
    expect(names.filter((name) => !lines.some((line) => name in line))).toEqual([])
  },
)

/** Begins a login of the SPA with these parameters changed. */
function authorizeRaw(changes: Record<string, string>, id = 'fake') {
  return new Browser().send(`${latchkey.url}/login/${id}${authorizationQuery(changes)}`)
}

test('no warning within a request is written without its place', () => {
  const src = join(import.meta.dirname, '../../src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('emulator'),
  )
  const warning = files.filter((name) =>
    /request\.log\.(warn|error)\(/.test(readFileSync(join(src, name), 'utf8')),
  )
  expect(warning.length).toBeGreaterThan(5)
  const bare = warning.filter((name) => !readFileSync(join(src, name), 'utf8').includes('placeOf('))
  expect(bare).toEqual([])
})
