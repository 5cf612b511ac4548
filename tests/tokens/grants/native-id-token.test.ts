import { createHash, createHmac } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claimsOf, readTokens } from '../../helpers/apps.ts'
import { FakeProvider, makeKey } from '../../helpers/fake-provider.ts'
import { part, signRaw } from '../../helpers/id-token.ts'
import { countRows, login, startLatchkey } from '../../helpers/latchkey.ts'
import {
  exchange,
  expectSignedIn,
  expectTokenRefused,
  nativeClaims,
  personOf,
} from '../../helpers/native.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

const evil = new FakeProvider()
const other = new FakeProvider()
const {
  provider,
  latchkey,
  replica: second,
} = setStageOfTwo({
  others: { second: other },
  settings: {
    FAKE_NATIVE_CLIENT_IDS: 'ios-app,android-app',
    FAKE_TRUST_EMAIL: 'on',
    SECOND_TRUST_EMAIL: 'on',
  },
})

beforeAll(async () => {
  await evil.listen()
  return () => evil.close()
})
beforeEach(() => {
  evil.reset()
  provider.subject = 'person-1'
})

type Claims = Record<string, unknown>

/** A fresh ID token of the SDK, its claims and header changed; undefined leaves a claim out. */
const idToken = (changes: Claims = {}, header: object = {}) =>
  provider.sign({ ...nativeClaims(provider), ...changes }, provider.keys[0], header)
const now = () => Math.floor(Date.now() / 1000)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const rsa = () => provider.keys[0] as Awaited<ReturnType<typeof makeKey>>

/** Refused for this reason, between two tokens that are good. */
async function refuse(token: string, reason: string, parameters = {}) {
  expectSignedIn(await exchange(latchkey, await idToken()))
  const log = { code: 'invalid_code', step: 'id_token', reason }
  await expectTokenRefused(latchkey, { log }, token, parameters)
  expectSignedIn(await exchange(latchkey, await idToken()))
}

describe('5.01 a token of another app', () => {
  test.each<[title: string, changes: Claims, reason: string]>([
    ['its audience', { aud: 'app-of-somebody' }, 'claim_aud'],
    ['an array of it', { aud: ['app-of-somebody'] }, 'claim_aud'],
    ['no audience', { aud: undefined }, 'claim_aud'],
    ['an empty array', { aud: [] }, 'claim_aud'],
    ['a prefix of ours', { aud: 'ios' }, 'claim_aud'],
    ['a list of ours in one text', { aud: 'ios-app,android-app' }, 'claim_aud'],
    ['ours and another, asked by nobody', { aud: ['ios-app', 'x'] }, 'claim_azp'],
    ['ours and another, asked by it', { aud: ['ios-app', 'x'], azp: 'x' }, 'claim_azp'],
    ['ours alone, asked by another', { aud: 'client-at-fake', azp: 'x' }, 'claim_azp'],
  ])('with %s is refused', async (_title, changes, reason) => {
    await refuse(await idToken(changes), reason)
  })

  test.each<[title: string, changes: Claims]>([
    ['of the browser flow', { aud: 'client-at-fake' }],
    ['of an app', { aud: 'ios-app' }],
    ['of another app', { aud: ['android-app'] }],
    ['of the server, asked for by an app', { aud: 'client-at-fake', azp: 'android-app' }],
    ['of two apps of ours, asked for by one', { aud: ['ios-app', 'android-app'], azp: 'ios-app' }],
  ])('but one with an audience of ours is accepted: %s', async (_title, changes) => {
    expectSignedIn(await exchange(latchkey, await idToken(changes)))
  })

  test('in the browser flow an app’s audience is still refused, and so is another azp', async () => {
    for (const changes of [{ aud: 'ios-app' }, { azp: 'android-app' }]) {
      provider.idToken = (claims) => ({ ...claims, ...changes })
      expect((await login(latchkey, provider)).status).toBe(502)
    }
    provider.idToken = (claims) => claims
    expect((await login(latchkey, provider)).status).toBe(200)
  })
})

