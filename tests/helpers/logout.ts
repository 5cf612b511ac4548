import { beforeEach, expect } from 'vitest'
import { APPS, meStatus, signIn, type Tokens } from './apps.ts'
import type { Answer } from './browser.ts'
import { Browser } from './browser.ts'
import type { Latchkey } from './latchkey.ts'
import { setStageOfTwo } from './stage.ts'

/** Where the clients of the tests want people to be after a logout. */
export const BYE = 'https://app.example.com/bye'

type Given = Record<string, string>

/** A logout in a browser, by GET or as a form. */
function logoutAt(
  { url }: Pick<Latchkey, 'url'>,
  method: string,
  given: Given,
  browser = new Browser(),
  headers: Given = {},
): Promise<Answer> {
  const parameters = new URLSearchParams(given)
  if (method === 'GET') return browser.send(`${url}/logout?${parameters}`, { headers })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = parameters.toString()
  return browser.send(`${url}/logout`, { method, body, headers: { ...form, ...headers } })
}

/** A stage of two with the usual apps, at which the same person signs in each time and then out. */
export function setLogoutStage() {
  const { provider, latchkey, replica } = setStageOfTwo({ settings: APPS })
  beforeEach(() => {
    provider.subject = 'person-1'
    provider.person = { name: 'Person One' }
  })
  return {
    provider,
    latchkey,
    second: replica,
    signInWithIdToken: () => signIn(latchkey, provider, { scope: 'openid' }),
    logout: (method: string, given: Given, browser?: Browser, headers?: Given) =>
      logoutAt(latchkey, method, given, browser, headers),
    isAlive: async ({ access_token }: Pick<Tokens, 'access_token'>) =>
      (await meStatus(replica, access_token)) === 200,
  }
}

/** A program is told that it is signed out. */
export const expectSignedOut = (answer: Answer): void =>
  expect([answer.status, answer.json()]).toEqual([200, { status: 'signed_out' }])
