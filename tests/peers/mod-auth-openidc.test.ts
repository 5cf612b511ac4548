import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApache, whyNoApache } from '../helpers/apache.ts'
import { basic, post } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { until } from '../helpers/leaving.ts'
import { freePort } from '../helpers/server-process.ts'
import { walkToApp } from '../helpers/walk.ts'

// Apache's own module, as its sample has it: a website behind it that knows nothing of OpenID Connect,
// and an API that takes access tokens.

const SECRET = 'the secret of the website behind Apache'
const missing = whyNoApache()
let latchkey: Latchkey
let stopApache: () => Promise<void>
let site: string
let callback: string

beforeAll(async () => {
  if (missing !== null) return
  const port = await freePort()
  site = `http://localhost:${port}`
  callback = `${site}/oidc`
  latchkey = await startLatchkey({
    EMULATE: 'google',
    CLIENTS: 'apache,api',
    CLIENT_APACHE_SECRET: SECRET,
    CLIENT_APACHE_REDIRECT_URIS: callback,
    CLIENT_APACHE_POST_LOGOUT_REDIRECT_URIS: `${site}/bye/`,
    CLIENT_APACHE_BACKCHANNEL_LOGOUT_URI: `${callback}?logout=backchannel`,
    CLIENT_API_SECRET: SECRET,
    CLIENT_API_REDIRECT_URIS: `${site}/unused`,
  })
  stopApache = await startApache(
    port,
    `
OIDCProviderMetadataURL ${latchkey.url}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret "${SECRET}"
OIDCRedirectURI ${callback}
OIDCCryptoPassphrase "a passphrase of the tests"
OIDCScope "openid profile email"
OIDCInfoHook access_token refresh_token id_token userinfo
OIDCOAuthServerMetadataURL ${latchkey.url}/.well-known/oauth-authorization-server
OIDCOAuthClientID api
OIDCOAuthClientSecret "${SECRET}"
OIDCOAuthTokenIntrospectionInterval -1
<Location /private>
  AuthType openid-connect
  Require valid-user
  # The browser of the tests says cors as its Sec-Fetch-Mode.
  OIDCUnAuthAction 401 "%{HTTP_ACCEPT} !~ m#text/html#"
  Header always set X-Sub "%{OIDC_CLAIM_sub}e"
  Header always set X-Email "%{OIDC_CLAIM_email}e"
  Header always set X-Name "%{OIDC_CLAIM_name}e"
</Location>
<Location /oidc>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /api>
  AuthType oauth20
  Require claim client_id:latchkey
  Header always set X-Sub "%{OIDC_CLAIM_sub}e"
</Location>
`,
    ['private', 'bye', 'api'],
  )
}, 60_000)
beforeEach(({ skip }) => skip(missing !== null, missing ?? ''))
afterAll(async () => {
  if (missing !== null) return
  await stopApache()
  await latchkey.close()
})

/** A person's navigation: a program is not sent to sign in. */
const open = (browser: Browser, url: URL | string) =>
  browser.send(url, { headers: { accept: 'text/html' } })

/** Comes to the website for the first time; gives the page after the sign-in. */
async function signIn(browser: Browser, persona = 'minji'): Promise<Answer> {
  const start = await open(browser, `${site}/private/`)
  const authorization = new URL(start.location ?? '')
  expect(authorization.href).toContain(`${latchkey.url}/login?`)
  authorization.searchParams.set('provider', 'google')
  authorization.searchParams.set('login_hint', persona)
  const back = await walkToApp(browser, authorization, callback)
  const signedIn = await browser.send(back)
  expect([signedIn.status, signedIn.location?.href]).toEqual([302, `${site}/private/`])
  return open(browser, `${site}/private/`)
}

/** What the module knows of the session. */
const sessionOf = async (browser: Browser) =>
  (await browser.send(`${callback}?info=json`)).json() as {
    access_token: string
    refresh_token: string
    id_token: { sub: string; sid: string }
    userinfo: Record<string, unknown>
  }

const isSignedIn = async (browser: Browser) =>
  (await open(browser, `${site}/private/`)).status === 200

