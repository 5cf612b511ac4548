import { describe, expect, test } from 'vitest'
import { setDisabled } from '../helpers/age.ts'
import {
  API,
  APPS,
  basic,
  claimsOf,
  getCode,
  meStatus,
  OTHER,
  type Parameters,
  post,
  readTokens,
  refresh,
  signIn,
  WEB,
} from '../helpers/apps.ts'
import { expectOAuthError } from '../helpers/oauth.ts'
import { expectNoSecretLogged } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

const { provider, latchkey, replica: second, start } = setStageOfTwo({ settings: APPS })

const login = (parameters: Parameters = {}) => signIn(latchkey, provider, parameters)
const spa = { client_id: 'spa' }
const web = { client_id: WEB.client_id, client_secret: WEB.client_secret }
const api = { client_id: API.client_id, client_secret: API.client_secret }
const revoke = (token: string, as: Parameters, at = latchkey) =>
  post(`${at.url}/revoke`, { token, ...as })
const introspect = (token: string, as: Parameters, at = latchkey) =>
  post(`${at.url}/introspect`, { token, ...as })

describe('9.16 /revoke', () => {
  test.each([
    ['refresh_token', null],
    ['access_token', null],
    ['refresh_token', 'access_token'],
    ['access_token', 'refresh_token'],
    ['access_token', 'unknown'],
  ] as const)('of the %s (hint %s) ends the session on both replicas', async (kind, hint) => {
    const tokens = await login()
    const bystander = await login()
    const answer = await revoke(tokens[kind], { ...spa, token_type_hint: hint })
    expect([answer.status, answer.text]).toEqual([200, '{}'])
    for (const replica of [latchkey, second]) {
      expect(await meStatus(replica, tokens.access_token)).toBe(401)
      expectOAuthError(await refresh(replica, tokens.refresh_token), 400, 'invalid_grant')
    }
    expect((await revoke(tokens[kind], spa)).status).toBe(200)
    expect(await meStatus(second, bystander.access_token)).toBe(200)
  })

  test('of a token that was rotated meanwhile ends the session too', async () => {
    const tokens = await login()
    const renewed = readTokens(await refresh(latchkey, tokens.refresh_token))
    expect((await revoke(tokens.refresh_token, spa, second)).status).toBe(200)
    expect(await meStatus(latchkey, renewed.access_token)).toBe(401)
    expectOAuthError(await refresh(latchkey, renewed.refresh_token), 400, 'invalid_grant')
  })

  test.each(['access_token', 'refresh_token'] as const)(
    'of the %s of a user who is disabled ends the session for good',
    async (kind) => {
      const [tokens, bystander] = [await login(), await login()]
      await setDisabled(latchkey, true, tokens.sub)
      expect((await introspect(tokens[kind], kind === 'access_token' ? api : web)).json()).toEqual({
        active: false,
      })
      expect((await revoke(tokens[kind], spa)).status).toBe(200)
      await setDisabled(latchkey, false, tokens.sub)
      expect(await meStatus(second, tokens.access_token)).toBe(401)
      expectOAuthError(await refresh(second, tokens.refresh_token), 400, 'invalid_grant')
      // Control: one that nobody revoked goes on.
      expect(await meStatus(second, bystander.access_token)).toBe(200)
      expect((await refresh(second, bystander.refresh_token)).status).toBe(200)
    },
  )

  test('9.11 against twenty-five refreshes at once, the session is over in the end', async () => {
    const tokens = await login()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => {
        const at = turn % 4 < 2 ? latchkey : second
        return turn % 2 ? revoke(tokens.refresh_token, spa, at) : refresh(at, tokens.refresh_token)
      }),
    )
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectOAuthError(answer, 400, 'invalid_grant')
    }
    const issued = answers.filter(({ text }) => text.includes('refresh_token')).map(readTokens)
    for (const { refresh_token } of [tokens, ...issued.slice(0, 1)]) {
      expectOAuthError(await refresh(second, refresh_token), 400, 'invalid_grant')
    }
    expect(await meStatus(second, tokens.access_token)).toBe(401)
  })

  test('of another client’s token, or of anything else, is 200 and changes nothing', async () => {
    const tokens = await login({ scope: 'openid' })
    const code = await getCode(latchkey, provider)
    for (const token of [tokens.refresh_token, tokens.access_token]) {
      for (const as of [{ client_id: 'other' }, web]) {
        expect((await revoke(token, as)).status).toBe(200)
      }
    }
    const { id_token, access_token } = tokens
    for (const token of [
      'x',
      'é'.repeat(100),
      'a'.repeat(9000),
      id_token,
      code,
      `${access_token}x`,
    ]) {
      for (const as of [spa, {}]) {
        const answer = await revoke(token, as)
        expect([answer.status, answer.text]).toEqual([200, '{}'])
      }
    }
    expect(await meStatus(latchkey, access_token)).toBe(200)
    expectNoSecretLogged(latchkey, { access_token, id_token, refresh: tokens.refresh_token })
  })

  test.each(['refresh_token', 'access_token'] as const)(
    'of the %s of a public client asks for no client_id, which would prove nothing',
    async (kind) => {
      const bystander = await login()
      for (const tokens of [await login(), await login(OTHER)]) {
        expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
        const answer = await revoke(tokens[kind], {})
        expect([answer.status, answer.text]).toEqual([200, '{}'])
        expect(await meStatus(second, tokens.access_token)).toBe(401)
      }
      expect(await meStatus(second, bystander.access_token)).toBe(200)
      // Of a confidential one its proof is asked for, whoever has the token.
      const tokens = await login(WEB)
      expectOAuthError(await revoke(tokens[kind], {}), 401, 'invalid_client')
      expectOAuthError(await revoke(tokens[kind], { client_secret: 'x' }), 401, 'invalid_client')
      expect(await meStatus(second, tokens.access_token)).toBe(200)
    },
  )

  test('of a token whose client is registered no more asks for proof, as it may have been a confidential one', async () => {
    const [tokens, control] = [await login(OTHER), await login()]
    const without = await start({ CLIENTS: 'spa,web,api' })
    expectOAuthError(await revoke(tokens.refresh_token, {}, without), 401, 'invalid_client')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
    expect((await revoke(control.refresh_token, {}, without)).status).toBe(200)
    expect(await meStatus(latchkey, control.access_token)).toBe(401)
  })

  test('needs a token, and the proof of a confidential client', async () => {
    const tokens = await login(WEB)
    const { refresh_token: token } = tokens
    expectOAuthError(await post(`${latchkey.url}/revoke`, { token }), 401, 'invalid_client')
    expectOAuthError(await revoke(token, { client_id: 'web' }), 401, 'invalid_client')
    const wrong = { client_id: 'web', client_secret: 'wrong' }
    expectOAuthError(await revoke(token, wrong), 401, 'invalid_client')
    expectOAuthError(await post(`${latchkey.url}/revoke`, spa), 400, 'invalid_request')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
    const authorization = basic(WEB.client_id, WEB.client_secret)
    await post(`${latchkey.url}/revoke`, { token }, { authorization })
    expect(await meStatus(latchkey, tokens.access_token)).toBe(401)
  })
})

