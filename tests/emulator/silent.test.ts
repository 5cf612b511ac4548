import { describe, expect, test } from 'vitest'
import { callbackOf, dancer, json, useEmulator } from './dance.ts'

const PROVIDERS = ['google', 'kakao', 'microsoft']
const emulator = useEmulator(...PROVIDERS)

const play = (provider: string) => dancer(emulator, provider)

describe.each(PROVIDERS)('prompt=none at %s', (provider) => {
  const silently = (cookie: string | null, changes: Record<string, string | undefined> = {}) => {
    const url = play(provider).authorizeUrl({
      prompt: 'none',
      login_hint: undefined,
      ...changes,
    })
    return fetch(url, { redirect: 'manual', headers: cookie === null ? {} : { cookie } })
  }
  const errorOf = async (answer: Promise<Response>) =>
    (await callbackOf(await answer)).searchParams.get('error')
  const signIn = async (login_hint: string) => {
    const answer = await play(provider).authorize({ login_hint })
    const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';')
    return { cookie, code: (await callbackOf(answer)).searchParams.get('code') ?? '' }
  }

  test('never shows the page: somebody has to be signed in and to have agreed', async () => {
    expect(await errorOf(silently(null))).toBe('login_required')
    const { cookie, code } = await signIn('yuki')
    expect(await errorOf(silently(cookie))).toBe('consent_required')
    await play(provider).exchange(code)
    const again = (await callbackOf(await silently(cookie))).searchParams.get('code') ?? ''
    expect(await json(await play(provider).exchange(again))).toHaveProperty('access_token')
    // Without it, the page is for choosing anew.
    expect((await silently(cookie, { prompt: undefined })).status).toBe(200)
    const [name, value = ''] = cookie.split('=')
    const longAgo = `${name}=${value.split('.')[0]}.1700000000`
    expect(await errorOf(silently(longAgo, { max_age: '3600' }))).toBe('login_required')
    expect(await errorOf(silently(longAgo))).toBeNull()
  })

  test('its errors can be picked', async () => {
    for (const error of ['login_required', 'consent_required']) {
      const login_hint = `!${error.replace('_', '-')}`
      expect(await errorOf(play(provider).authorize({ login_hint }))).toBe(error)
    }
  })
})
