import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startEmulator } from '../../../src/emulator/index.ts'
import { builtInProviders } from '../../../src/providers/index.ts'
import { dancer, redirectUri } from '../../emulator/dance.ts'
import { applePrivateKey } from '../../helpers/apple-key.ts'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider, makeKey } from '../../helpers/fake-provider.ts'
import { part } from '../../helpers/id-token.ts'
import { type Latchkey, startLatchkey, startLogin } from '../../helpers/latchkey.ts'
import {
  ACCESS_TOKEN,
  exchange,
  expectSignedIn,
  expectTokenRefused,
  nativeClaims,
  personOf,
} from '../../helpers/native.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'

type Claims = Record<string, unknown>

const provider = new FakeProvider()
let latchkey: Latchkey

const TENANT = 'b9419818-09af-49c2-b0c3-653adc1f376e'
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** The rows whose apps have ID tokens, and their claims as documented, with what comes of them. */
const ROWS: Record<string, { claims: () => Claims; person: Claims; subject: string }> = {
  google: {
    claims: () => ({
      azp: 'android-app',
      hd: 'example.com',
      picture: 'https://g.example/p',
      locale: 'ko',
    }),
    person: { email: 'google@example.com', email_verified: true, locale: 'ko' },
    subject: 'person-1',
  },
  kakao: {
    claims: () => ({
      ...{ aud: 'kakao-app', sub: '3891047281', auth_time: 1, nickname: '홍길동', name: undefined },
      ...{ email_verified: undefined, picture: 'https://k.example/p.jpg' },
    }),
    person: { name: '홍길동', email: 'kakao@example.com', email_verified: false },
    subject: '3891047281',
  },
  apple: {
    claims: () => ({
      ...{ aud: 'apple-app', sub: '001667.7f1e.0433', email_verified: 'true', name: undefined },
      ...{ nonce_supported: true, real_user_status: 2, is_private_email: 'false', c_hash: 'x' },
    }),
    person: { email: 'apple@example.com', email_verified: true },
    subject: '001667.7f1e.0433',
  },
  microsoft: {
    claims: () => ({
      iss: `${provider.issuer}/${TENANT}/v2.0`,
      ...{ tid: TENANT, oid: 'oid-1', ver: '2.0', sub: 'pairwise', email_verified: true },
    }),
    person: { name: 'Person One', email: 'microsoft@example.com', email_verified: false },
    subject: 'oid-1',
  },
  line: {
    claims: () => ({ sub: `U${'0'.repeat(32)}`, amr: ['linesso'], email_verified: true }),
    person: { name: 'Person One', email: 'line@example.com', email_verified: false },
    subject: `U${'0'.repeat(32)}`,
  },
  facebook: {
    claims: () => ({ sub: '10158000000000001', given_name: 'Person', email_verified: true }),
    person: { name: 'Person One', email: 'facebook@example.com', email_verified: false },
    subject: '10158000000000001',
  },
}

beforeAll(async () => {
  provider.keys = [await makeKey('rsa'), await makeKey('ec', 'ES256')]
  await provider.listen()
  const { issuer } = provider
  const all: Record<string, string> = {
    APPLE_TEAM_ID: 'TEAM000001',
    APPLE_KEY_ID: 'KEY0000001',
    APPLE_PRIVATE_KEY: applePrivateKey(),
    MICROSOFT_ISSUER: `${issuer}/{tenantid}/v2.0`,
    MICROSOFT_TENANT: 'common',
  }
  for (const [id, place] of Object.keys(ROWS).map((name, index) => [name, index] as const)) {
    const prefix = id.toUpperCase()
    // Each needs an issuer of its own; all have the same keys.
    all[`${prefix}_ISSUER`] ??= `${issuer}/${place}`
    all[`${prefix}_JWKS_URI`] = `${issuer}/jwks`
    all[`${prefix}_AUTHORIZATION_ENDPOINT`] = `${issuer}/authorize`
    all[`${prefix}_TOKEN_ENDPOINT`] = `${issuer}/token`
    all[`${prefix}_CLIENT_ID`] = 'client-at-fake'
    if (id !== 'apple') all[`${prefix}_CLIENT_SECRET`] = 'secret-at-fake'
    all[`${prefix}_NATIVE_CLIENT_IDS`] = `${id}-app`
    // The rows are aimed at a double, and yet believed.
    if (['google', 'apple', 'microsoft'].includes(id)) all[`${prefix}_TRUST_EMAIL`] = 'on'
  }
  latchkey = await startLatchkey(all)
})
beforeEach(() => provider.reset())
afterAll(async () => {
  await latchkey.close()
  await provider.close()
})

