import { createHash } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { startLogin, TEST_SECRET } from '../helpers/latchkey.ts'
import { expectNoSecretLogged } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const CANARY = {
  code: 'canary-code-4b1f',
  accessTokenOfProvider: 'canary-access-token-of-provider',
  refreshTokenOfProvider: 'canary-refresh-token-of-provider',
  email: 'canary.address@example.com',
  name: 'Canary Personname',
  picture: 'https://pictures.example/canary-picture',
  subject: 'canary-subject',
  description: 'canary words of the provider',
  stateOfApp: 'canary-state-of-app',
  loginHint: 'canary-login-hint',
  injected: 'canary"},{"level":"fatal\n{"injected":1}',
}
const { provider, latchkey } = setStage({ settings: { LOG_LEVEL: 'trace' } })

beforeEach(() => {
  provider.subject = CANARY.subject
  provider.person = { name: CANARY.name, email: CANARY.email, picture: CANARY.picture }
  provider.token = (document) => ({
    ...document,
    access_token: CANARY.accessTokenOfProvider,
    refresh_token: CANARY.refreshTokenOfProvider,
  })
})

/** What one login shows to the provider, the browser and the wire: none of it is for the log. */
const secrets: Record<string, string> = { ...CANARY }

function remember(name: string, secret: unknown): void {
  secrets[`${name} ${Object.keys(secrets).length}`] = String(secret)
}

/** One login with everything it carries remembered; `spoil` makes it go wrong at the provider. */
async function play(query: Record<string, string | null>, spoil = () => {}): Promise<number> {
  const browser = new Browser()
  const started = await startLogin(
    latchkey,
    browser,
    'fake',
    `?state=${CANARY.stateOfApp}&login_hint=${CANARY.loginHint}&scope=openid+email`,
  )
  remember('state', started.state)
  remember('nonce', started.nonce)
  for (const [, { value }] of browser.jar()) remember('flow cookie', value)
  provider.nonce = started.nonce ?? ''
  spoil()
  const url = started.callback({ code: CANARY.code, ...query })
  const answer = await browser.send(url, {
    headers: { referer: `https://app.example/?code=${CANARY.code}` },
  })
  provider.answers = {}
  provider.idToken = (claims) => claims
  for (const { form } of provider.calls.filter(({ step }) => step === 'token')) {
    if (form.code_verifier) remember('verifier', form.code_verifier)
  }
  if (answer.status === 200) {
    const { access_token, refresh_token, id_token } = answer.json()
    remember('access token', access_token)
    remember('refresh token', refresh_token)
    remember('refresh token hash', createHash('sha256').update(String(refresh_token)).digest('hex'))
    remember('ID token', id_token)
    const headers = { authorization: `Bearer ${access_token}` }
    expect((await browser.send(`${latchkey.url}/me`, { headers })).status).toBe(200)
    const tampered = { authorization: `Bearer ${access_token}x` }
    expect((await browser.send(`${latchkey.url}/me`, { headers: tampered })).status).toBe(401)
  }
  return answer.status
}

test('2.33 no code, state, verifier, nonce, token, cookie, secret or person stands in the log', async () => {
  const failing = { error: 'invalid_grant', error_description: CANARY.description }
  const statuses = [
    await play({}),
    await play({}),
    await play({ code: null, error: 'access_denied', error_description: CANARY.description }),
    await play({ code: null, error: CANARY.injected }),
    await play({ state: `${CANARY.stateOfApp}-unknown` }),
    await play({ iss: `https://${CANARY.stateOfApp}.example` }),
    await play({}, () => {
      provider.answers.token = { status: 400, body: failing }
    }),
    await play({}, () => {
      provider.answers.token = { status: 500, body: CANARY.description }
    }),
    await play({}, () => {
      provider.answers.token = { body: `<html>${CANARY.accessTokenOfProvider}` }
    }),
    await play({}, () => {
      provider.idToken = (claims) => ({ ...claims, aud: CANARY.description })
    }),
    await play({}, () => {
      provider.answers.userinfo = { body: { sub: CANARY.injected, email: CANARY.email } }
    }),
    await play({}, () => {
      provider.answers.userinfo = (_call, response) => {
        response.destroy()
      }
    }),
  ]
  expect(statuses).toEqual([200, 200, 403, 502, 400, 400, 400, 502, 502, 502, 502, 502])
  for (const path of [
    `/nowhere/${CANARY.code}?access_token=${CANARY.accessTokenOfProvider}`,
    `/me?access_token=${CANARY.accessTokenOfProvider}`,
    `/login/${CANARY.stateOfApp}?login_hint=${CANARY.loginHint}`,
    `/login/fake/callback?code=${CANARY.code}&code=${CANARY.code}`,
    `/${CANARY.code}%`,
  ]) {
    await rawRequest(latchkey.url, { path, headers: ['authorization', `Basic ${CANARY.code}`] })
  }
  remember('client secret', 'secret-at-fake')
  remember('SECRET', TEST_SECRET)
  expect(latchkey.logs.length).toBeGreaterThan(20)
  // The scan finds what is there: the log does name the routes.
  expect(() => expectNoSecretLogged(latchkey, { route: '/login/:provider/callback' })).toThrow()
  expectNoSecretLogged(latchkey, secrets)
  for (const line of latchkey.logs) {
    expect(line.trimEnd()).not.toContain('\n')
    expect(JSON.parse(line)).not.toHaveProperty('injected')
  }
})

test('2.33 a signed-in line names the user and the session by their ids', async () => {
  expect(await play({})).toBe(200)
  const line = latchkey.logs
    .map((text) => JSON.parse(text))
    .findLast((one) => one.event === 'signed_in')
  expect(line).toMatchObject({
    provider: 'fake',
    user: expect.stringMatching(/^[0-9a-f-]{36}$/),
    session: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
})
