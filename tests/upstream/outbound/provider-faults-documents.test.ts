import { describe, expect, test } from 'vitest'
import { cut, redirect, reset } from '../../helpers/bad-answers.ts'
import type { Reply } from '../../helpers/fake-provider.ts'
import { login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, failed, type Refusal, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

const HTML = '<html><body>Sign in to the network of this café</body></html>'
const as = (type: string) => ({ headers: { 'content-type': type } })

/** An answer made of the JSON of the correct one, and how it is refused as tokens and as userinfo. */
type Row = [title: string, make: (json: string) => Reply, token: Refusal, userinfo: Refusal]

const notAnObject = [unusable('token', 'not_an_object'), unusable('profile', 'shape')] as const
const notJson = [unusable('token', 'not_json'), unusable('userinfo', 'not_json')] as const
const notTyped = [unusable('token', 'content_type'), unusable('userinfo', 'content_type')] as const
const moved = [unusable('token', 'redirect'), unusable('userinfo', 'redirect')] as const
const unreached = [failed('token'), failed('userinfo')] as const

const rows: Row[] = [
  ...['[]', '"text"', 'null', '42', 'true'].map(
    (body): Row => [`6.12 ${body} in place of an object`, () => ({ body }), ...notAnObject],
  ),
  ['6.12 half of an object', (json) => ({ body: json.slice(0, -9) }), ...notJson],
  ['6.12 an object with junk after it', (json) => ({ body: `${json} junk` }), ...notJson],
  ['6.12 two objects', (json) => ({ body: json + json }), ...notJson],
  [
    '6.12 an empty body',
    () => ({ body: '' }),
    unusable('token', 'not_json'),
    unusable('userinfo', 'not_json'),
  ],
  ['6.13 a page', () => ({ ...as('text/html'), body: HTML }), ...notTyped],
  ['6.13 a page that says it is JSON', () => ({ body: HTML }), ...notJson],
  [
    '6.13 a 202',
    () => ({ status: 202, body: '' }),
    unusable('token', 'not_json'),
    failed('userinfo', { status: 202 }),
  ],
  ...[301, 302, 303, 307, 308].map(
    (status): Row => [
      `6.05 a ${status} to another place`,
      () => redirect(status, '/elsewhere'),
      ...moved,
    ],
  ),
  ['6.05 a 302 without a place', () => ({ status: 302, body: '' }), ...moved],
  ['6.08 a connection that is reset', () => reset, ...unreached],
  ['6.08 a connection that is cut within the answer', () => cut, ...unreached],
]

describe.each(['token', 'userinfo'] as const)('what the %s endpoint answers', (step) => {
  const stage = setStage()

  test.each(rows)('%s is refused after one call', async (_title, make, token, userinfo) => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    const since = latchkey.logs.length
    provider.answers[step] = async (call, response) => {
      const reply = make(JSON.stringify(await provider.correct(step)))
      if (typeof reply === 'function') return reply(call, response)
      response.writeHead(reply.status ?? 200, {
        'content-type': 'application/json',
        ...reply.headers,
      })
      response.end(reply.body)
    }
    const refusal = step === 'token' ? token : userinfo
    const calls = step === 'token' ? { token: 1 } : { token: 1, userinfo: 1 }
    const answer = await expectRefused(stage, refusal, () => login(latchkey, provider), calls)
    expect(provider.count('other')).toBe(0)
    expect(answer.text + latchkey.logs.slice(since).join('')).not.toContain('café')
    provider.reset()
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test.each([
    ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json ;x=y'],
    ...[
      'text/plain;charset=UTF-8',
      'application/octet-stream',
      'application/jsonp',
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'application/xhtml+xml',
      'nonsense',
      '',
    ],
  ])('6.13 the right JSON as "%s" is read, with a byte order mark too', async (type) => {
    const { latchkey, provider } = stage
    for (const mark of ['', '\ufeff']) {
      provider.answers[step] = async (_call, response) => {
        response.writeHead(200, type === '' ? {} : { 'content-type': type })
        response.end(mark + JSON.stringify(await provider.correct(step)))
      }
      expect((await login(latchkey, provider)).status).toBe(200)
    }
  })
})

describe('documents with something strange in them', () => {
  const stage = setStage()

  test.each([400, 402, 410, 429, 500, 503])(
    '6.14 userinfo that answers %i after a good token makes no user, and is asked once',
    async (status) => {
      const { latchkey, provider } = stage
      provider.subject = `person-${status}`
      provider.answers.userinfo = { status, body: { sub: provider.subject } }
      await expectRefused(stage, failed('userinfo', { status }), () => login(latchkey, provider))
      delete provider.answers.userinfo
      expect((await login(latchkey, provider)).status).toBe(200)
    },
  )

  test('6.12 a member __proto__ in a document changes nothing', async () => {
    const { latchkey, provider } = stage
    const evil = '{"__proto__":{"sub":"evil","email":"evil@example.com","email_verified":true},'
    const withProto = (document: object) => JSON.stringify(document).replace('{', evil)
    provider.token = withProto
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.token = ({ access_token, ...rest }) =>
      JSON.stringify(rest).replace('{', `{"__proto__":{"access_token":"${access_token}"},`)
    await expectRefused(stage, unusable('token', 'shape'), () => login(latchkey, provider))
    provider.reset()
    provider.userinfo = withProto
    const answer = await login(latchkey, provider)
    expect(answer.json().user).toMatchObject({ email: 'person.one@example.com' })
    provider.userinfo = ({ sub, ...rest }) => withProto(rest)
    await expectRefused(stage, unusable('profile', 'shape'), () => login(latchkey, provider), {
      token: 1,
      userinfo: 1,
    })
    expect(({} as Record<string, unknown>).email).toBeUndefined()
  })

  test('6.12 invalid UTF-8 does not become a fault of ours', async () => {
    const { latchkey, provider } = stage
    provider.answers.userinfo = async (_call, response) => {
      const json = JSON.stringify({
        ...((await provider.correct('userinfo')) as object),
        name: '?',
      })
      const bytes = Buffer.from(json)
      bytes[json.indexOf('?')] = 0xff
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(bytes)
    }
    const answer = await login(latchkey, provider)
    expect(answer.status).toBe(200)
    expect(answer.json().user).toMatchObject({ name: '\ufffd' })
  })

  test('6.09 after a failure the code is not sent again, and a new login with a new code succeeds', async () => {
    const { latchkey, provider } = stage
    let failures = 0
    provider.answers.token = async (_call, response) => {
      response.writeHead(failures++ === 0 ? 503 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(await provider.correct('token')))
    }
    await expectRefused(stage, failed('token', { status: 503 }), () => login(latchkey, provider))
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('token')).toBe(2)
  })

  test('6.08 a provider that nobody listens for is a provider error, and does not harm another', async () => {
    const { latchkey, provider } = stage
    const at = (port: string) => ({
      ...provider.settings(),
      FAKE_AUTHORIZATION_ENDPOINT: `${provider.issuer}/authorize`,
      FAKE_USERINFO_ENDPOINT: `${provider.issuer}/userinfo`,
      FAKE_JWKS_URI: `${provider.issuer}/jwks`,
      FAKE_TOKEN_ENDPOINT: port,
    })
    const { testDatabase } = latchkey
    for (const endpoint of ['http://127.0.0.1:1/token', 'https://provider.invalid/token']) {
      const other = await startLatchkey(at(endpoint), { testDatabase })
      await expectRefused(
        { provider, latchkey: other },
        failed('token'),
        () => login(other, provider),
        {},
      )
      await other.close()
    }
    const right = await startLatchkey(at(`${provider.issuer}/token`), { testDatabase })
    expect((await login(right, provider)).status).toBe(200)
    await right.close()
  })
})