describe('9.17 /introspect', () => {
  test('tells a confidential client of an access token, whosever it is', async () => {
    const { access_token, sub, sid } = await login({ scope: 'openid email' })
    const claims = claimsOf(access_token)
    for (const as of [web, api]) {
      const answer = await introspect(access_token, as)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.json()).toEqual({
        ...{ active: true, token_type: 'Bearer', client_id: 'spa', sub, sid },
        scope: 'openid email',
        ...{ iss: latchkey.url, aud: latchkey.url },
        ...{ iat: claims.iat, exp: claims.exp, jti: claims.jti },
      })
    }
  })

  test('tells of a refresh token to its own client only, and no more once it is rotated', async () => {
    const { refresh_token, sub, sid } = await login(WEB)
    const told = (await introspect(refresh_token, web)).json()
    expect(told).toMatchObject({ active: true, client_id: 'web', sub, sid })
    expect(Number(told.exp) * 1000 - Date.now()).toBeGreaterThan(13 * 86_400_000)
    expect((await introspect(refresh_token, api)).json()).toEqual({ active: false })
    readTokens(await refresh(latchkey, refresh_token, web))
    expect((await introspect(refresh_token, web)).json()).toEqual({ active: false })
  })

  test('knows at once on both replicas that a session is over', async () => {
    const tokens = await login(WEB)
    const both = [tokens.access_token, tokens.refresh_token]
    for (const token of both) {
      expect((await introspect(token, web, second)).json()).toMatchObject({ active: true })
    }
    await revoke(tokens.refresh_token, web)
    for (const token of both) {
      for (const at of [latchkey, second]) {
        expect((await introspect(token, web, at)).json()).toEqual({ active: false })
      }
    }
  })

  test('says active false of anything else', async () => {
    const { id_token, access_token } = await login({ scope: 'openid' })
    const code = await getCode(latchkey, provider)
    for (const token of ['x', id_token, code, `${access_token}x`, provider.issuer]) {
      expect((await introspect(token, web)).json()).toEqual({ active: false })
    }
  })

  test('needs a confidential client that authenticates', async () => {
    const { access_token } = await login()
    for (const as of [
      spa,
      { client_id: 'latchkey' },
      {},
      { client_id: 'web' },
      { client_id: 'web', client_secret: 'x' },
    ]) {
      const answer = await introspect(access_token, as)
      expectOAuthError(answer, 401, 'invalid_client')
      expect(answer.text).not.toContain('active')
    }
    expectOAuthError(await post(`${latchkey.url}/introspect`, web), 400, 'invalid_request')
    expect((await introspect(access_token, web)).json().active).toBe(true)
  })
})
