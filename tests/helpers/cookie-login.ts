import { beforeEach } from 'vitest'
import type { Environment } from '../../src/settings/reader.ts'
import { APPS, authorize, type Parameters } from './apps.ts'
import { Browser } from './browser.ts'
import type { FakeProvider } from './fake-provider.ts'
import type { Latchkey } from './latchkey.ts'
import { setStage } from './stage.ts'

/** A page of the SPA that is served from the origin that it registered. */
export const APP_ORIGIN = 'https://app.example.com'

/** Signs in with `response_mode=cookie`; the browser has the session then. */
export async function cookieLogin(
  latchkey: Latchkey,
  provider: FakeProvider,
  parameters: Parameters = {},
  browser = new Browser(),
): Promise<Browser> {
  const asked = { response_mode: 'cookie', code_challenge: null, ...parameters }
  const answer = await authorize(latchkey, provider, asked, browser)
  if (answer.status !== 303) throw new Error(`no login: ${answer.status} ${answer.text}`)
  return browser
}

/** A stage with the usual apps, at which the same nameless person signs in with cookies. */
export function setCookieStage(settings: Environment = {}) {
  const { provider, latchkey } = setStage({ settings: { ...APPS, ...settings } })
  beforeEach(async () => {
    await latchkey.database.query('update latchkey.users set name = null', [])
    provider.subject = 'person-1'
    provider.person = { name: 'Person One' }
  })
  return {
    provider,
    latchkey,
    signInWithCookies: (browser?: Browser) => cookieLogin(latchkey, provider, {}, browser),
    statusOfMe: async (browser: Browser, headers = {}) =>
      (await browser.send(`${latchkey.url}/me`, { headers })).status,
  }
}

/** The value of a cookie that the browser has, empty where there is none. */
export const cookieOf = (browser: Browser, name: string): string =>
  browser.jar().get(`latchkey-${name}`)?.value ?? ''

/** The names of the cookies that the browser has, but for those of flows, which outlive them by a minute. */
export const cookieNamesOf = (browser: Browser): string[] =>
  [...browser.jar().keys()].filter((name) => !name.startsWith('latchkey-flow-')).sort()
