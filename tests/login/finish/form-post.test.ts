import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../../helpers/apps.ts'
import { type Answer, Browser } from '../../helpers/browser.ts'
import { countRows, startLogin } from '../../helpers/latchkey.ts'
import { expectNoSecretLogged, expectProblem, lastProblem } from '../../helpers/problems.ts'
import { rawRequest } from '../../helpers/raw-request.ts'
import { setStage } from '../../helpers/stage.ts'

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const { provider, latchkey } = setStage({
  settings: APPS,
  aim: ({ issuer, clientId }) => ({
    APPLE_CLIENT_ID: clientId,
    APPLE_TEAM_ID: 'TEAM567890',
    APPLE_KEY_ID: 'KEY4567890',
    APPLE_PRIVATE_KEY: privateKey,
    APPLE_ISSUER: issuer,
    APPLE_AUTHORIZATION_ENDPOINT: `${issuer}/authorize`,
    APPLE_TOKEN_ENDPOINT: `${issuer}/token`,
    APPLE_TRUST_EMAIL: 'on',
    APPLE_JWKS_URI: `${issuer}/jwks`,
  }),
  people: (turn) => ({ email: `apple-${turn}@example.com`, email_verified: 'true' }),
})

const callback = () => `${latchkey.url}/login/apple/callback`
/** What the provider's page posts: cross-site, so without our cookies. */
const postBack = (form: Record<string, string> | string) =>
  new Browser().send(callback(), {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...{ origin: 'https://appleid.apple.com', 'sec-fetch-site': 'cross-site' },
    },
  })

async function start(query = '') {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, 'apple', query)
  provider.nonce = started.nonce ?? ''
  return { ...started, browser }
}
const userOf = (answer: Answer) => {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
  return answer.json().user as Record<string, unknown>
}
const NAME = { name: { firstName: 'Minjeong', lastName: 'Kim' } }

describe('2.28 a callback by form_post', () => {
  test('is asked for, bounced to GET of the same path, and finished there by its cookie', async () => {
    const { browser, authorization, state } = await start()
    expect(authorization.searchParams.get('response_mode')).toBe('form_post')
    const before = await countRows(latchkey)
    const form = { code: 'a-code', state, id_token: 'canary-id-token', user: JSON.stringify(NAME) }
    const bounce = await postBack(form)
    expect(bounce.status).toBe(303)
    expect(bounce.headers.getSetCookie()).toEqual([])
    expect(bounce.headers.get('cache-control')).toBe('no-store')
    expect(bounce.headers.get('referrer-policy')).toBe('no-referrer')
    expect(bounce.location?.href.split('?')[0]).toBe(callback())
    const carried = bounce.location?.searchParams ?? new URLSearchParams()
    expect([...carried.keys()].sort()).toEqual(['code', 'form_user', 'state'])
    // A name has no place in a URL.
    expect(bounce.location?.href).not.toMatch(/Minjeong|Kim|canary/)
    expect(provider.count('token')).toBe(0)
    expect(await countRows(latchkey)).toEqual(before)
    const user = userOf(await browser.send(bounce.location ?? ''))
    expect(user).toMatchObject({ name: 'Minjeong Kim', email: provider.person.email })
    expect(provider.count('token')).toBe(1)
    expectNoSecretLogged(latchkey, { name: 'Minjeong', idToken: 'canary-id-token' })
  })

  test('without the cookie of this browser is refused, and burns nothing', async () => {
    const { browser, state } = await start()
    const { location } = await postBack({ code: 'a-code', state })
    const stranger = await new Browser().send(location ?? '')
    expectProblem(stranger, 400, 'invalid_state')
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'flow_not_found' })
    expect(provider.count('token')).toBe(0)
    userOf(await browser.send(location ?? ''))
    expectProblem(await browser.send(location ?? ''), 400, 'invalid_state')
  })

  test('tells the client of a refusal, in our words', async () => {
    const { browser, state } = await start(authorizationQuery())
    const error = 'user_cancelled_authorize'
    const { location } = await postBack({ error, state, error_description: '<script>' })
    expect(location?.href).not.toContain('script')
    const answer = await browser.send(location ?? '')
    expect(answer.status).toBe(303)
    expect(answer.location?.searchParams.get('error')).toBe('access_denied')
    expect(answer.location?.href).not.toMatch(/user_cancelled|<script|%3Cscript/)
  })

  test('with a parameter twice, in brackets or too long is refused', async () => {
    for (const form of [
      'state=a&state=b&code=c',
      'code=a&code=b',
      'code[]=a',
      'user=a&user=b',
      `code=${'a'.repeat(8193)}`,
      `user=${'a'.repeat(5000)}`,
    ]) {
      const answer = await postBack(form)
      expectProblem(answer, 400, 'invalid_request')
      expect(answer.location).toBeNull()
    }
    expectProblem(await postBack(`code=${'a'.repeat(70_000)}`), 413, 'payload_too_large')
  })

  test('cannot split the header it is bounced with', async () => {
    const { headers } = await postBack({ code: 'a\r\nSet-Cookie: x=1', state: '\r\n\r\n<script>' })
    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('location')).toMatch(/^\/login\/apple\/callback\?[\w%&=+.*-]+$/)
  })
})

