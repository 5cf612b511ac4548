import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { genericOAuth } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askMe } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { walkToApp } from '../helpers/walk.ts'

// An app whose own accounts are better-auth's, with Latchkey as its generic OAuth provider: by discovery,
// and nothing else but id and secret.

const SECRET = 'the secret of the app with better-auth'
let server: Server
let app: string
let latchkey: Latchkey

beforeAll(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  app = `http://localhost:${(server.address() as AddressInfo).port}`
  latchkey = await startLatchkey({
    EMULATE: 'google',
    CLIENTS: 'app',
    CLIENT_APP_SECRET: SECRET,
    CLIENT_APP_REDIRECT_URIS: `${app}/api/auth/callback/latchkey`,
  })
  const auth = betterAuth({
    baseURL: app,
    secret: 'a secret of better-auth with more than 32 characters',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    telemetry: { enabled: false },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: 'latchkey',
            discoveryUrl: `${latchkey.url}/.well-known/openid-configuration`,
            ...{ clientId: 'app', clientSecret: SECRET },
            ...{ scopes: ['openid', 'profile', 'email'], requireIdTokenVerification: true },
          },
        ],
      }),
    ],
  })
  server.on('request', toNodeHandler(auth))
})
afterAll(async () => {
  await latchkey.close()
  await new Promise((resolve) => server.close(resolve))
})

const ask = (browser: Browser, path: string, body?: object): Promise<Answer> =>
  browser.send(`${app}/api/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { origin: app, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

/** What the app knows of its user after a sign-in as this person. */
async function signIn(browser: Browser, persona: string) {
  const start = await ask(browser, '/sign-in/social', {
    ...{ provider: 'latchkey', callbackURL: '/welcome', errorCallbackURL: '/failed' },
  })
  expect(start.status, start.text).toBe(200)
  const authorization = new URL(String(start.json().url))
  authorization.searchParams.set('provider', 'google')
  authorization.searchParams.set('login_hint', persona)
  return browser.send(await walkToApp(browser, authorization, `${app}/api/auth/callback`))
}

test('better-auth’s generic OAuth signs in by discovery, reads the user and refreshes', async () => {
  const browser = new Browser()
  const back = await signIn(browser, 'minji')
  expect([back.status, back.location?.href]).toEqual([302, `${app}/welcome`])
  const { user } = (await ask(browser, '/get-session')).json() as { user: { id: string } }
  expect(user).toMatchObject({ email: expect.stringContaining('@'), emailVerified: true })
  const [account] = (await ask(browser, '/list-accounts')).json() as unknown as [
    { id: string; accountId: string; providerId: string },
  ]
  expect(account.providerId).toBe('latchkey')
  const of = { accountId: account.id }
  const token = (await ask(browser, '/get-access-token', of)).json()
  const me = await askMe(latchkey, token.accessToken)
  expect(me.json().sub).toBe(account.accountId)
  const renewed = await ask(browser, '/refresh-token', of)
  expect(renewed.status, renewed.text).toBe(200)
  expect(renewed.json().accessToken).not.toBe(token.accessToken)
  // The same person again is the same user of the app.
  const again = new Browser()
  await signIn(again, 'minji')
  expect((await ask(again, '/get-session')).json()).toMatchObject({ user: { id: user.id } })
})

test('better-auth is told what went wrong', async () => {
  const browser = new Browser()
  const back = await signIn(browser, '!denied')
  expect(back.location?.href).toContain(`${app}/failed?error=access_denied`)
  expect((await ask(browser, '/get-session')).text).toBe('null')
})
