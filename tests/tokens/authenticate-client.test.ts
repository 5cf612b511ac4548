import { describe, expect, test } from 'vitest'
import {
  API,
  APPS,
  basic,
  getCode,
  type Parameters,
  post,
  redeem,
  SPA,
  VERIFIER,
  WEB,
} from '../helpers/apps.ts'
import { expectOAuthError, lastOAuthError } from '../helpers/oauth.ts'
import { expectNoSecretLogged } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

const { client_id: id, client_secret: secret, redirect_uri } = WEB
const webCode = () => getCode(latchkey, provider, { client_id: id, redirect_uri })
/** Redeems a code of WEB with these credentials alone. */
const redeemAs = (code: string, body: Parameters, authorization?: string) =>
  redeem(
    latchkey,
    code,
    { client_id: null, redirect_uri, ...body },
    authorization === undefined ? {} : { authorization },
  )

describe('3.16 a confidential client authenticates', () => {
  const raw = (text: string) => text
  test.each<[string, Parameters, string?]>([
    ['by post', { client_id: id, client_secret: secret }],
    ['by Basic, form-encoded', {}, basic(id, secret)],
    ['by Basic as it stands', {}, basic(id, secret, raw)],
    ['by Basic in another case', {}, basic(id, secret).replace('Basic', 'bASIC')],
    ['by Basic, and names itself', { client_id: id }, basic(id, secret)],
  ])('%s', async (_name, body, authorization) => {
    const answer = await redeemAs(await webCode(), body, authorization)
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
  })

  const twice = (text: string) => encodeURIComponent(encodeURIComponent(text))
  test.each<[string, Parameters, string?]>([
    ['by nothing', { client_id: id }],
    ['by an empty secret', { client_id: id, client_secret: '' }],
    ['by a wrong secret', { client_id: id, client_secret: `${secret}x` }],
    ['by a secret in another case', { client_id: id, client_secret: secret.toUpperCase() }],
    ['by the secret of another client', { client_id: id, client_secret: API.client_secret }],
    ['by a secret in Basic that is wrong', {}, basic(id, 'wrong')],
    ['by an empty secret in Basic', {}, basic(id, '')],
    ['by Basic, encoded twice', {}, basic(id, secret, twice)],
    ['by Basic without a colon', {}, `Basic ${Buffer.from(id).toString('base64')}`],
    ['by Basic that is no base64', {}, 'Basic %%%'],
    ['by an empty Basic', {}, 'Basic '],
    ['by Bearer', { client_id: id }, `Bearer ${secret}`],
    ['as a client that is unknown', { client_id: 'nobody', client_secret: secret }],
    ['as __proto__', { client_id: '__proto__', client_secret: secret }],
    ['as nobody', {}],
  ])('%s it is refused with 401 invalid_client, and its code is not burnt', async (...args) => {
    const [, body, authorization] = args
    const code = await webCode()
    const answer = await redeemAs(code, body, authorization)
    expectOAuthError(answer, 401, 'invalid_client')
    const challenge = authorization === undefined ? null : 'Basic realm="latchkey"'
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
    expect((await redeemAs(code, {}, basic(id, secret))).status).toBe(200)
    expectNoSecretLogged(latchkey, { secret })
  })

  test('a client id of kilobytes turns no log into a flood', async () => {
    const long = `x\n${'y'.repeat(10_000)}`
    const answer = await redeemAs(await webCode(), {}, basic(long, secret))
    expectOAuthError(answer, 401, 'invalid_client')
    const { client, reason } = lastOAuthError(latchkey)
    expect(reason).toBe('client_id_unknown')
    expect(String(client)).toMatch(/^x\\ny+…$/)
    expect(String(client).length).toBeLessThan(210)
  })

  test('an unknown client and a wrong secret get the same answer', async () => {
    const code = await webCode()
    const texts = await Promise.all(
      [{ client_id: 'nobody' }, { client_id: id }].map(async (body) => {
        return (await redeemAs(code, { ...body, client_secret: 'wrong' })).text
      }),
    )
    expect(texts[0]).toBe(texts[1])
  })

  test.each<[string, Parameters, string]>([
    ['both ways at once', { client_id: id, client_secret: secret }, basic(id, secret)],
    ['two names', { client_id: 'api' }, basic(id, secret)],
  ])('%s are an invalid_request', async (_name, body, authorization) => {
    const code = await webCode()
    expectOAuthError(await redeemAs(code, body, authorization), 400, 'invalid_request')
    expect((await redeemAs(code, {}, authorization)).status).toBe(200)
  })

  test('an Authorization header that stands twice is an invalid_request: a proxy may have looked at the other', async () => {
    const ask = (...headers: string[]) =>
      rawRequest(`${latchkey.url}/introspect`, {
        method: 'POST',
        headers: [...headers, 'content-type', FORM, 'content-length', '7'],
        body: 'token=x',
      })
    const good = ['authorization', basic(id, secret)]
    expect((await ask(...good)).status).toBe(200)
    for (const other of [good, ['Authorization', 'Bearer x']]) {
      expectOAuthError(await ask(...good, ...other), 400, 'invalid_request')
    }
  })

  test('a public client names itself, in the body or as Basic without a secret', async () => {
    const spa = (body: Parameters, authorization?: string) => async () =>
      redeemAs(await getCode(latchkey, provider), { ...SPA, ...body }, authorization)
    expect((await spa({})()).status).toBe(200)
    expect((await spa({ client_secret: '' })()).status).toBe(200)
    expect((await spa({ client_id: null }, basic('spa', ''))()).status).toBe(200)
    expectOAuthError(await spa({ client_secret: 'x' })(), 401, 'invalid_client')
    expectOAuthError(await spa({}, basic('spa', 'x'))(), 401, 'invalid_client')
    expectOAuthError(await spa({ client_id: null })(), 401, 'invalid_client')
    expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'client_id_missing' })
  })
})

