import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Emulator, emulatedProviders, startEmulator } from '../../src/emulator/index.ts'
import { callbackOf, dancer, expectRefusal, expectTokens, redirectUri } from './dance.ts'
import { words } from './words.ts'

const slowMs = 1000
let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({
    providers: [...emulatedProviders],
    redirectUris: redirectUri,
    slowMs,
  })
})
afterAll(() => emulator.close())

describe.each(Object.entries(words))('%s', (provider, said) => {
  const play = () => dancer(emulator, provider)

  test('!denied comes back in its own words', async () => {
    const answer = await play().authorize({ login_hint: '!denied' })
    const { searchParams } = await callbackOf(answer)
    expect(Object.fromEntries(searchParams)).toMatchObject({ ...said.denied, state: 's' })
    expect(searchParams.has('code')).toBe(false)
  })

  test('!used-code, !expired-code and !wrong-secret are refused at the token endpoint', async () => {
    const failing = async (login_hint: string) =>
      play().exchange(await play().codeFor({ login_hint }))
    await expectRefusal(await failing('!used-code'), said.badCode)
    await expectRefusal(await failing('!expired-code'), said.badCode)
    await expectRefusal(await failing('!wrong-secret'), said.badSecret)
    await expectTokens(await failing('minji'))
  })

  test('!server-error, !html and !slow strike the token endpoint', async () => {
    const broken = await play().exchange(await play().codeFor({ login_hint: '!server-error' }))
    expect(broken.status).toBe(503)
    const page = await play().exchange(await play().codeFor({ login_hint: '!html' }))
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
    const timed = async (login_hint: string) => {
      const code = await play().codeFor({ login_hint })
      const before = performance.now()
      await expectTokens(await play().exchange(code))
      return performance.now() - before
    }
    expect(await timed('!slow')).toBeGreaterThan(slowMs - 20)
    expect(await timed('minji')).toBeLessThan(slowMs - 20)
  })

  if (!said.withoutProfile)
    test('!profile-error and !wrong-profile strike the profile endpoint', async () => {
      const { access_token = '' } = await play().tokensFor({ login_hint: '!profile-error' })
      expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(503)
      expect(await play().profileFor({ login_hint: '!wrong-profile' })).toBeInstanceOf(Array)
    })

  test('a failure is a whole word: anything near it shows the page', async () => {
    for (const login_hint of ['minji!denied', '!DENIED', 'Minji', 'constructor', '!slow ']) {
      expect((await play().authorize({ login_hint })).status).toBe(200)
    }
  })
})
