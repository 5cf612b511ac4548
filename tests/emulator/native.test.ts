import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { ACCESS_TOKEN, exchange, expectSignedIn, ID_TOKEN } from '../helpers/native.ts'
import { json, redirectUri } from './dance.ts'

const WITH_ID_TOKENS = ['google', 'kakao', 'apple', 'facebook', 'microsoft', 'line']
const WITH_ACCESS_TOKENS = ['google', 'kakao', 'facebook', 'github']
const ALL = [...new Set([...WITH_ID_TOKENS, ...WITH_ACCESS_TOKENS])]

/** What the SDK on somebody's phone hands to the app. */
const phone = async (origin: string, provider: string, order: Record<string, string> = {}) =>
  json(
    await fetch(`${origin}/${provider}/emulator/native-tokens`, {
      method: 'POST',
      body: new URLSearchParams(order),
    }),
  )

describe('what an SDK hands to an app', () => {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await startEmulator({ providers: ALL, redirectUris: redirectUri })
  })
  afterAll(() => emulator.close())
  const setting = (id: string, name: string) => emulator.settings[id]?.[name] ?? ''
  const claimsOf = async (id: string, order: Record<string, string> = {}) =>
    decodeJwt((await phone(emulator.origin, id, order)).id_token)

  test.each(WITH_ID_TOKENS)('%s: an ID token for the app, with the app’s nonce', async (id) => {
    const { id_token } = await phone(emulator.origin, id, { persona: 'yuki', nonce: 'a nonce' })
    const keys = createRemoteJWKSet(new URL(setting(id, 'JWKS_URI')))
    const { payload } = await jwtVerify(id_token, keys)
    const ours = [setting(id, 'CLIENT_ID'), ...setting(id, 'NATIVE_CLIENT_IDS').split(',')]
    expect(ours).toContain(payload.aud)
    expect(payload.nonce).toBe('a nonce')
    const forged = await phone(emulator.origin, id, { hint: '!forged-id-token' })
    await expect(jwtVerify(forged.id_token, keys)).rejects.toThrow('signature')
    const elsewhere = await fetch(`${emulator.origin}/${id}/emulator/native-tokens`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    expect(elsewhere.status).toBe(403)
  })

  test('the audience is Kakao’s native key, Apple’s bundle, Google’s server or its iOS app', async () => {
    for (const id of ['kakao', 'apple']) {
      expect((await claimsOf(id)).aud).toBe(setting(id, 'NATIVE_CLIENT_IDS'))
    }
    const android = await claimsOf('google')
    expect(android.aud).toBe(setting('google', 'CLIENT_ID'))
    expect(android.azp).not.toBe(android.aud)
    const ios = await claimsOf('google', { platform: 'ios' })
    expect([ios.aud, ios.azp]).toEqual(Array(2).fill(setting('google', 'NATIVE_CLIENT_IDS')))
  })

  test('Google’s older SDK puts in a nonce of its own, which the app does not see', async () => {
    const old = await phone(emulator.origin, 'google', { sdk: 'own_nonce', nonce: 'mine' })
    expect(decodeJwt(old.id_token).nonce).toMatch(/^[\da-f]{32}$/)
    expect(old).not.toHaveProperty('nonce')
    expect(await claimsOf('google', { nonce: 'mine' })).toMatchObject({ nonce: 'mine' })
    expect(await claimsOf('google')).not.toHaveProperty('nonce')
  })

  test('Facebook’s always has one, which the app reads', async () => {
    const { id_token, nonce } = await phone(emulator.origin, 'facebook')
    expect(nonce).toMatch(/^[\da-f]{32}$/)
    expect(decodeJwt(id_token)).toMatchObject({ nonce, jti: expect.any(String) })
  })

  test('Microsoft’s broker loses it', async () => {
    const order = { nonce: 'mine' }
    expect(await claimsOf('microsoft', order)).toMatchObject(order)
    const lost = await claimsOf('microsoft', { ...order, sdk: 'without_nonce' })
    expect(lost).not.toHaveProperty('nonce')
  })

  test('LINE’s is signed with a key that is published, unlike that of a web login', async () => {
    const { id_token } = await phone(emulator.origin, 'line')
    expect(decodeProtectedHeader(id_token)).toMatchObject({ alg: 'ES256' })
  })
})

describe('an app signs in here with it', () => {
  let latchkey: Latchkey
  let origin: string
  beforeAll(async () => {
    latchkey = await startLatchkey({ EMULATE: ALL.join(',') })
    const { location } = await new Browser().send(`${latchkey.url}/login/google`)
    origin = location?.origin ?? ''
  })
  afterAll(() => latchkey.close())

  test.each([
    ...WITH_ID_TOKENS.map((id) => [id, ID_TOKEN] as const),
    ...WITH_ACCESS_TOKENS.map((id) => [id, ACCESS_TOKEN] as const),
  ])('%s, %s: as who signs in in a browser', async (id, type) => {
    const url = `${latchkey.url}/login/${id}?login_hint=alex`
    const { user } = (await followForms(new Browser(), url)).json() as { user: { sub: string } }
    const { id_token, access_token, nonce } = await phone(origin, id, { persona: 'alex' })
    const answer = await exchange(latchkey, type === ID_TOKEN ? id_token : access_token, {
      subject_issuer: id,
      subject_token_type: type,
      ...(nonce === undefined || type === ACCESS_TOKEN ? {} : { nonce }),
    })
    expect(expectSignedIn(answer)).toBe(user.sub)
  })
})
