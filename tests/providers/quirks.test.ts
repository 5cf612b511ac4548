import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

// The emulator refuses what the real provider refuses, so a login that succeeds there is the proof
// that a quirk is honoured; what it looks like on the wire is asserted beside it.
const latchkey = useLatchkey({ EMULATE: 'all' })

const rowOf = (id: string) => {
  const row = builtInProviders.find((one) => one.id === id)
  if (row === undefined) throw new Error(`no row ${id}`)
  return row
}
const login = (id: string, hint: string) =>
  followForms(new Browser(), `${latchkey.url}/login/${id}?login_hint=${encodeURIComponent(hint)}`)
async function user(id: string, hint: string) {
  const answer = await login(id, hint)
  expect(answer.status, answer.text).toBe(200)
  return answer.json().user as Record<string, unknown> & {
    sub: string
    identities: { provider: string; subject: string; email: string; email_verified: boolean }[]
  }
}
const authorization = async (id: string) =>
  (await startLogin(latchkey, new Browser(), id)).authorization.searchParams
const identity = async (id: string, hint: string) =>
  (await user(id, hint)).identities.find(({ provider }) => provider === id)

describe('Naver', () => {
  test('gets no scope and no PKCE, its state again at the token call, and may say expires_in as text', async () => {
    const asked = await authorization('naver')
    expect([asked.has('scope'), asked.has('code_challenge')]).toEqual([false, false])
    expect((await authorization('google')).has('code_challenge')).toBe(true)
    expect((await user('naver', 'minji')).email_verified).toBe(false)
  })
})

describe('Facebook', () => {
  test('gets an appsecret_proof, and an address without a flag stays unverified', async () => {
    expect(await identity('facebook', 'alex')).toMatchObject({ email_verified: false })
    expect((await identity('google', 'alex'))?.email_verified).toBe(true)
  })

  test('says error 100 for a used code, in an envelope of its own', async () => {
    expect((await login('facebook', '!used-code')).json().code).toBe('invalid_code')
    expect((await login('facebook', '!wrong-secret')).json().code).toBe('provider_error')
  })

  test('has its Graph version as a setting', () => {
    expect(rowOf('facebook').endpoints.token_endpoint).toContain('{GRAPH_VERSION}')
    expect(rowOf('facebook').settings.GRAPH_VERSION?.default).toBe('v24.0')
  })
})

describe('X', () => {
  test('gets PKCE and Basic authentication; only confirmed addresses come, and count as verified', async () => {
    expect((await authorization('x')).get('code_challenge_method')).toBe('S256')
    expect(await identity('x', 'minji')).toMatchObject({ email_verified: true })
    expect(await identity('x', 'robin')).not.toHaveProperty('email')
  })
})