describe('5.02 a token of another issuer', () => {
  test('is refused, and that issuer is never called, whatever the token names', async () => {
    const claims = { ...nativeClaims(provider), iss: evil.issuer }
    const named = {
      jku: `${evil.issuer}/jwks`,
      x5u: `${evil.issuer}/x5u`,
      jwk: evil.keys[0]?.jwk,
    }
    await refuse(await evil.sign(claims), 'signature')
    await refuse(await evil.sign(claims, evil.keys[0], named), 'signature')
    // With our provider's issuer, and with its key too.
    const ours = nativeClaims(provider)
    await refuse(await evil.sign(ours, evil.keys[0], named), 'signature')
    await refuse(await provider.sign(claims), 'claim_iss')
    await refuse(await provider.sign({ ...ours, iss: `${provider.issuer}/` }), 'claim_iss')
    await refuse(await provider.sign({ ...ours, iss: undefined }), 'claim_iss')
    expect(evil.calls).toEqual([])
  })

  test('shown as one of another provider is refused', async () => {
    const claims = { ...nativeClaims(other), email: 'second@example.com' }
    const right = await other.sign({ ...claims, sub: 'person-of-second' })
    await refuse(right, 'signature')
    const answer = await exchange(latchkey, right, { subject_issuer: 'second' })
    expect(await personOf(latchkey, answer)).toMatchObject({
      identities: [{ provider: 'second', subject: 'person-of-second' }],
    })
  })
})

describe('5.06 the nonce', () => {
  const nonce = 'nonce-of-the-app'

  test.each<[title: string, claim: unknown, given: string | null, reason: string]>([
    ['is in the token only', nonce, null, 'claim_nonce'],
    ['is in the request only', undefined, nonce, 'claim_nonce'],
    ['is another one', 'another', nonce, 'claim_nonce'],
    ['is empty in the token', '', null, 'claim_nonce'],
    ['is a number', 7, '7', 'claim_nonce'],
    ['is an array', [nonce], nonce, 'claim_nonce'],
    ['is hashed in the request and raw in the token', nonce, sha256(nonce), 'claim_nonce'],
    ['is hashed in the token, as Apple alone has it', sha256(nonce), nonce, 'claim_nonce'],
    ['is hashed in capitals', sha256(nonce).toUpperCase(), nonce, 'claim_nonce'],
  ])('that %s is refused', async (_title, claim, given, reason) => {
    await refuse(await idToken({ nonce: claim }), reason, { nonce: given })
  })

  test('is accepted as the app sent it', async () => {
    expectSignedIn(await exchange(latchkey, await idToken({ nonce }), { nonce }))
  })
})

