import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { readSettings, SettingsError } from '../../src/settings/index.ts'
import { applePrivateKey } from '../helpers/apple-key.ts'

/** The one provider of these settings. */
function providerOf(env: Record<string, string>) {
  const [provider] = readSettings(env).providers
  if (provider === undefined) throw new Error('no provider is enabled')
  return provider
}

const enabled = (id: string): Record<string, string> => ({
  [`${id.toUpperCase()}_CLIENT_ID`]: 'the-id',
  [`${id.toUpperCase()}_CLIENT_SECRET`]: 'the-secret',
})

describe('NATIVE_CLIENT_IDS', () => {
  test.each(['google', 'kakao', 'microsoft', 'line', 'facebook'])('is a list for %s', (id) => {
    const name = `${id.toUpperCase()}_NATIVE_CLIENT_IDS`
    expect(providerOf(enabled(id)).nativeClientIds).toEqual([])
    const env = { ...enabled(id), [name]: ' ios , android,' }
    expect(providerOf(env).nativeClientIds).toEqual(['ios', 'android'])
  })

  test('is a list for an OpenID provider of the operator', () => {
    const env = { ...enabled('corp'), OIDC_PROVIDERS: 'corp', CORP_ISSUER: 'https://id.example' }
    expect(providerOf({ ...env, CORP_NATIVE_CLIENT_IDS: 'a' }).nativeClientIds).toEqual(['a'])
  })
})

test('Apple is enabled by its real scopes, which are without openid', () => {
  const apple = {
    APPLE_CLIENT_ID: 'com.example.web',
    APPLE_TEAM_ID: 'TEAM000001',
    APPLE_KEY_ID: 'KEY0000001',
    APPLE_PRIVATE_KEY: applePrivateKey(),
    APPLE_NATIVE_CLIENT_IDS: 'com.example.app',
  }
  expect(providerOf(apple)).toMatchObject({ nativeClientIds: ['com.example.app'] })
})

test('KAKAO_APP_ID is a number, or not set', () => {
  expect(providerOf(enabled('kakao')).values.APP_ID).toBe('')
  expect(providerOf({ ...enabled('kakao'), KAKAO_APP_ID: '900900' }).values.APP_ID).toBe('900900')
  for (const wrong of ['app', '9'.repeat(21), '-1', '1,2']) {
    expect(() => readSettings({ ...enabled('kakao'), KAKAO_APP_ID: wrong })).toThrow(SettingsError)
  }
})

test('the endpoint of GitHub’s token check has the client id in its path, encoded', () => {
  const endpoint = (id: string) =>
    providerOf({ ...enabled('github'), GITHUB_CLIENT_ID: id }).row.endpoints.token_check_endpoint
  expect(endpoint('Iv1.abc')).toBe('https://api.github.com/applications/Iv1.abc/token')
  expect(endpoint('a/../b')).toBe('https://api.github.com/applications/a%2F..%2Fb/token')
})

test.each(builtInProviders.flatMap(({ id, native }) => (native.inspectAccessToken ? [id] : [])))(
  'the inspection of %s can be aimed elsewhere',
  (id) => {
    const name = Object.keys(providerOf(enabled(id)).row.endpoints).find((one) =>
      /^(token_info|debug_token|token_check)_endpoint$/.test(one),
    )
    const setting = `${id}_${name}`.toUpperCase()
    const aimed = providerOf({ ...enabled(id), [setting]: 'https://proxy.example/check' })
    expect(aimed.row.endpoints[name ?? '']).toBe('https://proxy.example/check')
    for (const wrong of ['http://proxy.example/check', 'ftp://x', 'check']) {
      expect(() => readSettings({ ...enabled(id), [setting]: wrong })).toThrow(SettingsError)
    }
  },
)
