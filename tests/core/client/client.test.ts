import { describe, expect, test } from 'vitest'
import { AuthorizationRequest } from '../../../src/core/client/authorization-request.ts'
import { grantScope } from '../../../src/core/client/scope.ts'

describe('the scope that is granted', () => {
  const asking = { providerTokens: true }
  test.each([
    ['what is nothing', undefined, 'profile email account offline_access'],
    ['openid alone', 'openid', 'openid'],
    ['everything', 'openid profile email offline_access', 'openid profile email offline_access'],
    ['another order', 'email openid', 'openid email'],
    ['the same twice', 'openid openid', 'openid'],
    ['unknown ones, and what is for machines', 'admin openid *', 'openid'],
    ['unknown ones only', 'admin', ''],
    ['another case', 'OpenID', ''],
    ['names of the object prototype', '__proto__ constructor', ''],
    ['spaces only', '   ', ''],
    ['what comes only by its name', 'roles provider_tokens', 'provider_tokens roles'],
  ])('for %s', (_, asked, granted) => {
    expect(grantScope(asked, asking)).toBe(granted)
  })

  test('holds provider_tokens only for a client that may have them', () => {
    expect(grantScope('email provider_tokens', { providerTokens: false })).toBe('email')
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
    ['state', 'a'.repeat(4097), 'a'.repeat(2048)],
    ['nonce', 'a'.repeat(2049), 'a'.repeat(1024)],
    ['max_age', '-1', '0'],
    ['scope', 'open"id', 'openid'],
    ['scope', 'openid\nemail', 'openid email'],
    ['prompt', 'LOGIN', 'login'],
    ['login_hint', 'a'.repeat(256), 'a'.repeat(255)],
    ['redirect_uri', `https://a/${'a'.repeat(2048)}`, 'https://a/'],
  ])('refuses a wrong %s', (name, wrong, right) => {
    const refused = AuthorizationRequest.safeParse({ [name]: wrong })
    expect(refused.error?.issues.map(({ path }) => path)).toEqual([[name]])
    expect(AuthorizationRequest.parse({ [name]: right })).toEqual({ [name]: right })
  })
})