describe('2.29 the user parameter', () => {
  const finish = async (user: string) => {
    const { browser, state } = await start()
    return browser.send((await postBack({ code: 'a-code', state, user })).location ?? '')
  }

  test('is believed for a name and for nothing else', async () => {
    const { email } = provider.person
    const forged = { ...NAME, email: 'victim@example.com', email_verified: true, sub: 'victim' }
    const user = userOf(await finish(JSON.stringify(forged)))
    expect(user).toMatchObject({ name: 'Minjeong Kim', email, email_verified: true })
    expect(user.identities).toMatchObject([{ subject: provider.subject, email }])
    expect(JSON.stringify(user)).not.toContain('victim')
  })

  test.each([
    'x',
    '{"name":',
    'null',
    '[]',
    '"Minjeong"',
    '{"name":"Minjeong"}',
    '{"name":{"firstName":1,"lastName":{"a":1}}}',
    '{"__proto__":{"name":{"firstName":"x"}}}',
    '{"name":{"firstName":"\\u0000","lastName":"\\u202e"}}',
  ])('%s is as good as none', async (text) => {
    expect(userOf(await finish(text)).name).toBeUndefined()
    expect(({} as { name?: unknown }).name).toBeUndefined()
  })

  test('7.29 a second login without it keeps the name', async () => {
    userOf(await finish(JSON.stringify(NAME)))
    expect(userOf(await finish('')).name).toBe('Minjeong Kim')
  })

  test('counts only as we sealed it for this very state', async () => {
    const [first, second] = [await start(), await start()]
    const sealedOf = async (state: string) =>
      (
        await postBack({ code: 'a-code', state, user: JSON.stringify(NAME) })
      ).location?.searchParams.get('form_user') ?? ''
    const sealed = await sealedOf(first.state)
    provider.nonce = second.nonce ?? ''
    const other = second.callback({ form_user: sealed })
    expect(userOf(await second.browser.send(other)).name).toBeUndefined()
    const plain = await start()
    const unsealed = plain.callback({ form_user: JSON.stringify(NAME) })
    expect(userOf(await plain.browser.send(unsealed)).name).toBeUndefined()
    provider.nonce = first.nonce ?? ''
    const own = first.callback({ form_user: sealed })
    expect(userOf(await first.browser.send(own)).name).toBe('Minjeong Kim')
  })
})

describe('2.30 and 2.27 another content type or method', () => {
  test.each([
    ...['application/json', 'application/json x', 'text/plain', 'multipart/form-data; boundary=x'],
    ...['application/x-www-form-urlencodedx', 'application/xml'],
  ])('%s is refused', async (type) => {
    const body = 'code=a-code&state=x'
    const headers = ['content-type', type, 'content-length', String(body.length)]
    const answer = await rawRequest(callback(), { method: 'POST', headers, body })
    expectProblem(answer, 415, 'unsupported_media_type')
    expect(answer.location).toBeNull()
  })

  test('PUT and DELETE are 405; HEAD finishes nothing', async () => {
    const { browser, state } = await start()
    for (const method of ['PUT', 'DELETE', 'HEAD']) {
      const answer = await browser.send(`${callback()}?code=a-code&state=${state}`, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
    }
    userOf(await browser.send(`${callback()}?code=a-code&state=${state}`))
  })
})
