import { describe, expect, test } from 'vitest'
import { emulatedProviders } from '../../src/emulator/index.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { countRows, spelledOut } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

/** Providers that never give an address at all, or never say that it is verified. */
const NEVER_VERIFIED = ['naver', 'facebook', 'line', 'spotify']

/** The personas have the same addresses everywhere: nobody is joined by them here. */
const latchkey = useLatchkey({ EMULATE: 'all', ACCOUNT_LINKING: 'explicit' })

test('the emulator plays every row', () => {
  expect([...emulatedProviders].sort()).toEqual(builtInProviders.map(({ id }) => id).sort())
})

describe.each(builtInProviders.map(({ id }) => id))('%s, emulated', (id) => {
  const login = (hint: string) =>
    followForms(new Browser(), `${latchkey.url}/login/${id}?login_hint=${encodeURIComponent(hint)}`)
  const user = async (hint: string) => {
    const answer = await login(hint)
    expect(answer.status, `${answer.text}\n${latchkey.logs.join('')}`).toBe(200)
    return answer.json().user as Record<string, unknown> & { sub: string; identities: unknown[] }
  }

  test('a person signs in, and again as the same user', async () => {
    const first = await user('minji')
    expect(first.name).toContain('민지')
    expect(first.email).toMatch(/@/)
    expect(first.email_verified).toBe(!NEVER_VERIFIED.includes(id))
    expect(first.identities).toHaveLength(1)
    const second = await user('minji')
    expect(second.sub).toBe(first.sub)
    expect((await user('alex')).sub).not.toBe(first.sub)
  })

  test('a person without an address is a user without one', async () => {
    expect(spelledOut(await user('sora'))).toMatchObject({ email: null, email_verified: false })
  })

  test('an unverified address is not called verified', async () => {
    expect((await user('yuki')).email_verified).not.toBe(true)
  })

  test('a person with a very odd name signs in', async () => {
    const { name } = await user('odd')
    expect([...String(name)].length).toBeLessThanOrEqual(255)
  })

  test.each([
    ['!denied', 403, 'access_denied'],
    ['!used-code', 400, 'invalid_code'],
    ['!expired-code', 400, 'invalid_code'],
    ['!wrong-secret', 502, 'provider_error'],
    ['!server-error', 502, 'provider_error'],
    ['!html', 502, 'invalid_provider_response'],
  ])('%s gives %i %s and leaves nothing behind', async (hint, status, code) => {
    const before = await countRows(latchkey)
    const answer = await login(hint)
    expect(answer.json(), latchkey.logs.slice(-4).join('')).toMatchObject({ status, code })
    expect(answer.status).toBe(status)
    expect(await countRows(latchkey)).toEqual(before)
  })

  const { idToken } = builtInProviders.find((row) => row.id === id) ?? {}
  // Of the others the ID token says all, so nobody is asked again.
  const callsProfile = ![
    'apple',
    'microsoft',
    'line',
    'google',
    'linkedin',
    'slack',
    'twitch',
  ].includes(id)
  const profileFailures: [string, string][] = [
    ['!profile-error', 'provider_error'],
    ['!wrong-profile', 'invalid_provider_response'],
  ]
  test.each(callsProfile ? profileFailures : [])(
    '%s gives 502 %s and no half-made user',
    async (hint, code) => {
      const before = await countRows(latchkey)
      const answer = await login(hint)
      expect(answer.json(), latchkey.logs.slice(-4).join('')).toMatchObject({ status: 502, code })
      expect(await countRows(latchkey)).toEqual(before)
    },
  )

  const forgeries = idToken === 'required' ? ['!forged-id-token'] : []
  test.each(forgeries)('%s is refused', async (hint) => {
    const before = await countRows(latchkey)
    const answer = await login(hint)
    expect(answer.json()).toMatchObject({ status: 502, code: 'invalid_provider_response' })
    expect(latchkey.logs.join('')).toContain('signature')
    expect(await countRows(latchkey)).toEqual(before)
  })

  test('no e-mail consent: the login goes on without an address', async () => {
    expect(await user('!no-email')).toHaveProperty('sub')
  })
})