describe('5.06 the same token', () => {
  test('signs in once, on any replica; a later one signs in again', async () => {
    const token = await idToken()
    const sub = expectSignedIn(await exchange(latchkey, token))
    for (const replica of [latchkey, second]) {
      await expectTokenRefused(replica, { log: { step: 'id_token', reason: 'used' } }, token)
    }
    expect(expectSignedIn(await exchange(second, await idToken()))).toBe(sub)
  })

  test('shown 20 times at once to two replicas signs in once', async () => {
    const token = await idToken()
    const before = await countRows(latchkey)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => exchange(turn % 2 ? latchkey : second, token)),
    )
    const good = answers.filter(({ status }) => status === 200)
    expect(good).toHaveLength(1)
    for (const answer of answers) {
      if (answer !== good[0]) expectOAuthError(answer, 400, 'invalid_grant')
    }
    const after = await countRows(latchkey)
    expect(after.sessions).toBe((before.sessions ?? 0) + 1)
  })

  test('with its signature written in another way is still the same', async () => {
    const token = await idToken()
    // The last character of 342 holds bits that no byte needs.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) ?? '')
    const twin = token.slice(0, -1) + alphabet.charAt(last ^ 1)
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
    expectSignedIn(await exchange(latchkey, token))
    await expectTokenRefused(second, { log: { step: 'id_token', reason: 'used' } }, twin)
    // Shown first, the twin is a good token.
    const fresh = await idToken()
    const freshTwin = fresh.slice(0, -1) + alphabet.charAt(alphabet.indexOf(fresh.at(-1) ?? '') ^ 1)
    expectSignedIn(await exchange(latchkey, freshTwin))
  })

  test('that was refused is not used up', async () => {
    const token = await idToken({ nonce: 'n' })
    await refuse(token, 'claim_nonce')
    expectSignedIn(await exchange(latchkey, token, { nonce: 'n' }))
  })

  test('is marked for longer than it can be shown, by a mark that tells nothing', async () => {
    const token = await idToken()
    expectSignedIn(await exchange(latchkey, token))
    const rows = await latchkey.database.query<{ id: string; seconds: number }>(
      `select id, extract(epoch from expires_at - now())::int as seconds
       from latchkey.finished_flows order by expires_at desc limit 1`,
      [],
    )
    expect(rows[0]?.seconds).toBeGreaterThan(3600 + 120)
    expect(rows[0]?.id).toMatch(/^[\w-]{43}$/)
  })
})

describe('5.07 the age', () => {
  test.each<[title: string, changes: () => Claims, reason: string]>([
    ['made two hours ago', () => ({ iat: now() - 7200, exp: now() + 3600 }), 'claim_iat'],
    ['made 62 minutes ago', () => ({ iat: now() - 3720, exp: now() + 3600 }), 'claim_iat'],
    ['of no known age', () => ({ iat: undefined }), 'claim_iat'],
    ['of tomorrow', () => ({ iat: now() + 86_400, exp: now() + 90_000 }), 'claim_iat'],
    ['expired', () => ({ iat: now() - 600, exp: now() - 61 }), 'claim_exp'],
    ['without an end', () => ({ exp: undefined }), 'claim_exp'],
    ['of the future', () => ({ nbf: now() + 600 }), 'claim_nbf'],
  ])('%s: refused', async (_title, changes, reason) => {
    await refuse(await idToken(changes()), reason)
  })

  test('59 minutes: accepted', async () => {
    const changes = { iat: now() - 3540, exp: now() + 60 }
    expectSignedIn(await exchange(latchkey, await idToken(changes)))
  })
})

test.each([
  ['of two hours ago', 7200, 401],
  ['of a minute ago', 60, 204],
])(
  'an auth_time %s is ours, as of a login in a browser, and decides what the person may undo',
  async (_title, age, status) => {
    provider.subject = `authenticated ${age} seconds ago`
    const authTime = now() - age
    const token = await idToken({ auth_time: authTime })
    const tokens = readTokens(await exchange(latchkey, token, { scope: 'openid account' }))
    expect(claimsOf(tokens.access_token).auth_time).toBe(authTime)
    expect(claimsOf(tokens.id_token).auth_time).toBe(authTime)
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    const left = await fetch(`${latchkey.url}/me`, { method: 'DELETE', headers })
    expect(left.status).toBe(status)
    if (status === 401) expect(left.headers.get('www-authenticate')).toContain('max_age="1800"')
  },
)

