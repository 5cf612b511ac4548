import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  APPS,
  authorize,
  CHALLENGE,
  getCode,
  meStatus,
  OTHER,
  post,
  readTokens,
  redeem,
  refresh,
  SPA,
  VERIFIER,
  WEB,
} from '../helpers/apps.ts'
import type { Answer } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { expectOAuthError } from '../helpers/oauth.ts'
import { expectNoSecretLogged } from '../helpers/problems.ts'
import { rawRequest } from '../helpers/raw-request.ts'

const provider = new FakeProvider()
let testDatabase: TestDatabase
let latchkey: Latchkey
let second: Latchkey

beforeAll(async () => {
  await provider.listen()
  testDatabase = await createTestDatabase()
  const settings = { ...provider.settings(), ...APPS }
  const shared = { testDatabase, publicUrl: 'http://localhost:3998' }
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

/** Runs a statement on the database that the replicas share. */
const change = (statement: string) => latchkey.database.query(statement, [])

test('3.06 a code is swapped once; shown again it ends the session of the first redemption', async () => {
  const code = await getCode(latchkey, provider)
  const tokens = readTokens(await redeem(latchkey, code))
  const bystander = readTokens(await redeem(latchkey, await getCode(latchkey, provider)))
  expect(await meStatus(second, tokens.access_token)).toBe(200)
  expectOAuthError(await redeem(second, code), 400, 'invalid_grant')
  expect(await meStatus(latchkey, tokens.access_token)).toBe(401)
  expect(await meStatus(second, tokens.access_token)).toBe(401)
  expectOAuthError(await refresh(latchkey, tokens.refresh_token), 400, 'invalid_grant')
  expect(await meStatus(second, bystander.access_token)).toBe(200)
})

test('3.07 twenty redemptions at once over two replicas: one 200, the others invalid_grant', async () => {
  const code = await getCode(latchkey, provider)
  const answers: Answer[] = await Promise.all(
    Array.from({ length: 20 }, (_, turn) => redeem(turn % 2 ? latchkey : second, code)),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expectOAuthError(answer, 400, 'invalid_grant')
  }
})

test('3.07 redemptions that wait for the same row at once: one 200 still', async () => {
  const code = await getCode(latchkey, provider)
  const answers = await second.database.sql.begin(async (lock) => {
    await lock.unsafe('select from latchkey.login_codes for update')
    const all = Array.from({ length: 8 }, () => redeem(latchkey, code))
    // Time for each to begin and to see the code unused.
    await new Promise((resolve) => setTimeout(resolve, 500))
    return { all: Promise.all(all) }
  })
  const statuses = (await answers.all).map(({ status }) => status).sort()
  expect(statuses).toEqual([200, ...Array(7).fill(400)])
})

test('3.08 a code of 61 seconds is refused, one of 55 is swapped, by the database’s clock', async () => {
  const older = (seconds: number) =>
    change(
      `update latchkey.login_codes set expires_at = expires_at - interval '${seconds} seconds'`,
    )
  const late = await getCode(latchkey, provider)
  await older(61)
  expectOAuthError(await redeem(latchkey, late), 400, 'invalid_grant')
  const inTime = await getCode(latchkey, provider)
  await older(55)
  expect((await redeem(latchkey, inTime)).status).toBe(200)
})

describe('3.09 a code that is shown by somebody else', () => {
  test('another client is refused, and its own can still swap it', async () => {
    const code = await getCode(latchkey, provider)
    const { client_id } = OTHER
    expectOAuthError(await redeem(latchkey, code, { client_id }), 400, 'invalid_grant')
    expectOAuthError(await redeem(latchkey, code, OTHER), 400, 'invalid_grant')
    expect((await redeem(latchkey, code)).status).toBe(200)
  })

  test.each([
    'http://localhost:5173/cb',
    `${SPA.redirect_uri}/`,
    `${SPA.redirect_uri}?`,
    OTHER.redirect_uri,
  ])('its client with the redirect_uri %s is refused, and the code is burnt', async (uri) => {
    const code = await getCode(latchkey, provider)
    expectOAuthError(await redeem(latchkey, code, { redirect_uri: uri }), 400, 'invalid_grant')
    expectOAuthError(await redeem(latchkey, code), 400, 'invalid_grant')
    expect((await redeem(latchkey, await getCode(latchkey, provider))).status).toBe(200)
  })

  test('a code of a user who was disabled meanwhile is refused', async () => {
    provider.subject = 'disabled-before-token'
    const code = await getCode(latchkey, provider)
    await change('update latchkey.users set disabled_at = now()')
    expectOAuthError(await redeem(latchkey, code), 400, 'invalid_grant')
    await change('update latchkey.users set disabled_at = null')
    expect((await redeem(latchkey, await getCode(latchkey, provider))).status).toBe(200)
  })
})

describe('3.10 the verifier', () => {
  test.each<[string, string | null, string]>([
    ['wrong', VERIFIER.replace('a', 'b'), 'invalid_grant'],
    ['the challenge itself', CHALLENGE, 'invalid_grant'],
    ['missing', null, 'invalid_request'],
    ['empty', '', 'invalid_request'],
    ['of 42 characters', 'a'.repeat(42), 'invalid_request'],
    ['of 129 characters', 'a'.repeat(129), 'invalid_request'],
    ['of 300 characters', 'a'.repeat(300), 'invalid_request'],
    ['with a newline after it', `${VERIFIER}\n`, 'invalid_request'],
    ['with a space before it', ` ${VERIFIER}`, 'invalid_request'],
    ['with a NUL', `${VERIFIER}\0`, 'invalid_request'],
  ])('%s is refused', async (_name, verifier, error) => {
    const code = await getCode(latchkey, provider)
    expectOAuthError(await redeem(latchkey, code, { code_verifier: verifier }), 400, error)
    // A wrong guess is the last one; what is no verifier at all was not a guess.
    const again = await redeem(latchkey, code)
    if (error === 'invalid_grant') expectOAuthError(again, 400, 'invalid_grant')
    else expect(again.status).toBe(200)
  })

  test.each([`code_verifier[]=${VERIFIER}`, `code_verifier=${VERIFIER}&code_verifier=x`])(
    'as a list (%s) it is refused',
    async (list) => {
      const code = await getCode(latchkey, provider)
      const rest = new URLSearchParams({ grant_type: 'authorization_code', ...SPA, code })
      expectOAuthError(
        await post(`${latchkey.url}/token`, `${rest}&${list}`),
        400,
        'invalid_request',
      )
      expect((await redeem(latchkey, code)).status).toBe(200)
    },
  )

  test('3.11 one is refused where the flow had no challenge, and none where it had one', async () => {
    const none = { code_challenge: null, code_challenge_method: null }
    const { client_secret, ...pair } = WEB
    const code = () => getCode(latchkey, provider, { ...pair, ...none })
    const without = { ...WEB, code_verifier: null }
    expect((await redeem(latchkey, await code(), without)).status).toBe(200)
    expectOAuthError(await redeem(latchkey, await code(), WEB), 400, 'invalid_grant')
    const bound = () => getCode(latchkey, provider, pair)
    expect((await redeem(latchkey, await bound(), WEB)).status).toBe(200)
    expectOAuthError(await redeem(latchkey, await bound(), without), 400, 'invalid_grant')
  })
})

test('3.12 no state, session or other handle of a flow gives a code or tokens', async () => {
  const answer = await authorize(latchkey, provider)
  const code = answer.location?.searchParams.get('code') ?? ''
  const [session] = await latchkey.database.query<{ id: string }>(
    'select session_id as id from latchkey.login_codes order by expires_at desc limit 1',
    [],
  )
  for (const handle of ['state-of-the-app', session?.id ?? '', 'a-code', `${code}a`]) {
    expectOAuthError(await redeem(latchkey, handle), 400, 'invalid_grant')
    expectOAuthError(await refresh(latchkey, handle), 400, 'invalid_grant')
  }
  expectOAuthError(await refresh(latchkey, code), 400, 'invalid_grant')
  expect((await redeem(latchkey, code)).status).toBe(200)
})

test('3.13 no Location holds a token, and nothing of it is logged', async () => {
  const answer = await authorize(latchkey, provider, { scope: 'openid email' })
  expect([...(answer.location?.searchParams.keys() ?? [])].sort()).toEqual(['code', 'iss', 'state'])
  expect(answer.location?.hash).toBe('')
  const code = answer.location?.searchParams.get('code') ?? ''
  const { access_token, refresh_token, id_token } = readTokens(await redeem(latchkey, code))
  const secrets = { access_token, refresh_token, id_token, code, VERIFIER }
  expectNoSecretLogged(latchkey, secrets)
  // At rest there are hashes only.
  const rows = await latchkey.database.query<{ row: string }>(
    `select row_to_json(c)::text as row from latchkey.login_codes c
     union all select row_to_json(r)::text from latchkey.refresh_tokens r
     union all select row_to_json(s)::text from latchkey.sessions s`,
    [],
  )
  const dump = rows.map(({ row }) => row).join('\n')
  for (const secret of Object.values(secrets)) expect(dump).not.toContain(secret)
})

test('3.15 GET /token is 405, and nothing is taken from its query', async () => {
  const code = await getCode(latchkey, provider)
  const query = new URLSearchParams({ ...SPA, code, code_verifier: VERIFIER })
  const url = `${latchkey.url}/token?grant_type=authorization_code&${query}`
  const got = await rawRequest(url)
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
  expectOAuthError(await post(url, ''), 400, 'invalid_request')
  expect((await redeem(latchkey, code)).status).toBe(200)
})