describe('Apache’s mod_auth_openidc as a website', () => {
  test('signs in, shows who it is, refreshes and signs out here and there', async () => {
    const browser = new Browser()
    const page = await signIn(browser)
    expect([page.status, page.text]).toEqual([200, 'the page private\n'])
    const session = await sessionOf(browser)
    expect(page.headers.get('x-sub')).toBe(session.id_token.sub)
    expect(page.headers.get('x-email')).toContain('@')
    expect(session.userinfo).toMatchObject({ sub: session.id_token.sub, email_verified: true })
    expect(page.headers.get('x-name')).toBe(
      Buffer.from(String(session.userinfo.name)).toString('latin1'),
    )
    const hook = `refresh=${encodeURIComponent(`${site}/private/`)}&access_token=${session.access_token}`
    const refreshed = await browser.send(`${callback}?${hook}`)
    expect(refreshed.location?.href).toBe(`${site}/private/`)
    const since = await sessionOf(browser)
    expect(since.refresh_token).not.toBe(session.refresh_token)
    const away = await browser.send(`${callback}?logout=${encodeURIComponent(`${site}/bye/`)}`)
    expect(away.location?.href).toContain(`${latchkey.url}/logout?id_token_hint=`)
    const back = await browser.send(away.location ?? '')
    expect([back.status, back.location?.origin, back.location?.pathname]).toEqual([
      ...[303, site, '/bye/'],
    ])
    expect(await isSignedIn(browser)).toBe(false)
    const gone = await post(`${latchkey.url}/introspect`, {
      ...{ token: since.access_token, client_id: 'apache', client_secret: SECRET },
    })
    expect(gone.json()).toEqual({ active: false })
  })

  test('is told by its back channel of a session that ended elsewhere, and of no other', async () => {
    const [browser, other] = [new Browser(), new Browser()]
    await signIn(browser)
    await signIn(other, 'alex')
    const { refresh_token: token } = await sessionOf(browser)
    await post(`${latchkey.url}/revoke`, { token }, { authorization: basic('apache', SECRET) })
    await until(async () => expect(await isSignedIn(browser)).toBe(false))
    expect(await isSignedIn(other)).toBe(true)
  })

  test('signs nobody in where the person says no', async () => {
    const browser = new Browser()
    const start = await open(browser, `${site}/private/`)
    const authorization = new URL(start.location ?? '')
    authorization.searchParams.set('provider', 'google')
    authorization.searchParams.set('login_hint', '!denied')
    const back = await walkToApp(browser, authorization, callback)
    expect(back.searchParams.get('error')).toBe('access_denied')
    // Its version 2.4.12 takes an error with `iss` (RFC 9207) for a login that begins elsewhere: a page of its own.
    expect((await open(browser, back)).location).toBeNull()
    expect(await isSignedIn(browser)).toBe(false)
  })
})

describe('Apache’s mod_auth_openidc as an API', () => {
  type Tokens = { access_token: string; refresh_token: string; user: { sub: string } }
  const call = (token: string) =>
    new Browser().send(`${site}/api/`, { headers: { authorization: `Bearer ${token}` } })

  test('lets a token of ours in as long as its session lives, and nothing else', async () => {
    const login = await new Browser().follow(`${latchkey.url}/login/google?login_hint=minji`)
    const { access_token: token, refresh_token, user } = login.json() as unknown as Tokens
    const page = await call(token)
    expect([page.status, page.headers.get('x-sub')]).toEqual([200, user.sub])
    const altered = `${token.slice(0, -2)}xx`
    for (const wrong of [altered, refresh_token, 'x']) {
      const refused = await call(wrong)
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        ...[401, expect.stringContaining('Bearer')],
      ])
    }
    await post(`${latchkey.url}/revoke`, { token: refresh_token, client_id: 'latchkey' })
    expect((await call(token)).status).toBe(401)
  })

  test('looks at whose token it is', async () => {
    const browser = new Browser()
    await signIn(browser)
    const { access_token: token } = await sessionOf(browser)
    expect((await call(token)).status).toBe(401)
  })
})