describe('5.08 the algorithm', () => {
  const header = { alg: 'HS256', kid: 'key-1' }
  const hmac = (key: string | Buffer) => {
    const input = `${part(header)}.${part(nativeClaims(provider))}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }

  test.each<[title: string, forge: () => string | Promise<string>]>([
    ['HS256 by the client secret', () => hmac('secret-at-fake')],
    ['HS256 by the public key', () => hmac(JSON.stringify(rsa().jwk))],
    ['none', () => `${part({ alg: 'none' })}.${part(nativeClaims(provider))}.`],
    [
      'PS256, which this provider does not name',
      async () => provider.sign(nativeClaims(provider), await makeKey('key-1', 'PS256')),
    ],
  ])('%s is refused before the keys are fetched', async (_title, forge) => {
    // A replica that has no keys yet.
    const fresh = await startLatchkey(provider.settings())
    try {
      await expectTokenRefused(
        fresh,
        { log: { step: 'id_token', reason: 'alg_not_allowed' } },
        await forge(),
      )
      expect(provider.count('jwks')).toBe(0)
      expectSignedIn(await exchange(fresh, await idToken()))
      expect(provider.count('jwks')).toBe(1)
    } finally {
      await fresh.close()
    }
  })

  test('a token that was changed, or signed by another key, is refused', async () => {
    const [head, , signature] = (await idToken()).split('.')
    const changed = `${head}.${part({ ...nativeClaims(provider), sub: 'boss' })}.${signature}`
    await refuse(changed, 'signature')
    const stranger = await makeKey('key-1')
    const forged = await provider.sign(nativeClaims(provider), stranger)
    await refuse(forged, 'signature')
  })

  test.each([
    ['no JWT', 'not-a-token-at-all', 'not_compact'],
    ['five parts', 'a.b.c.d.e', 'encrypted'],
    ['no JSON', 'YWJj.YWJj.YWJj', 'header'],
  ])('%s is refused', async (_title, token, reason) => {
    await refuse(token, reason)
  })
})

describe('5.09 e-mail', () => {
  test('never selects an account: the subject does', async () => {
    provider.subject = 'owner'
    const owner = expectSignedIn(
      await exchange(latchkey, await idToken({ email: 'owner@example.com' })),
    )
    const forged = await idToken({
      sub: 'somebody-else',
      email: 'owner@example.com',
      email_verified: true,
    })
    const answer = await exchange(latchkey, forged)
    expect(expectSignedIn(answer)).not.toBe(owner)
    // A change of address moves nobody either.
    const moved = await exchange(latchkey, await idToken({ email: 'somebody@example.com' }))
    expect(expectSignedIn(moved)).toBe(owner)
  })

  test('joins two providers by the rule of every login, and not without a flag', async () => {
    const email = 'both@example.com'
    const first = expectSignedIn(await exchange(latchkey, await idToken({ sub: 'both', email })))
    const claims = { ...nativeClaims(other), email }
    const flag = (email_verified: unknown, sub: string) =>
      other
        .sign({ ...claims, sub, email_verified })
        .then((token) => exchange(latchkey, token, { subject_issuer: 'second' }))
    for (const [place, unverified] of [false, 'TRUE', 1, null, undefined].entries()) {
      expect(expectSignedIn(await flag(unverified, `unverified-${place}`))).not.toBe(first)
    }
    expect(expectSignedIn(await flag(true, 'verified'))).toBe(first)
  })
})

describe('another JWT of the same issuer for us', () => {
  test.each<[title: string, changes: Claims, header: object]>([
    ['an access token (RFC 9068)', {}, { typ: 'at+jwt' }],
    ['an access token by its long name', {}, { typ: 'application/at+jwt' }],
    ['an access token of Microsoft', { scp: 'user_impersonation' }, {}],
    ['an access token of Keycloak', { typ: 'Bearer' }, {}],
    ['a refresh token of Keycloak', { typ: 'Refresh' }, {}],
    [
      'a logout token',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      { typ: 'logout+jwt' },
    ],
    ['a logout token of no type', { events: {} }, {}],
    ['a security event', {}, { typ: 'secevent+jwt' }],
  ])('%s is refused', async (_title, changes, header) => {
    await refuse(await idToken(changes, header), 'other_jwt')
  })

  test.each<[title: string, changes: Claims, header: object]>([
    ['typ JWT', {}, { typ: 'JWT' }],
    ['typ jwt', {}, { typ: 'jwt' }],
    ['the type of Keycloak’s ID tokens', { typ: 'ID' }, {}],
  ])('with %s it is an ID token', async (_title, changes, header) => {
    expectSignedIn(await exchange(latchkey, await idToken(changes, header)))
  })
})

describe('the subject', () => {
  test.each<[title: string, sub: unknown]>([
    ['none', undefined],
    ['empty', ''],
    ['a number', 12],
    ['null', null],
    ['too long', 'x'.repeat(256)],
    ['not ASCII', 'persön'],
    ['two', ['a', 'b']],
  ])('%s is refused', async (_title, sub) => {
    await refuse(await idToken({ sub }), 'claim_sub')
  })

  test('a member that stands twice is read as the signature was checked', async () => {
    const text = JSON.stringify({ ...nativeClaims(provider), sub: 'first' })
    const twice = `${text.slice(0, -1)},"sub":"second"}`
    const token = signRaw({ alg: 'RS256', kid: 'key-1' }, twice, rsa())
    const answer = await exchange(latchkey, token)
    expect(await personOf(latchkey, answer)).toMatchObject({ identities: [{ subject: 'second' }] })
  })
})

describe('the provider', () => {
  const unavailable = (log: object) => ({
    ...{ status: 503, error: 'temporarily_unavailable', log: { code: 'provider_error', ...log } },
  })

  test.each<[title: string, answer: object, log: object]>([
    ['failing', { status: 500, body: {} }, { step: 'jwks', status: 500 }],
    ['sending a page', { headers: { 'content-type': 'text/html' }, body: '<p>' }, { step: 'jwks' }],
    ['sending no keys', { body: { keys: [] } }, { step: 'jwks', reason: 'shape' }],
  ])('%s is not the token’s fault: 503, and the token is good later', async (_title, jwks, log) => {
    const fresh = await startLatchkey(provider.settings())
    try {
      const token = await idToken()
      provider.answers.jwks = jwks
      await expectTokenRefused(fresh, unavailable(log), token)
      provider.reset()
      expectSignedIn(await exchange(fresh, token))
    } finally {
      await fresh.close()
    }
  })

  test('whose metadata is broken is not the token’s fault either', async () => {
    provider.discovery = (document) => ({ ...document, issuer: evil.issuer })
    const fresh = await startLatchkey(provider.settings())
    try {
      const token = await idToken()
      const log = { step: 'discovery', reason: 'issuer_mismatch' }
      await expectTokenRefused(fresh, unavailable(log), token)
      provider.reset()
      expectSignedIn(await exchange(fresh, token))
    } finally {
      await fresh.close()
    }
  })

  test('out of reach: 503 with Retry-After', async () => {
    const gone = await new FakeProvider().listen()
    const fresh = await startLatchkey(gone.settings())
    try {
      const token = await gone.sign(nativeClaims(gone))
      expectSignedIn(await exchange(fresh, await gone.sign(nativeClaims(gone))))
      const again = await startLatchkey(gone.settings())
      const later = await gone.sign(nativeClaims(gone))
      try {
        await gone.close()
        const answer = await exchange(again, token)
        expectOAuthError(answer, 503, 'temporarily_unavailable')
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      } finally {
        await again.close()
      }
      // Keys that are known serve on.
      expectSignedIn(await exchange(fresh, later))
    } finally {
      await fresh.close()
    }
  })

  test('with a new key is noticed at once', async () => {
    const rotated = await makeKey('key-2')
    provider.keys = [...provider.keys, rotated]
    try {
      const token = await provider.sign(nativeClaims(provider), rotated)
      expectSignedIn(await exchange(latchkey, token))
    } finally {
      provider.keys = provider.keys.slice(0, 1)
    }
  })
})

test('a session that was opened natively is ended as any other', async () => {
  const { access_token, sid } = readTokens(await exchange(latchkey, await idToken()))
  const headers = { authorization: `Bearer ${access_token}` }
  const end = await fetch(`${second.url}/me/sessions/${sid}`, { method: 'DELETE', headers })
  expect(end.status).toBe(204)
  expect((await fetch(`${latchkey.url}/me`, { headers })).status).toBe(401)
})
