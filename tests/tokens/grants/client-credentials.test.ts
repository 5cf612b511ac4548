import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../../src/settings/index.ts'
import { API, APPS, askMe, claimsOf, post, SPA, WEB } from '../../helpers/apps.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { expectProblem } from '../../helpers/problems.ts'
import { useLatchkey } from '../../helpers/stage.ts'

const BACKEND = { client_id: 'backend', client_secret: 'the secret of the backend' }
const NEW_SECRET = 'the next secret of the backend'
const settings = {
  ...APPS,
  CLIENTS: `${APPS.CLIENTS},backend`,
  CLIENT_BACKEND_SECRET: `${BACKEND.client_secret},${NEW_SECRET}`,
  CLIENT_BACKEND_ADMIN: 'on',
  TOKEN_AUDIENCE: 'https://api.example.com',
}
const latchkey = useLatchkey(settings)

const ask = (form: Record<string, string | null>) =>
  post(`${latchkey.url}/token`, { grant_type: 'client_credentials', ...form })

describe('client_credentials', () => {
  test('give a client an access token for itself, for five minutes and our own routes', async () => {
    const answer = await ask(BACKEND)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { access_token, ...rest } = answer.json()
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 300, scope: 'admin' })
    const keys = createRemoteJWKSet(new URL(`${latchkey.url}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(String(access_token), keys, {
      ...{ issuer: latchkey.url, audience: latchkey.url, typ: 'at+jwt' },
    })
    const { iat, exp, jti, ...claims } = payload
    expect(claims).toEqual({
      ...{ iss: latchkey.url, aud: latchkey.url, sub: 'backend', client_id: 'backend' },
      scope: 'admin',
    })
    expect(Number(exp) - Number(iat)).toBe(300)
    const again = (await ask({ ...BACKEND, scope: 'admin' })).json()
    expect(claimsOf(String(again.access_token)).jti).not.toBe(jti)
  })

  test('open no route of a person, and introspection knows them', async () => {
    const { access_token: token } = (await ask(BACKEND)).json()
    const me = await askMe(latchkey, token)
    expectProblem(me, 401, 'invalid_token')
    const { client_id, client_secret } = API
    const form = { token: String(token), client_id, client_secret }
    const told = (await post(`${latchkey.url}/introspect`, form)).json()
    expect(told).toMatchObject({ active: true, sub: 'backend', scope: 'admin' })
    expect(told).not.toHaveProperty('sid')
    const revoked = { ...BACKEND, token: String(token) }
    expect((await post(`${latchkey.url}/revoke`, revoked)).status).toBe(200)
  })

  test.each<[string, Record<string, string>, string]>([
    ['another scope', { ...BACKEND, scope: 'openid' }, 'invalid_scope'],
    ['a scope beside it', { ...BACKEND, scope: 'admin openid' }, 'invalid_scope'],
    ['another resource', { ...BACKEND, resource: 'https://api.example.com' }, 'invalid_target'],
    ['a client that may not', { ...API, redirect_uri: '' }, 'unauthorized_client'],
    ['another one that may not', { ...WEB, redirect_uri: '' }, 'unauthorized_client'],
    ['a public client', { client_id: SPA.client_id }, 'unauthorized_client'],
  ])('are refused for %s', async (_name, form, error) => {
    expectOAuthError(await ask(form), 400, error)
    expect((await ask({ ...BACKEND, resource: latchkey.url })).status).toBe(200)
  })

  test('3.16 need one of the client’s two secrets while one is changed for the other', async () => {
    expect((await ask(BACKEND)).status).toBe(200)
    expect((await ask({ ...BACKEND, client_secret: NEW_SECRET })).status).toBe(200)
    const both = `${BACKEND.client_secret},${NEW_SECRET}`
    for (const client_secret of ['wrong', both, '']) {
      expectOAuthError(await ask({ ...BACKEND, client_secret }), 401, 'invalid_client')
    }
  })
})

test('CLIENT_<ID>_ADMIN is refused without a secret, and three secrets are too', () => {
  const { CLIENT_BACKEND_SECRET: _, ...without } = settings
  expect(() => readSettings(without)).toThrow(/CLIENT_BACKEND_ADMIN.*CLIENT_BACKEND_SECRET/)
  const secrets = (text: string) => () => readSettings({ ...settings, CLIENT_BACKEND_SECRET: text })
  const one = 'a secret of sixteen'
  expect(secrets(`${one},${one}2,${one}3`)).toThrow(/CLIENT_BACKEND_SECRET may have two values/)
  expect(secrets(`${one},${one}2`)).not.toThrow()
})
