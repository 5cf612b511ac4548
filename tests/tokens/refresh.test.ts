import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { APPS, claimsOf, meStatus, readTokens, refresh, signIn } from '../helpers/apps.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { countRows, type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { expectOAuthError, lastOAuthError } from '../helpers/oauth.ts'

const provider = new FakeProvider()
let testDatabase: TestDatabase
let latchkey: Latchkey
let second: Latchkey

beforeAll(async () => {
  await provider.listen()
  testDatabase = await createTestDatabase()
  const settings = { ...provider.settings(), ...APPS }
  const shared = { testDatabase, publicUrl: 'http://localhost:3997' }
  latchkey = await startLatchkey(settings, shared)
  second = await startLatchkey(settings, shared)
})
afterEach(() => provider.reset())
afterAll(async () => {
  await latchkey.close()
  await second.close()
  await testDatabase.drop()
  await provider.close()
})

const change = (statement: string) => latchkey.database.query(statement, [])
/** Moves every rotation eleven seconds back: past the grace. */
const passGrace = () =>
  change(`update latchkey.refresh_tokens set rotated_at = rotated_at - interval '11 seconds'`)
const login = (parameters = {}) => signIn(latchkey, provider, parameters)
const next = async (token: string, at = latchkey) =>
  readTokens(await refresh(at, token)).refresh_token

/** Fails unless the session of this access token is over, and its last refresh token with it. */
async function expectOver(tokens: { access_token: string }, last: string) {
  expect(await meStatus(second, tokens.access_token)).toBe(401)
  expectOAuthError(await refresh(second, last), 400, 'invalid_grant')
}

test('9.01 a refresh gives a new token of the same session, and the old one dies after the grace', async () => {
  const tokens = await login({ scope: 'openid email', nonce: 'nonce-of-the-app' })
  const renewed = readTokens(await refresh(second, tokens.refresh_token))
  expect(renewed.refresh_token).toMatch(/^[\w-]{43}$/)
  expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
  expect(renewed).toMatchObject({ sid: tokens.sid, sub: tokens.sub, scope: tokens.scope })
  expect(await meStatus(latchkey, renewed.access_token)).toBe(200)
  const [first, later] = [claimsOf(tokens.id_token), claimsOf(renewed.id_token)]
  expect(first.nonce).toBe('nonce-of-the-app')
  expect(later).toMatchObject({ iss: first.iss, sub: first.sub, aud: first.aud })
  expect(later.auth_time).toBe(first.auth_time)
  expect(later.nonce).toBeUndefined()
  const last = await next(renewed.refresh_token)
  await passGrace()
  expect(await meStatus(latchkey, renewed.access_token)).toBe(200)
  expectOAuthError(await refresh(latchkey, renewed.refresh_token), 400, 'invalid_grant')
  await expectOver(renewed, last)
})

test('9.02 a reuse after the grace ends the session and is a security event; others live on', async () => {
  const tokens = await login()
  const bystander = await login()
  const last = await next(tokens.refresh_token)
  await passGrace()
  expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
  expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'reused' })
  const event = latchkey.logs.findLast((line) => line.includes('refresh_token_reused')) ?? '{}'
  expect(JSON.parse(event)).toMatchObject({
    ...{ level: 'warn', client: 'spa', user: tokens.sub, session: tokens.sid },
  })
  await expectOver(tokens, last)
  expect(await next(bystander.refresh_token)).toMatch(/./)
})

test('9.03 within the grace only the immediate predecessor may come again', async () => {
  const tokens = await login()
  const middle = await next(tokens.refresh_token)
  expect(await next(tokens.refresh_token)).toBe(middle)
  const last = await next(middle)
  expect(await next(middle)).toBe(last)
  expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
  expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'reused' })
  await expectOver(tokens, last)
})

test('9.04 twenty refreshes at once over two replicas all get the one successor', async () => {
  const tokens = await login()
  const before = await countRows(latchkey)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      refresh(turn % 2 ? latchkey : second, tokens.refresh_token),
    ),
  )
  const successors = new Set(answers.map((answer) => readTokens(answer).refresh_token))
  expect(successors.size).toBe(1)
  expect((await countRows(latchkey)).refreshTokens).toBe((before.refreshTokens ?? 0) + 1)
  const [successor = ''] = successors
  expect(await next(successor, second)).not.toBe(successor)
})

test('9.04 refreshes that wait for the same row at once get the one successor still', async () => {
  const tokens = await login()
  const answers = await second.database.sql.begin(async (lock) => {
    await lock.unsafe('select from latchkey.refresh_tokens for update')
    const all = Array.from({ length: 8 }, () => refresh(latchkey, tokens.refresh_token))
    await new Promise((resolve) => setTimeout(resolve, 500))
    return { all: Promise.all(all) }
  })
  const successors = (await answers.all).map((answer) => readTokens(answer).refresh_token)
  expect(new Set(successors).size).toBe(1)
  expect(await next(successors[0] ?? '')).toMatch(/./)
})

test('9.05 an answer that was lost is given again by the other replica, for ten seconds', async () => {
  const tokens = await login()
  const { refresh_token: lost } = readTokens(await refresh(latchkey, tokens.refresh_token))
  await change(`update latchkey.refresh_tokens set rotated_at = rotated_at - interval '8 seconds'`)
  expect(await next(tokens.refresh_token, second)).toBe(lost)
  expect(await next(lost)).not.toBe(lost)
})

test('9.04 a SECRET that is rotated within the grace changes nothing', async () => {
  const rotated = 'another secret of the tests with more than 32 characters'
  const third = await startLatchkey(
    {
      ...provider.settings(),
      ...APPS,
      SECRET: `${rotated},a secret of the tests with more than 32 characters`,
    },
    { testDatabase, publicUrl: 'http://localhost:3997' },
  )
  try {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    expect(await next(tokens.refresh_token, third)).toBe(successor)
    expect(await next(successor, third)).not.toBe(successor)
    expect(await meStatus(third, tokens.access_token)).toBe(200)
  } finally {
    await third.close()
  }
})
