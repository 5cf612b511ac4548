import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { age } from '../../helpers/age.ts'
import {
  API,
  APPS,
  basic,
  claimsOf,
  getCode,
  readTokens,
  redeem,
  refresh,
  signIn,
  WEB,
} from '../../helpers/apps.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { expectNoSecretLogged } from '../../helpers/problems.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

const { provider, latchkey, replica: second } = setStageOfTwo({ settings: APPS })

/** Past the ten seconds in which a token may come again. */
const passGrace = () => age(latchkey, '11 seconds')
const login = (parameters = {}) => signIn(latchkey, provider, parameters)
const next = async (token: string, at = latchkey) =>
  readTokens(await refresh(at, token)).refresh_token

describe('9.07 expiry by the database’s clock', () => {
  test('a session that is idle for fourteen days is over, an hour before it is not', async () => {
    const inTime = await login()
    await age(latchkey, '335 hours')
    expect(await next(inTime.refresh_token)).toMatch(/./)
    const late = await login()
    await age(latchkey, '14 days')
    expectOAuthError(await refresh(latchkey, late.refresh_token), 400, 'invalid_grant')
  })

  test('a session that is thirty days old is over, however often it was refreshed', async () => {
    const tokens = await login()
    let current = tokens.refresh_token
    for (const span of ['10 days', '10 days', '239 hours'] as const) {
      await age(latchkey, span)
      current = await next(current)
    }
    // A successor never outlives its session.
    const [row] = await latchkey.database.query<{ over: number; tokens: number }>(
      `select count(*) filter (where r.expires_at > s.expires_at)::int as over, count(*)::int as tokens
       from latchkey.refresh_tokens r join latchkey.sessions s on s.id = r.session_id
       where s.id = $1 and r.rotated_at is null`,
      [tokens.sid],
    )
    expect(row).toEqual({ over: 0, tokens: 1 })
    await age(latchkey, '1 hour')
    expectOAuthError(await refresh(latchkey, current), 400, 'invalid_grant')
  })
})

describe('9.08 a refresh token of another client', () => {
  test('is refused and does its own client no harm, rotated or not', async () => {
    const tokens = await login()
    expectOAuthError(
      await refresh(latchkey, tokens.refresh_token, { client_id: 'other' }),
      ...([400, 'invalid_grant'] as const),
    )
    const successor = await next(tokens.refresh_token)
    await passGrace()
    expectOAuthError(
      await refresh(latchkey, tokens.refresh_token, API),
      ...([400, 'invalid_grant'] as const),
    )
    expect(await next(successor)).toMatch(/./)
  })

  test('a confidential client must authenticate', async () => {
    const { client_id, client_secret } = WEB
    const tokens = await login(WEB)
    const as = { client_id }
    expectOAuthError(await refresh(latchkey, tokens.refresh_token, as), 401, 'invalid_client')
    const nobody = await refresh(latchkey, tokens.refresh_token, { client_id: null })
    expectOAuthError(nobody, 401, 'invalid_client')
    const answer = await refresh(
      latchkey,
      ...([tokens.refresh_token, { client_id: null }] as const),
      { authorization: basic(client_id, client_secret) },
    )
    expect(answer.status).toBe(200)
  })
})

test.each([
  ['admin', null],
  ['openid email profile', null],
  ['openid', 'openid'],
  ['  email   openid ', 'openid email'],
  ['openid email offline_access', null],
  ['', 'openid email'],
  ["openid' or '1'='1", null],
  ['openid,email', null],
])('9.09 asking a session of openid and email for %j gives %j', async (scope, granted) => {
  const tokens = await login({ scope: 'openid email' })
  const answer = await refresh(latchkey, tokens.refresh_token, { scope })
  if (granted === null) expectOAuthError(answer, 400, 'invalid_scope')
  else {
    const renewed = readTokens(answer)
    expect(renewed.scope).toBe(granted)
    expect(claimsOf(renewed.access_token).scope).toBe(granted)
  }
  // Refused, it changed nothing; granted, it bound the one access token only.
  await passGrace()
  const again = granted === null ? answer : readTokens(answer)
  const last = 'refresh_token' in again ? again.refresh_token : tokens.refresh_token
  expect(readTokens(await refresh(second, last)).scope).toBe('openid email')
})

describe('9.10 after', () => {
  test.each([
    ['the end of the session', 'update latchkey.sessions set ended_at = now() where id = $1'],
    [
      'the user is disabled',
      'update latchkey.users set disabled_at = now() where id = (select user_id from latchkey.sessions where id = $1)',
    ],
    [
      'the user is deleted',
      'delete from latchkey.users where id = (select user_id from latchkey.sessions where id = $1)',
    ],
  ])('%s a refresh is refused, in the grace too; others go on', async (name, statement) => {
    provider.subject = 'bystander'
    const bystander = await login()
    provider.subject = `gone: ${name}`
    provider.person = { name }
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    await latchkey.database.query(statement, [tokens.sid])
    for (const token of [tokens.refresh_token, successor]) {
      expectOAuthError(await refresh(second, token), 400, 'invalid_grant')
    }
    expect(await next(bystander.refresh_token)).toMatch(/./)
  })
})

describe('9.12 and 9.13 what is no refresh token of ours', () => {
  test('garbage, a JWT, a code and a hash from the database are refused and harm nobody', async () => {
    const tokens = await login({ scope: 'openid' })
    const rows = await latchkey.database.query<{ hash: string }>(
      `select encode(hash, 'base64') as hash from latchkey.refresh_tokens
       union all select encode(hash, 'hex') from latchkey.refresh_tokens`,
      [],
    )
    const hashes = rows.map(({ hash }) => hash)
    expect(hashes.length).toBeGreaterThan(1)
    const code = await getCode(latchkey, provider)
    const garbage = ['x', 'é', '%00', `${tokens.refresh_token} `, tokens.refresh_token.slice(1)]
    const ours = [tokens.access_token, tokens.id_token, code]
    for (const token of [...garbage, ...ours, ...hashes.slice(0, 2), ...hashes.slice(-2)]) {
      expectOAuthError(await refresh(latchkey, token), 400, 'invalid_grant')
    }
    for (const token of ['', '\0', 'a'.repeat(5000)]) {
      expectOAuthError(await refresh(latchkey, token), 400, 'invalid_request')
    }
    expectOAuthError(await refresh(latchkey, 'a'.repeat(2 ** 20)), 413, 'invalid_request')
    expect(await next(tokens.refresh_token)).toMatch(/./)
    const { refresh_token, access_token } = tokens
    expectNoSecretLogged(latchkey, { refresh_token, access_token, code })
  })

  test('2.09 the code of that very session, which was in addresses, is none and ends nothing', async () => {
    const code = await getCode(latchkey, provider)
    const tokens = readTokens(await redeem(latchkey, code))
    expectOAuthError(await refresh(latchkey, code), 400, 'invalid_grant')
    const successor = await next(tokens.refresh_token)
    expectOAuthError(await refresh(latchkey, code), 400, 'invalid_grant')
    expect(await next(successor)).toMatch(/./)
  })

  test('9.14 a hundred guesses end no session', async () => {
    const tokens = await login()
    const guesses = Array.from({ length: 100 }, () => randomBytes(32).toString('base64url'))
    const answers = await Promise.all(guesses.map((guess) => refresh(latchkey, guess)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
    expect(await next(tokens.refresh_token)).toMatch(/./)
  })
})
