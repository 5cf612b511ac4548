import { describe, expect, test } from 'vitest'
import { age } from '../../helpers/age.ts'
import { APPS, claimsOf, meStatus, readTokens, refresh, signIn } from '../../helpers/apps.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { countRows, TEST_SECRET } from '../../helpers/latchkey.ts'
import { expectOAuthError, lastOAuthError } from '../../helpers/oauth.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

const { provider, latchkey, replica: second, start } = setStageOfTwo({ settings: APPS })

/** Past the ten seconds in which a token may come again. */
const passGrace = () => age(latchkey, '11 seconds')
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
  expect(renewed.refresh_token).toMatch(/^[\w-]{43}\.[\w-]{43}$/)
  expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
  expect(renewed).toMatchObject({ sid: tokens.sid, sub: tokens.sub, scope: tokens.scope })
  expect(await meStatus(latchkey, renewed.access_token)).toBe(200)
  const [first, later] = [claimsOf(tokens.id_token), claimsOf(renewed.id_token)]
  expect(first.nonce).toBe('nonce-of-the-app')
  expect(later).toMatchObject({ iss: first.iss, sub: first.sub, aud: first.aud })
  expect(later.auth_time).toBe(first.auth_time)
  expect(later.nonce).toBeUndefined()
  const last = await next(await next(renewed.refresh_token))
  await passGrace()
  expect(await meStatus(latchkey, renewed.access_token)).toBe(200)
  expectOAuthError(await refresh(latchkey, renewed.refresh_token), 400, 'invalid_grant')
  await expectOver(renewed, last)
})

/** The event of this type that was logged last. */
const lastEvent = (type: string, at = latchkey) =>
  JSON.parse(at.logs.findLast((line) => line.includes(`"${type}"`)) ?? '{}')

describe('9.02 a token that comes again after the grace', () => {
  test('gets its successor once more while nobody used that one, and the session goes on', async () => {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    await passGrace()
    expect(await next(tokens.refresh_token, second)).toBe(successor)
    expect(lastEvent('refresh_token.repeated', second)).toMatchObject({
      ...{ level: 'warn', client: 'spa', user: tokens.sub, session: tokens.sid },
    })
    expect(await next(await next(successor))).toMatch(/./)
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
  })

  test('ends the session where its successor was used; others live on', async () => {
    const tokens = await login()
    const bystander = await login()
    const last = await next(await next(tokens.refresh_token))
    await passGrace()
    expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
    expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'reused', detail: 'successor_used' })
    expect(lastEvent('refresh_token.reused')).toMatchObject({
      ...{ level: 'warn', client: 'spa', user: tokens.sub, session: tokens.sid },
    })
    await expectOver(tokens, last)
    expect(await next(bystander.refresh_token)).toMatch(/./)
  })

  test('ends the session where it is the second time in a row', async () => {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    await passGrace()
    expect(await next(tokens.refresh_token)).toBe(successor)
    expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
    expect(lastOAuthError(latchkey)).toMatchObject({ detail: 'repeated_before' })
    await expectOver(tokens, successor)
  })

  test('ends the session where the rotation before was repeated late too: nobody gains by taking turns', async () => {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    await passGrace()
    expect(await next(tokens.refresh_token)).toBe(successor)
    const third = await next(successor)
    await passGrace()
    expectOAuthError(await refresh(second, successor), 400, 'invalid_grant')
    expect(lastOAuthError(second)).toMatchObject({ detail: 'repeated_before' })
    await expectOver(tokens, third)
  })

  test('is forgiven again after a rotation that went well', async () => {
    const { refresh_token: first } = await login()
    const successor = await next(first)
    await passGrace()
    expect(await next(first)).toBe(successor)
    const third = await next(successor)
    const fourth = await next(third)
    await passGrace()
    expect(await next(third)).toBe(fourth)
  })

  test('ends the session where it is older than the three that are kept, known by its mark', async () => {
    const tokens = await login()
    let last = tokens.refresh_token
    for (let turn = 0; turn < 4; turn++) last = await next(last)
    await passGrace()
    last = await next(last)
    const [kept] = await latchkey.database.query<{ count: number; newest: number }>(
      `select count(*)::int as count, max(generation) as newest
       from latchkey.refresh_tokens where session_id = $1`,
      [tokens.sid],
    )
    expect(kept).toEqual({ count: 3, newest: 6 })
    const someone = refresh(latchkey, tokens.refresh_token, { client_id: 'other' })
    expectOAuthError(await someone, 400, 'invalid_grant')
    const altered = tokens.refresh_token.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A'))
    expectOAuthError(await refresh(latchkey, altered), 400, 'invalid_grant')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
    expectOAuthError(await refresh(second, tokens.refresh_token), 400, 'invalid_grant')
    expect(lastOAuthError(second)).toMatchObject({ reason: 'reused', detail: 'not_kept' })
    await expectOver(tokens, last)
  })
})

test('9.03 within the grace each token may come again and gets its own successor', async () => {
  const tokens = await login()
  const middle = await next(tokens.refresh_token)
  expect(await next(tokens.refresh_token)).toBe(middle)
  const last = await next(middle)
  expect(await next(middle)).toBe(last)
  expect(await next(tokens.refresh_token, second)).toBe(middle)
  expect(await next(last)).not.toBe(last)
})

test('9.03 within the grace the first of many may come again, and a second after it none may', async () => {
  const tokens = await login()
  const successor = await next(tokens.refresh_token)
  let last = successor
  for (let turn = 0; turn < 6; turn++) last = await next(last)
  expect(await next(tokens.refresh_token, second)).toBe(successor)
  expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
  await passGrace()
  expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
  expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'reused', detail: 'successor_used' })
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
    await untilHeldUp(latchkey, all.length)
    return { all: Promise.all(all) }
  })
  const successors = (await answers.all).map((answer) => readTokens(answer).refresh_token)
  expect(new Set(successors).size).toBe(1)
  expect(await next(successors[0] ?? '')).toMatch(/./)
})

test('9.05 an answer that was lost is given again by the other replica, for ten seconds', async () => {
  const tokens = await login()
  const { refresh_token: lost } = readTokens(await refresh(latchkey, tokens.refresh_token))
  await age(latchkey, '8 seconds')
  expect(await next(tokens.refresh_token, second)).toBe(lost)
  expect(await next(lost)).not.toBe(lost)
})

describe('9.04 while SECRET is rotated', () => {
  const rotated = 'another secret of the tests with more than 32 characters'
  test('nothing changes within the grace', async () => {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    const third = await start({ SECRET: `${rotated},${TEST_SECRET}` })
    expect(await next(tokens.refresh_token, third)).toBe(successor)
    expect(await next(successor, third)).not.toBe(successor)
    expect(await meStatus(third, tokens.access_token)).toBe(200)
  })

  test('where the old one is gone a late repeat is refused and the session goes on', async () => {
    const tokens = await login()
    const successor = await next(tokens.refresh_token)
    await passGrace()
    const third = await start({ SECRET: rotated })
    expectOAuthError(await refresh(third, tokens.refresh_token), 400, 'invalid_grant')
    expect(lastOAuthError(third)).toMatchObject({ reason: 'refused', detail: 'secret_gone' })
    const newest = await next(successor, third)
    expect(await next(newest, third)).toMatch(/./)
  })
})
