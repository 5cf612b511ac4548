import { authorize, type Parameters } from './apps.ts'
import { Browser } from './browser.ts'
import type { FakeProvider } from './fake-provider.ts'
import type { Latchkey } from './latchkey.ts'

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

/** The value of a cookie that the browser has, empty where there is none. */
export const cookieOf = (browser: Browser, name: string): string =>
  browser.jar().get(`latchkey-${name}`)?.value ?? ''

/** The names of the cookies that the browser has, but for those of flows, which outlive them by a minute. */
export const cookieNamesOf = (browser: Browser): string[] =>
  [...browser.jar().keys()].filter((name) => !name.startsWith('latchkey-flow-')).sort()
