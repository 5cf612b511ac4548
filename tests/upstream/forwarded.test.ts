import { describe, expect, test } from 'vitest'
import { builtInProviders, oidcProvider } from '../../src/providers/index.ts'
import { forwardedParameters } from '../../src/upstream/forwarded.ts'

const issuer = 'https://id.example'
const oidc = oidcProvider({ id: 'corp', name: 'Corp', issuer })
const rowOf = (id: string) => [...builtInProviders, oidc].find((row) => row.id === id) ?? oidc
const sent = (id: string, asked: Record<string, string>) => {
  const row = rowOf(id)
  return { ...row.authorizationParams, ...forwardedParameters(row, asked) }
}

describe('what a client asks is said in the provider’s words', () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['google', { prompt: 'select_account' }, { prompt: 'select_account' }],
    ['google', { prompt: 'consent select_account' }, { prompt: 'consent select_account' }],
    ['google', { prompt: 'login' }, {}],
    ['google', { ui_locales: 'ko', login_hint: 'a@x.kr' }, { hl: 'ko', login_hint: 'a@x.kr' }],
    ['kakao', { prompt: 'login' }, { prompt: 'login' }],
    ['kakao', { prompt: 'consent' }, {}],
    ['naver', { prompt: 'login' }, { auth_type: 'reauthenticate' }],
    ['naver', { prompt: 'consent' }, { auth_type: 'reprompt' }],
    ['facebook', { prompt: 'login' }, { auth_type: 'reauthenticate' }],
    ['github', { prompt: 'login', login_hint: 'octo' }, { login: 'octo' }],
    ['microsoft', { prompt: 'none' }, { prompt: 'none' }],
    ['line', { prompt: 'consent', max_age: '60' }, { prompt: 'consent', max_age: '60' }],
    ['line', { prompt: 'login' }, { max_age: '0' }],
    [
      'line',
      { prompt: 'login consent', max_age: '60', ui_locales: 'ko' },
      { prompt: 'consent', max_age: '0', ui_locales: 'ko' },
    ],
    ['spotify', { prompt: 'consent select_account' }, { show_dialog: 'true' }],
    ['x', { prompt: 'login', max_age: '0', ui_locales: 'ko' }, {}],
    ['corp', { prompt: 'login consent', max_age: '0' }, { prompt: 'login consent', max_age: '0' }],
    ['corp', { prompt: 'constructor __proto__ x' }, {}],
  ])('%s is asked %j by %j', (id, asked, expected) => {
    expect(sent(id, asked)).toEqual(expected)
  })

  test('Twitch, which always gets its claims, knows a person anew by force_verify', () => {
    expect(sent('twitch', { prompt: 'login' })).toMatchObject({ force_verify: 'true' })
    expect(sent('twitch', {})).not.toHaveProperty('force_verify')
  })

  test('Discord asks for approval only where the app wants the person to see something', () => {
    expect(sent('discord', {})).toEqual({ prompt: 'none' })
    expect(sent('discord', { prompt: 'none' })).toEqual({ prompt: 'none' })
    for (const prompt of ['consent', 'login', 'select_account']) {
      expect(sent('discord', { prompt })).toEqual({ prompt: 'consent' })
    }
    expect(rowOf('discord').pkce).toBe(true)
  })

  test('max_age is a new authentication where the provider has none', () => {
    expect(sent('kakao', { max_age: '60' })).toEqual({ prompt: 'login' })
    expect(sent('kakao', { max_age: '60', prompt: 'none' })).toEqual({ prompt: 'none' })
    expect(sent('naver', { max_age: '60' })).toEqual({ auth_type: 'reauthenticate' })
    expect(sent('google', { max_age: '60' })).toEqual({})
  })
})
