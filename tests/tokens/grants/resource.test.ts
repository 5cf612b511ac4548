import { describe, expect, test } from 'vitest'
import { age } from '../../helpers/age.ts'
import {
  APPS,
  claimsOf,
  getCode,
  meStatus,
  post,
  readTokens,
  redeem,
  refresh,
  SPA,
  VERIFIER,
} from '../../helpers/apps.ts'
import { cookieLogin } from '../../helpers/cookie-login.ts'
import { exchange, nativeClaims } from '../../helpers/native.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { setStage } from '../../helpers/stage.ts'

const ORDERS = 'https://orders.example.com/'
const STOCK = 'urn:example:stock'
const API = 'https://api.example.com'

const { latchkey, provider, start } = setStage({
  settings: {
    ...APPS,
    CLIENT_SPA_RESOURCES: `${ORDERS},${STOCK}`,
    CLIENT_SPA_RESPONSE_MODES: 'query,cookie',
    TOKEN_AUDIENCE: API,
  },
})

const audOf = ({ access_token }: { access_token: string }) => claimsOf(access_token).aud

describe('the aud of an access token', () => {
  test('is TOKEN_AUDIENCE and PUBLIC_URL where no resource was asked for', async () => {
    const tokens = readTokens(await redeem(latchkey, await getCode(latchkey, provider)))
    expect(audOf(tokens)).toEqual([API, latchkey.url])
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
  })

  test('is the one resource that /token names, for this one access token', async () => {
    const code = await getCode(latchkey, provider)
    const tokens = readTokens(await redeem(latchkey, code, { resource: ORDERS }))
    expect(audOf(tokens)).toBe(ORDERS)
    // An API that gets it cannot play it back here.
    expect(await meStatus(latchkey, tokens.access_token)).toBe(401)
    const stock = readTokens(await refresh(latchkey, tokens.refresh_token, { resource: STOCK }))
    expect(audOf(stock)).toBe(STOCK)
    const own = readTokens(await refresh(latchkey, stock.refresh_token, { resource: latchkey.url }))
    expect(audOf(own)).toBe(latchkey.url)
    expect(await meStatus(latchkey, own.access_token)).toBe(200)
    const usual = readTokens(await refresh(latchkey, own.refresh_token))
    expect(audOf(usual)).toEqual([API, latchkey.url])
  })

  test('is that of a native sign-in too', async () => {
    const ask = async (parameters: Record<string, string>) =>
      exchange(latchkey, await provider.sign(nativeClaims(provider)), {
        client_id: 'spa',
        ...parameters,
      })
    expect(audOf(readTokens(await ask({ resource: STOCK })))).toBe(STOCK)
    expectOAuthError(await ask({ resource: API }), 400, 'invalid_target')
    // The exchange has another word for it: what is asked for is given, or refused.
    expect(audOf(readTokens(await ask({ audience: STOCK })))).toBe(STOCK)
    expect(audOf(readTokens(await ask({ audience: STOCK, resource: STOCK })))).toBe(STOCK)
    expectOAuthError(await ask({ audience: API }), 400, 'invalid_target')
    expectOAuthError(await ask({ audience: STOCK, resource: ORDERS }), 400, 'invalid_target')
  })
})

test.each([
  ['one that the client does not list', `resource=${encodeURIComponent(API)}`],
  ['a near miss', `resource=${encodeURIComponent(ORDERS.slice(0, -1))}`],
  ['a second one', `resource=${encodeURIComponent(ORDERS)}&resource=${encodeURIComponent(STOCK)}`],
  [
    'the same twice',
    `resource=${encodeURIComponent(ORDERS)}&resource=${encodeURIComponent(ORDERS)}`,
  ],
])('%s is invalid_target, and spends nothing', async (_name, resource) => {
  const code = await getCode(latchkey, provider)
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    ...SPA,
    code,
    code_verifier: VERIFIER,
  })
  expectOAuthError(
    await post(`${latchkey.url}/token`, `${form}&${resource}`),
    400,
    'invalid_target',
  )
  const tokens = readTokens(await redeem(latchkey, code))
  const again = new URLSearchParams({
    ...{ grant_type: 'refresh_token', client_id: 'spa', refresh_token: tokens.refresh_token },
  })
  expectOAuthError(
    await post(`${latchkey.url}/token`, `${again}&${resource}`),
    400,
    'invalid_target',
  )
  expect(readTokens(await refresh(latchkey, tokens.refresh_token)).sid).toBe(tokens.sid)
})

test('the log says what was asked for and what is listed: often it is a slash', async () => {
  const before = latchkey.logs.length
  const resource = ORDERS.slice(0, -1)
  await redeem(latchkey, await getCode(latchkey, provider), { resource })
  const told = latchkey.logs.slice(before).filter((line) => line.includes('invalid_target'))
  expect(told.map((line) => JSON.parse(line))).toMatchObject([
    { sent: resource, registered: `${ORDERS}, ${STOCK}, ${latchkey.url}` },
  ])
})

test('the resource that a session began with is given out for as long as its client lists it, and asking for it then spends nothing', async () => {
  const code = await getCode(latchkey, provider, { resource: ORDERS })
  const tokens = readTokens(await redeem(latchkey, code))
  expect(audOf(tokens)).toBe(ORDERS)
  const without = await start({ CLIENT_SPA_RESOURCES: STOCK })
  // An app that tries again and again is no thief.
  for (let turn = 0; turn < 3; turn++) {
    const refused = await refresh(without, tokens.refresh_token)
    expectOAuthError(refused, 400, 'invalid_target')
    await age(latchkey, '11 seconds')
  }
  const own = { resource: latchkey.url }
  expect(audOf(readTokens(await refresh(without, tokens.refresh_token, own)))).toBe(latchkey.url)
  expect(audOf(readTokens(await refresh(latchkey, tokens.refresh_token)))).toBe(ORDERS)
})

test('in cookie mode a resource is refused', async () => {
  const browser = await cookieLogin(latchkey, provider)
  const ask = (form: string) =>
    browser.send(`${latchkey.url}/token`, {
      method: 'POST',
      body: form,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://app.example.com',
      },
    })
  const resource = `resource=${encodeURIComponent(ORDERS)}`
  expectOAuthError(await ask(`grant_type=refresh_token&${resource}`), 400, 'invalid_target')
  expect((await ask('grant_type=refresh_token')).status).toBe(200)
})

test.each(['openid "email"', 'openid\\email', 'openid\u00e9', 'profile email,account'])(
  'the scope %j is malformed: invalid_scope',
  async (scope) => {
    const code = await getCode(latchkey, provider)
    const { refresh_token } = readTokens(await redeem(latchkey, code))
    expectOAuthError(await refresh(latchkey, refresh_token, { scope }), 400, 'invalid_scope')
    expect((await refresh(latchkey, refresh_token)).status).toBe(200)
  },
)