/** The claims of an ID token of one of the rows. */
function claimsOf(id: string, changes: Claims = {}): Claims {
  const place = Object.keys(ROWS).indexOf(id)
  const iss = `${provider.issuer}/${place}`
  const email = `${id}@example.com`
  return { ...nativeClaims(provider), iss, email, ...ROWS[id]?.claims(), ...changes }
}

/** An ID token of one of the rows, signed as its provider signs those of apps. */
const idToken = (id: string, changes: Claims = {}) =>
  provider.sign(claimsOf(id, changes), provider.keys[id === 'line' ? 1 : 0])

const signIn = async (id: string, token: string, parameters = {}) =>
  exchange(latchkey, token, { subject_issuer: id, ...parameters })

test('the rows with ID tokens for apps are these', () => {
  const rows = builtInProviders.filter(({ native }) => native.readIdToken !== undefined)
  expect(rows.map(({ id }) => id).sort()).toEqual(Object.keys(ROWS).sort())
})

describe.each(Object.entries(ROWS))('an ID token of %s', (id, { person, subject }) => {
  const refuse = async (token: string, reason: string, parameters = {}) => {
    const log = { code: 'invalid_code', step: 'id_token', reason }
    await expectTokenRefused(latchkey, { log }, token, { subject_issuer: id, ...parameters })
    expectSignedIn(await signIn(id, await idToken(id)))
  }

  test('signs its person in, with nothing but the keys asked for', async () => {
    const answer = await signIn(id, await idToken(id))
    expect(await personOf(latchkey, answer)).toMatchObject({
      ...person,
      identities: [{ provider: id, subject }],
    })
    expect(provider.calls.every(({ step }) => step === 'jwks')).toBe(true)
  })

  test('is for our app, by each of its ids, or refused', async () => {
    for (const aud of ['client-at-fake', `${id}-app`]) {
      expectSignedIn(await signIn(id, await idToken(id, { aud })))
    }
    const others = Object.keys(ROWS).filter((other) => other !== id)
    for (const aud of ['somebody', ...others.map((other) => `${other}-app`)]) {
      await refuse(await idToken(id, { aud }), 'claim_aud')
    }
  })

  test('carries the app’s nonce as the SDK does: hashed at Apple, plain elsewhere', async () => {
    const nonce = 'raw-nonce'
    const hashed = createHash('sha256').update(nonce).digest('hex')
    const [right, other] = id === 'apple' ? [hashed, nonce] : [nonce, hashed]
    expectSignedIn(await signIn(id, await idToken(id, { nonce: right }), { nonce }))
    for (const claim of [other, hashed.toUpperCase(), '', undefined]) {
      await refuse(await idToken(id, { nonce: claim }), 'claim_nonce', { nonce })
    }
    // Whoever has the token has what stands in it; that alone must not do for the app's nonce.
    if (id === 'apple')
      await refuse(await idToken(id, { nonce: hashed }), 'claim_nonce', { nonce: hashed })
  })

  test('may have a nonce of its SDK where the app sent none: at Google and Microsoft only', async () => {
    const token = await idToken(id, { nonce: 'hV3v4mTzYx0JmE0W1h3kqYJx3yGxPjC3Vw8wLVb4r7A' })
    if (['google', 'microsoft'].includes(id)) expectSignedIn(await signIn(id, token))
    else await refuse(token, 'claim_nonce')
  })

  test('may be asked for by another client of ours, and by one that nobody listed at Google only', async () => {
    expectSignedIn(await signIn(id, await idToken(id, { aud: 'client-at-fake', azp: `${id}-app` })))
    const foreign = { aud: 'client-at-fake', azp: 'an-app-of-android' }
    if (id === 'google') expectSignedIn(await signIn(id, await idToken(id, foreign)))
    else await refuse(await idToken(id, foreign), 'claim_azp')
    const two = ['client-at-fake', 'another']
    await refuse(await idToken(id, { aud: two, azp: 'an-app-of-android' }), 'claim_azp')
    await refuse(await idToken(id, { aud: two, azp: undefined }), 'claim_azp')
    expectSignedIn(await signIn(id, await idToken(id, { aud: two, azp: `${id}-app` })))
  })

  test('is of this provider’s issuer, or refused', async () => {
    await refuse(await idToken(id, { iss: `${provider.issuer}/elsewhere` }), 'claim_iss')
    const real = builtInProviders.find((row) => row.id === id)?.issuer
    await refuse(await idToken(id, { iss: real }), 'claim_iss')
  })

  test('5.08 by HS256 is refused, though the secret is right', async () => {
    const head = part({ alg: 'HS256', typ: 'JWT' })
    const input = `${head}.${part(claimsOf(id))}`
    const signature = createHmac('sha256', 'secret-at-fake').update(input).digest('base64url')
    await refuse(`${input}.${signature}`, 'alg_not_allowed')
  })

  test('of another shape is refused', async () => {
    await refuse(await idToken(id, { sub: 12 }), 'claim_sub')
  })
})