describe('Apple', () => {
  test('gets an ES256 secret of the key, the same until it is nearly over', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const values = {
      TEAM_ID: 'TEAM000001',
      KEY_ID: 'KEY0000001',
      PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }
    const make = rowOf('apple').clientSecret?.('com.example.web', rowOf('apple'), values)
    const secret = (await make?.()) ?? ''
    expect(await make?.()).toBe(secret)
    expect(decodeProtectedHeader(secret)).toMatchObject({ alg: 'ES256', kid: 'KEY0000001' })
    const claims = decodeJwt(secret)
    expect(claims).toMatchObject({
      iss: 'TEAM000001',
      sub: 'com.example.web',
      aud: 'https://appleid.apple.com',
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(15_777_000)
  })

  test('posts its answer, which is bounced to GET; the name comes once and is kept', async () => {
    expect((await authorization('apple')).get('response_mode')).toBe('form_post')
    expect((await user('apple', 'minji')).name).toBe('김민지')
    expect((await user('apple', 'minji')).name).toBe('김민지')
  })

  test('says booleans as text, and gives relay addresses', async () => {
    expect(await identity('apple', 'odd')).toMatchObject({ email_verified: true })
    expect((await identity('apple', 'odd'))?.email).toContain('privaterelay')
    expect(await identity('apple', 'yuki')).toMatchObject({ email_verified: false })
  })
})

describe('Microsoft', () => {
  const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const issuer = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`
  const issuerOf = (tid: unknown, tenant: string) =>
    rowOf('microsoft').issuerOf?.({ tid }, rowOf('microsoft'), { TENANT: tenant })

  test('4.07 has an issuer for each tenant, and only of the tenants that the setting lets in', () => {
    expect(issuerOf(TENANT, 'common')).toBe(issuer(TENANT))
    expect(issuerOf('not-a-tenant', 'common')).toBeNull()
    expect(issuerOf(PERSONAL, 'common')).toBe(issuer(PERSONAL))
    expect(issuerOf(PERSONAL, 'organizations')).toBeNull()
    expect(issuerOf(TENANT, 'organizations')).toBe(issuer(TENANT))
    expect(issuerOf(TENANT, 'consumers')).toBeNull()
    expect(issuerOf(PERSONAL, 'consumers')).toBe(issuer(PERSONAL))
    expect(issuerOf(PERSONAL, TENANT)).toBeNull()
    expect(issuerOf(TENANT, TENANT)).toBe(issuer(TENANT))
  })

  test('7.04 an address counts by xms_edov or in the personal tenant, and nowhere else', async () => {
    expect(await identity('microsoft', 'minji')).toMatchObject({ email_verified: true })
    expect(await identity('microsoft', 'alex')).toMatchObject({ email_verified: true })
    // Another tenant's administrator put alex's address there.
    const [robin, alex] = [await user('microsoft', 'robin'), await user('microsoft', 'alex')]
    expect(robin.sub).not.toBe(alex.sub)
    expect(robin.identities[0]).toMatchObject({ email_verified: false })
  })
})

describe('LINE', () => {
  test('signs web logins with the channel secret; the address is in the ID token alone', async () => {
    expect(await identity('line', 'minji')).toMatchObject({ email_verified: false })
    expect((await identity('line', 'minji'))?.email).toMatch(/@/)
    const forged = await login('line', '!forged-id-token')
    expect(forged.json().code).toBe('invalid_provider_response')
  })
})

describe('Discord', () => {
  test('names itself in callbacks, and avatars by their hash', async () => {
    expect((await user('discord', 'minji')).picture).toMatch(/^https:\/\/cdn\.discordapp\.com\//)
    const stranger = await startLogin(latchkey, new Browser(), 'discord')
    const answer = await new Browser().send(stranger.callback({ iss: 'https://evil.example' }))
    expect(answer.json().code).toBe('invalid_state')
  })
})

describe('GitLab', () => {
  test('may live below a path, found by discovery at its issuer', async () => {
    expect((await authorization('gitlab')).get('client_id')).toBeTruthy()
    expect(await identity('gitlab', 'minji')).toMatchObject({ email_verified: true })
    expect(rowOf('gitlab').issuerVaries).toBe(true)
  })
})

describe('LinkedIn', () => {
  test('gets no PKCE, echoes no nonce, and says no in words of its own', async () => {
    expect((await authorization('linkedin')).has('code_challenge')).toBe(false)
    expect((await login('linkedin', '!denied')).json().code).toBe('access_denied')
    expect((await login('linkedin', '!denied-login')).json().code).toBe('access_denied')
    expect(await identity('linkedin', 'minji')).toMatchObject({ email_verified: true })
  })
})

describe('Slack', () => {
  test('one user id in two workspaces is two people; errors are HTTP 200', async () => {
    const [alex, robin] = [await identity('slack', 'alex'), await identity('slack', 'robin')]
    expect(alex?.subject.split('_')[1]).toBe(robin?.subject.split('_')[1])
    expect(alex?.subject).not.toBe(robin?.subject)
    expect((await login('slack', '!used-code')).json().code).toBe('invalid_code')
  })
})

describe('Twitch', () => {
  test('is asked for each claim, answers scopes as a list, and errors without an error', async () => {
    const claims = JSON.parse((await authorization('twitch')).get('claims') ?? '{}')
    expect(claims.id_token).toHaveProperty('email_verified')
    expect(await identity('twitch', 'minji')).toMatchObject({ email_verified: true })
    expect((await login('twitch', '!used-code')).json().code).toBe('invalid_code')
    expect((await login('twitch', '!wrong-secret')).json().code).toBe('provider_error')
  })
})

describe('Spotify', () => {
  test('is keyed by account_id, and by id where there is none', async () => {
    const [minji, robin] = [await identity('spotify', 'minji'), await identity('spotify', 'robin')]
    expect(minji?.subject).not.toBe(robin?.subject)
    expect([minji?.email_verified, robin?.email_verified]).toEqual([false, false])
  })
})
