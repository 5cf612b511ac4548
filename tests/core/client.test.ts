import { describe, expect, test } from 'vitest'
import { AuthorizationRequest, grantScope } from '../../src/core/client.ts'

describe('the scope that is granted', () => {
  test.each([
    ['what is nothing', undefined, 'profile email offline_access'],
    ['openid alone', 'openid', 'openid offline_access'],
    ['everything', 'openid profile email offline_access', 'openid profile email offline_access'],
    ['another order', 'email openid', 'openid email offline_access'],
    ['the same twice', 'openid openid', 'openid offline_access'],
    ['unknown ones', 'admin openid *', 'openid offline_access'],
    ['unknown ones only', 'admin', 'offline_access'],
    ['another case', 'OpenID', 'offline_access'],
    ['names of the object prototype', '__proto__ constructor', 'offline_access'],
    ['spaces only', '   ', 'offline_access'],
  ])('for %s', (_, asked, granted) => {
    expect(grantScope(asked)).toBe(granted)
  })
})

describe('an authorization request', () => {
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

  test('may be empty, and is kept as it is', () => {
    expect(AuthorizationRequest.parse({})).toEqual({})
    const full = {
      client_id: 'app',
      redirect_uri: 'https://app.example.com/back',
      response_type: 'code',
      response_mode: 'query',
      state: 's',
      nonce: 'n',
      scope: 'openid email',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      login_hint: 'ann@example.com',
      prompt: 'login',
      ui_locales: 'ko en-US',
    }
    expect(AuthorizationRequest.parse(full)).toEqual(full)
  })

  test('drops what it does not know', () => {
    expect(AuthorizationRequest.parse({ state: 's', audience: 'x' })).toEqual({ state: 's' })
  })

  test.each([
    ['response_type', 'token', 'code'],
    ['response_mode', 'fragment', 'query'],
    ['code_challenge_method', 'plain', 'S256'],
    ['code_challenge', challenge.slice(1), challenge],
    ['code_challenge', `${challenge}a`, challenge],
    ['code_challenge', challenge.replace('-', '+'), challenge],
    ['state', 'a'.repeat(513), 'a'.repeat(512)],
    ['nonce', 'a'.repeat(256), 'a'.repeat(255)],
    ['scope', 'open"id', 'openid'],
    ['scope', 'openid\nemail', 'openid email'],
    ['prompt', 'LOGIN', 'login'],
    ['ui_locales', 'ko;q=1', 'ko'],
    ['login_hint', 'a'.repeat(256), 'a'.repeat(255)],
    ['redirect_uri', `https://a/${'a'.repeat(2048)}`, 'https://a/'],
  ])('refuses a wrong %s', (name, wrong, right) => {
    const refused = AuthorizationRequest.safeParse({ [name]: wrong })
    expect(refused.error?.issues.map(({ path }) => path)).toEqual([[name]])
    expect(AuthorizationRequest.parse({ [name]: right })).toEqual({ [name]: right })
  })
})