describe('Apple', () => {
  test('lacks the nonce only where it says that the platform cannot carry one', async () => {
    const token = (changes: Claims) => idToken('apple', { nonce: undefined, ...changes })
    const nonce = 'raw-nonce'
    expectSignedIn(await signIn('apple', await token({ nonce_supported: false }), { nonce }))
    for (const nonce_supported of [true, undefined, null, 'false', 0]) {
      const log = { step: 'id_token', reason: 'claim_nonce' }
      const parameters = { subject_issuer: 'apple', nonce }
      await expectTokenRefused(latchkey, { log }, await token({ nonce_supported }), parameters)
    }
    // A wrong one is wrong there too, and no other provider has the word.
    for (const id of ['apple', 'google']) {
      const claims = { nonce_supported: false, nonce: id === 'apple' ? 'other' : undefined }
      const log = { step: 'id_token', reason: 'claim_nonce' }
      const parameters = { subject_issuer: id, nonce }
      await expectTokenRefused(latchkey, { log }, await idToken(id, claims), parameters)
    }
  })
})

describe('Microsoft', () => {
  const refuse = async (changes: Claims, reason: string) => {
    const log = { step: 'id_token', reason }
    const token = await idToken('microsoft', changes)
    await expectTokenRefused(latchkey, { log }, token, { subject_issuer: 'microsoft' })
    expectSignedIn(await signIn('microsoft', await idToken('microsoft')))
  }

  test('a tenant vouches for itself only', async () => {
    await refuse({ tid: PERSONAL }, 'claim_iss')
    await refuse({ tid: undefined }, 'claim_iss')
    await refuse({ iss: `${provider.issuer}/{tenantid}/v2.0` }, 'claim_iss')
    await refuse({ oid: undefined }, 'shape')
  })

  test('people of two tenants with one oid are two', async () => {
    const changes = { tid: PERSONAL, iss: `${provider.issuer}/${PERSONAL}/v2.0` }
    const work = expectSignedIn(await signIn('microsoft', await idToken('microsoft')))
    const home = await signIn('microsoft', await idToken('microsoft', changes))
    expect(expectSignedIn(home)).not.toBe(work)
  })
})

describe('the emulator, which was written apart from the rows', () => {
  const withTokens = builtInProviders.filter(({ native }) => Object.keys(native).length > 0)

  test.each(withTokens.map((row) => [row.id, row] as const))(
    'gives tokens of %s that sign the person in who signs in by the browser',
    async (id, row) => {
      const emulator = await startEmulator({ providers: [id], redirectUris: redirectUri })
      const prefix = `${id.toUpperCase()}_`
      const entries = Object.entries(emulator.settings[id] ?? {})
      const aimed = await startLatchkey(
        Object.fromEntries(entries.map(([name, value]) => [prefix + name, value])),
        { publicUrl: 'http://localhost:3000' },
      )
      try {
        const people = new Set<unknown>()
        const { access_token = '', id_token } = await dancer(emulator, id).tokensFor(
          row.native.nonce === 'sha256'
            ? { nonce: createHash('sha256').update('n').digest('hex') }
            : {},
        )
        // LINE's web tokens are HS256, which only apps' tokens are not.
        if (row.native.readIdToken && id_token !== undefined) {
          const answer = await exchange(aimed, id_token, { subject_issuer: id, nonce: 'n' })
          if (isHs256(id_token)) expectOAuthError(answer, 400, 'invalid_grant')
          else people.add(expectSignedIn(answer))
        }
        if (row.native.inspectAccessToken) {
          const bearer = { subject_issuer: id, subject_token_type: ACCESS_TOKEN }
          people.add(expectSignedIn(await exchange(aimed, access_token, bearer)))
          const log = { code: 'invalid_code', step: 'access_token' }
          await expectTokenRefused(aimed, { log }, `${access_token}x`, bearer)
        }
        const browser = new Browser()
        const { authorization } = await startLogin(aimed, browser, id)
        authorization.searchParams.set('login_hint', 'minji')
        const { location } = await browser.send(authorization)
        // Apple's answer is a form.
        if (location !== null) {
          const answer = await browser.send(aimed.url + location.pathname + location.search)
          people.add((answer.json().user as { sub: string }).sub)
        }
        expect(people.size).toBe(1)
      } finally {
        await aimed.close()
        await emulator.close()
      }
    },
  )
})

const isHs256 = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg === 'HS256'