test.each([
  ['api', 'not the secret of anybody', 'client_secret_wrong'],
  ['api', '', 'client_secret_missing'],
  ['spa', 'a secret that it does not have', 'client_is_public'],
  ['nobody', 'a secret', 'client_id_unknown'],
])(
  '3.16 the log says of a refusal whose value was wrong: %s with %j is %s',
  async (id, secret, reason) => {
    for (const route of ['/token', '/revoke', '/introspect']) {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }
      const given = { ...form, client_id: id, ...(secret === '' ? {} : { client_secret: secret }) }
      expectOAuthError(await post(`${latchkey.url}${route}`, given), 401, 'invalid_client')
      expect(lastOAuthError(latchkey)).toMatchObject({ client: id, reason, route })
      expect(lastOAuthError(latchkey).address).toMatch(/^(127\.0\.0\.1|::1)$/)
      if (secret !== '') expect(latchkey.logs.join('')).not.toContain(secret)
    }
  },
)

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
const request = (code: string) => ({
  grant_type: 'authorization_code',
  ...SPA,
  code,
  code_verifier: VERIFIER,
})

describe('3.15 and 2.30 the shape of a token request', () => {
  const send = (body: string, contentType: string | null) =>
    rawRequest(`${latchkey.url}/token`, {
      method: 'POST',
      headers: [
        ...(contentType === null ? [] : ['content-type', contentType]),
        ...['content-length', String(Buffer.byteLength(body))],
      ],
      body,
    })

  test.each([JSON_TYPE, `${JSON_TYPE}; charset=utf-8`, FORM, `${FORM};charset=UTF-8`])(
    'a body of %s is read',
    async (type) => {
      const values = request(await getCode(latchkey, provider))
      const body = type.startsWith(FORM)
        ? new URLSearchParams(values).toString()
        : JSON.stringify(values)
      const answer = await send(body, type)
      expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('pragma')).toBe('no-cache')
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    },
  )

  test.each([
    ...['application/json x', 'application/jsonx', 'text/plain', 'text/json', 'application/xml'],
    ...['multipart/form-data; boundary=x', 'application/x-www-form-urlencodedx', '', null],
  ])('3.17 a body of %j is refused, and its code stays good', async (type) => {
    const values = request(await getCode(latchkey, provider))
    for (const body of [JSON.stringify(values), new URLSearchParams(values).toString()]) {
      const answer = await send(body, type)
      expect([400, 415]).toContain(answer.status)
      expectOAuthError(answer, answer.status, 'invalid_request')
      // A form of JavaScript’s FormData is told what is taken instead.
      if (answer.status === 415) expect(answer.json().error_description).toContain(FORM)
    }
    expect((await send(JSON.stringify(values), JSON_TYPE)).status).toBe(200)
  })

  test.each<[string, string]>([
    ['an array', '[]'],
    ['a string', '"grant_type"'],
    ['null', 'null'],
    ['a number', '1'],
    ['broken', '{"grant_type":'],
    ['empty', ''],
    ['with a poisoned prototype', '{"__proto__":{"grant_type":"refresh_token"}}'],
    ['with a number for the grant', '{"grant_type":1}'],
    ['with an object for the grant', '{"grant_type":{"a":1}}'],
    ['with a list for the grant', '{"grant_type":["authorization_code"]}'],
  ])('JSON that is %s is an invalid_request', async (_name, body) => {
    expectOAuthError(await send(body, JSON_TYPE), 400, 'invalid_request')
  })

  test('what JSON writes out as null counts as left out', async () => {
    const values = request(await getCode(latchkey, provider))
    const none = { client_secret: null, scope: null, resource: null, nonce: null, no_such: null }
    const needed = await send(JSON.stringify({ ...values, code_verifier: null }), JSON_TYPE)
    expectOAuthError(needed, 400, 'invalid_request')
    expect(needed.json().error_description).toBe('The code_verifier is missing.')
    expect((await send(JSON.stringify({ ...values, ...none }), JSON_TYPE)).status).toBe(200)
  })

  test('what stands twice is refused, however much stands between', async () => {
    const once = `grant_type=password${'&a='.repeat(2000)}`
    const twice = await post(`${latchkey.url}/token`, `${once}&grant_type=password`)
    expectOAuthError(twice, 400, 'invalid_request')
    expectOAuthError(await post(`${latchkey.url}/token`, once), 400, 'unsupported_grant_type')
  })

  test.each([
    ['grant_type=authorization_code&grant_type=refresh_token', 'invalid_request'],
    ['grant_type[]=authorization_code', 'invalid_request'],
    ['client_id=spa', 'invalid_request'],
    ['grant_type=', 'invalid_request'],
    ['grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['grant_type=implicit', 'unsupported_grant_type'],
    ['grant_type=__proto__', 'unsupported_grant_type'],
  ])('%s is %s', async (form, error) => {
    expectOAuthError(await post(`${latchkey.url}/token`, form), 400, error)
  })

  test.each(['code', 'redirect_uri', 'client_id'])('a second %s is refused', async (name) => {
    const values = request(await getCode(latchkey, provider))
    const form = new URLSearchParams(values)
    form.append(name, name === 'code' ? 'another' : values[name as 'redirect_uri'])
    const answer = await post(`${latchkey.url}/token`, form.toString())
    expectOAuthError(answer, 400, 'invalid_request')
    expect((await send(JSON.stringify(values), JSON_TYPE)).status).toBe(200)
  })

  test('one megabyte is 413, whichever form it has', async () => {
    for (const type of [FORM, JSON_TYPE]) {
      const answer = await post(`${latchkey.url}/token`, `grant_type=${'a'.repeat(2 ** 20)}`, {
        'content-type': type,
      })
      expectOAuthError(answer, 413, 'invalid_request')
    }
  })
})
