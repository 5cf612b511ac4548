import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { age } from '../helpers/age.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { type RoundRobin, startRoundRobin } from '../helpers/round-robin.ts'
import { walkToApp } from '../helpers/walk.ts'

const REDIRECT_URI = 'https://app.example.com/callback'

describe('two replicas behind round robin share nothing but PostgreSQL', () => {
  let balancer: RoundRobin
  let testDatabase: TestDatabase
  let emulator: Emulator
  let replicas: Latchkey[] = []

  beforeAll(async () => {
    balancer = await startRoundRobin()
    testDatabase = await createTestDatabase()
    // Outside of both, as a real provider is.
    emulator = await startEmulator({
      providers: ['google'],
      redirectUris: (id) => `${balancer.url}/login/${id}/callback`,
    })
    const google = Object.entries(emulator.settings.google ?? {})
    const env = {
      RATE_LIMIT: 'off',
      CLIENTS: 'app,other',
      CLIENT_APP_REDIRECT_URIS: REDIRECT_URI,
      CLIENT_OTHER_REDIRECT_URIS: 'https://other.example.com/callback',
      CLIENT_APP_POST_LOGOUT_REDIRECT_URIS: 'https://app.example.com/bye',
      ...Object.fromEntries(google.map(([name, value]) => [`GOOGLE_${name}`, value])),
    }
    const shared = { testDatabase, publicUrl: balancer.url }
    // At once, on a database where neither was before.
    replicas = await Promise.all([startLatchkey(env, shared), startLatchkey(env, shared)])
    balancer.targets.push(...replicas.map(({ url }) => url))
  })
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.close()))
    await emulator.close()
    await balancer.close()
    await testDatabase.drop()
  })

  const post = (path: string, form: Record<string, string>, base = balancer.url) =>
    new Browser().send(`${base}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  const me = (token: unknown, base = balancer.url) =>
    new Browser().send(`${base}/me`, { headers: { authorization: `Bearer ${token}` } })
  const refresh = (token: unknown, base?: string) =>
    post(
      '/token',
      { grant_type: 'refresh_token', client_id: 'app', refresh_token: String(token) },
      base,
    )

  /** Signs in as far as the code, and gives the form that redeems it. */
  async function authorize() {
    const verifier = randomBytes(32).toString('base64url')
    const url = new URL(`${balancer.url}/login/google`)
    url.search = new URLSearchParams({
      client_id: 'app',
      redirect_uri: REDIRECT_URI,
      scope: 'openid profile email',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      login_hint: 'minji',
    }).toString()
    const answer = await walkToApp(new Browser(), url, REDIRECT_URI)
    expect(answer.searchParams.get('error')).toBeNull()
    return {
      grant_type: 'authorization_code',
      client_id: 'app',
      redirect_uri: REDIRECT_URI,
      code: answer.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }
  }

  const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()
  /** The same request so many times at once, half of them at each replica. */
  const race = (count: number, ask: (base: string) => Promise<Answer>) =>
    Promise.all(Array.from({ length: count }, (_, place) => ask(replicas[place % 2]?.url ?? '')))

  test.each([0, 1])(
    'a person’s whole visit changes the replica at each step, from %i on',
    async (first) => {
      const second = 1 - first
      balancer.served.length = 0
      balancer.turnTo(first)
      const form = await authorize()
      const tokens = await post('/token', form)
      expect(tokens.status).toBe(200)
      const { refresh_token: refreshToken } = tokens.json()
      const refreshed = await refresh(refreshToken)
      expect(refreshed.status).toBe(200)
      const { access_token: accessToken, id_token: idToken } = refreshed.json()
      // Both know the token, whoever signed it.
      for (const { url } of replicas) expect((await me(accessToken, url)).status).toBe(200)
      const query = new URLSearchParams({
        id_token_hint: String(idToken),
        post_logout_redirect_uri: 'https://app.example.com/bye',
      })
      const gone = await new Browser().send(`${balancer.url}/logout?${query}`)
      expect(gone).toMatchObject({ status: 303, location: { href: 'https://app.example.com/bye' } })
      expect((await me(accessToken)).status).toBe(401)
      expect(balancer.served).toEqual([
        { replica: first, method: 'GET', path: '/login/google' },
        { replica: second, method: 'GET', path: '/login/google/callback' },
        { replica: first, method: 'POST', path: '/token' },
        { replica: second, method: 'POST', path: '/token' },
        { replica: first, method: 'GET', path: '/logout' },
        { replica: second, method: 'GET', path: '/me' },
      ])
    },
  )

  test('both publish the same keys, and an API verifies the tokens of either', async () => {
    const sets = await Promise.all(
      replicas.map(({ url }) => new Browser().send(`${url}/.well-known/jwks.json`)),
    )
    expect(sets[0]?.json()).toEqual(sets[1]?.json())
    for (const { url } of replicas) {
      const tokens = await post('/token', await authorize(), url)
      for (const other of replicas) {
        const keys = createRemoteJWKSet(new URL(`${other.url}/.well-known/jwks.json`))
        const { payload } = await jwtVerify(String(tokens.json().access_token), keys, {
          issuer: balancer.url,
          audience: balancer.url,
          typ: 'at+jwt',
        })
        expect(payload.client_id).toBe('app')
      }
    }
  })

  test('one callback that comes twice at once, at both, signs in once', async () => {
    for (let round = 0; round < 5; round++) {
      const browser = new Browser()
      const start = await browser.send(`${balancer.url}/login/google?login_hint=minji`)
      const { location: callback } = await browser.send(String(start.location))
      const path = `${callback?.pathname}${callback?.search}`
      const jar = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`).join('; ')
      const answers = await race(2, (base) =>
        new Browser().send(`${base}${path}`, { headers: { cookie: jar } }),
      )
      expect(statuses(answers)).toEqual([200, 400])
      const refused = answers.find(({ status }) => status === 400)
      expect(refused?.json()).toMatchObject({ code: 'invalid_state' })
    }
  })

  test('one code that is redeemed at both at once opens one session, with one refresh token', async () => {
    for (let round = 0; round < 5; round++) {
      const form = await authorize()
      const answers = await race(10, (base) => post('/token', form, base))
      expect(new Set(statuses(answers))).toEqual(new Set([200]))
      expect(new Set(answers.map((answer) => answer.json().refresh_token)).size).toBe(1)
      for (const { url } of replicas) {
        expect((await me(answers[0]?.json().access_token, url)).status).toBe(200)
      }
    }
  })

  test('one refresh token that is shown 20 times at both at once has one successor', async () => {
    for (let round = 0; round < 3; round++) {
      const first = (await post('/token', await authorize())).json()
      const answers = await race(20, (base) => refresh(first.refresh_token, base))
      expect(new Set(statuses(answers))).toEqual(new Set([200]))
      const successors = new Set(answers.map((answer) => answer.json().refresh_token))
      expect(successors.size).toBe(1)
      const [successor] = [...successors]
      const next = await refresh(successor, replicas[round % 2]?.url)
      expect(next.status).toBe(200)
      expect((await me(next.json().access_token)).status).toBe(200)
    }
  })

  test('a token that was rotated away long ago on one is refused on the other, and ends the session', async () => {
    const [one, other] = replicas.map(({ url }) => url)
    const first = (await post('/token', await authorize())).json()
    const second = (await refresh(first.refresh_token, one)).json()
    const third = (await refresh(second.refresh_token, one)).json()
    expect((await me(third.access_token, one)).status).toBe(200)
    await age(replicas[0] as Latchkey, '11 seconds')
    const reused = await refresh(first.refresh_token, other)
    expect(reused.status).toBe(400)
    expect(reused.json()).toMatchObject({ error: 'invalid_grant' })
    expect((await me(third.access_token, one)).status).toBe(401)
    expect((await refresh(third.refresh_token, one)).status).toBe(400)
  })

  test('a token that is revoked on one is over on the other at once; a stranger’s revocation is not', async () => {
    const [one, other] = replicas.map(({ url }) => url)
    const tokens = (await post('/token', await authorize())).json()
    const token = String(tokens.refresh_token)
    await post('/revoke', { client_id: 'other', token }, one)
    expect((await me(tokens.access_token, other)).status).toBe(200)
    expect((await post('/revoke', { client_id: 'app', token }, one)).status).toBe(200)
    expect((await me(tokens.access_token, other)).status).toBe(401)
  })

  test('what one tells of its own addresses is the public URL', async () => {
    for (const { url } of replicas) {
      const metadata = await new Browser().send(`${url}/.well-known/openid-configuration`)
      expect(metadata.json()).toMatchObject({
        issuer: balancer.url,
        token_endpoint: `${balancer.url}/token`,
      })
      const start = await new Browser().send(`${url}/login/google`)
      expect(start.location?.searchParams.get('redirect_uri')).toBe(
        `${balancer.url}/login/google/callback`,
      )
    }
  })
})
