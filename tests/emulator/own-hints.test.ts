import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { emulatedProviders } from '../../src/emulator/index.ts'
import { callbackOf, dancer, expectRefusal, json, redirectUri, useEmulator } from './dance.ts'

const emulator = useEmulator(...emulatedProviders)

const play = (provider: string) => dancer(emulator, provider)
const answerTo = async (provider: string, changes: Record<string, string | undefined>) =>
  (await callbackOf(await play(provider).authorize(changes))).searchParams
/** What a callback says besides the state. */
const saidTo = async (provider: string, login_hint: string, changes = {}) => {
  const { state, ...said } = Object.fromEntries(
    await answerTo(provider, { login_hint, ...changes }),
  )
  expect(state).toBe('s')
  return said
}

describe('declining', () => {
  test.each(['google', 'github', 'discord'])('%s: with its iss, or without', async (provider) => {
    expect(await saidTo(provider, '!denied')).toHaveProperty('iss')
    expect(await saidTo(provider, '!denied-without-iss')).toEqual({ error: 'access_denied' })
  })

  test('LINE says it in three ways', async () => {
    expect((await saidTo('line', '!denied')).error).toBe('access_denied')
    expect((await saidTo('line', '!denied-in-capitals')).error).toBe('ACCESS_DENIED')
    expect((await saidTo('line', '!denied-as-invalid-request')).error).toBe('INVALID_REQUEST')
  })
})

test('LINE’s automatic login fails with a foreign state, until it is switched off', async () => {
  const failed = await answerTo('line', { login_hint: '!auto-login' })
  expect(failed.has('error')).toBe(true)
  expect(failed.get('state')).toMatch(/^[\da-f-]{36}$/)
  const second = { login_hint: '!auto-login', disable_auto_login: 'true' }
  const { code = '', ...rest } = Object.fromEntries(await answerTo('line', second))
  expect(rest).toMatchObject({ state: 's' })
  expect(await json(await play('line').exchange(code))).toHaveProperty('access_token')
})

describe('Kakao’s consent items', () => {
  test('are those of the console where no scope is sent', async () => {
    const { scope } = await play('kakao').tokensFor({ scope: undefined })
    expect(scope).toBe('account_email openid profile_image profile_nickname')
    const one = await play('kakao').tokensFor({ scope: 'profile_nickname' })
    expect(one.scope).toBe('profile_nickname')
    expect(one).not.toHaveProperty('id_token')
  })

  test('do not hold an address for an app that may not ask: KOE205 if it does', async () => {
    const login_hint = '!without-email-item'
    const refused = await play('kakao').authorize({ login_hint, scope: 'account_email' })
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('KOE205')])
    const { kakao_account } = await play('kakao').profileFor({ login_hint, scope: undefined })
    expect(Object.keys(kakao_account).filter((name) => name.includes('email'))).toEqual([])
    const shared = await play('kakao').profileFor({ scope: undefined })
    expect(shared.kakao_account).toMatchObject({ email_needs_agreement: false })
  })
})

describe('Google vouches', () => {
  test.each([
    ['minji', { email_verified: true, hd: 'google.example.kr' }],
    ['alex', { email_verified: true, hd: 'example.com' }],
    ['odd', { email_verified: true, hd: 'example.com' }],
  ])('for %s, whose domain is a Workspace’s', async (login_hint, claims) => {
    const { id_token = '' } = await play('google').tokensFor({ login_hint })
    expect(decodeJwt(id_token)).toMatchObject(claims)
  })

  test('not for Robin, whose address was verified once and is Alex’s now', async () => {
    const [robin, alex] = await Promise.all(
      ['robin', 'alex'].map((login_hint) => play('google').profileFor({ login_hint })),
    )
    expect(robin).toMatchObject({ email: alex.email, email_verified: true })
    expect(robin).not.toHaveProperty('hd')
    expect(await play('google').profileFor({ login_hint: 'yuki' })).not.toHaveProperty('hd')
  })
})

test('X’s API refuses an app without credits or enrolment after a good exchange', async () => {
  const me = async (login_hint: string) => {
    const { access_token = '' } = await play('x').tokensFor({ login_hint })
    return play('x').get('USERINFO_ENDPOINT', access_token)
  }
  await expectRefusal(await me('!no-credits'), [402, { title: 'CreditsDepleted' }])
  await expectRefusal(await me('!not-enrolled'), [403, { reason: 'client-not-enrolled' }])
  expect((await me('minji')).status).toBe(200)
})

test('Spotify’s development mode has no address and a list of people', async () => {
  const scope = 'user-read-email user-read-private'
  const { email, country, ...rest } = await play('spotify').profileFor({ scope })
  expect([email, country]).toEqual(['minji@spotify.example.kr', 'SE'])
  const login_hint = '!development-mode'
  const { product, ...left } = rest
  expect(await play('spotify').profileFor({ scope, login_hint })).toEqual(left)
  const { access_token = '' } = await play('spotify').tokensFor({ login_hint: '!not-registered' })
  const refused = await play('spotify').get('USERINFO_ENDPOINT', access_token)
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining('dashboard'),
  ])
})

test('Spotify’s account_id appears for somebody whom it has had without', async () => {
  const before = await play('spotify').profileFor({ login_hint: '!without-account-id' })
  const { account_id, ...after } = await play('spotify').profileFor()
  expect(before).toEqual(after)
  expect(account_id).toMatch(/^[\w-]{22}$/)
})

test('Slack’s account of a whole organization has no workspace', async () => {
  const team = 'https://slack.com/team_id'
  const inTeam = await play('slack').profileFor()
  const inGrid = await play('slack').profileFor({ login_hint: '!enterprise-grid' })
  expect(inTeam[team]).toMatch(/^T/)
  expect(inGrid).not.toHaveProperty([team])
  expect(inGrid['https://slack.com/enterprise_id']).toMatch(/^E/)
  expect(inGrid.sub).toBe(inTeam.sub)
})

describe('auth_time', () => {
  test.each(['kakao', 'apple', 'line', 'gitlab', 'slack'])('%s tells it', async (provider) => {
    const age = async (login_hint: string) => {
      const tokens = await play(provider).tokensFor({ login_hint, max_age: '60' })
      return Date.now() / 1000 - Number(decodeJwt(tokens.id_token ?? '').auth_time)
    }
    expect(await age('minji')).toBeLessThan(5)
    expect(await age('!old-auth-time')).toBeGreaterThan(86_000)
  })
})

describe('Microsoft’s logout', () => {
  const back = redirectUri('microsoft').replace('/login/', '/logout/')
  const end = (query: Record<string, string>) =>
    fetch(`${play('microsoft').setting('END_SESSION_ENDPOINT')}?${new URLSearchParams(query)}`, {
      redirect: 'manual',
    })

  test('takes the ID token as a hint, ends the session and comes back', async () => {
    const { id_token = '' } = await play('microsoft').tokensFor()
    const query = { post_logout_redirect_uri: back, state: 'x' }
    const answer = await end({ ...query, id_token_hint: id_token })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${back}?state=x`])
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0')
    const other = await play('google').tokensFor()
    for (const id_token_hint of ['x', `${id_token.slice(0, -9)}AAAAAAAAA`, other.id_token ?? '']) {
      const refused = await end({ ...query, id_token_hint })
      expect([refused.status, refused.headers.get('location')]).toEqual([400, null])
    }
    expect((await end(query)).status).toBe(302)
  })
})
