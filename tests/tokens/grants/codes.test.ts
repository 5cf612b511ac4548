import { describe, expect, test } from 'vitest'
import { age, setDisabled } from '../../helpers/age.ts'
import {
  APPS,
  authorize,
  CHALLENGE,
  claimsOf,
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
} from '../../helpers/apps.ts'
import type { Answer } from '../../helpers/browser.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { countRows, TEST_SECRET } from '../../helpers/latchkey.ts'
import { expectOAuthError, lastOAuthError } from '../../helpers/oauth.ts'
import { expectNoSecretLogged } from '../../helpers/problems.ts'
import { rawRequest } from '../../helpers/raw-request.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

const { provider, latchkey, replica: second, start } = setStageOfTwo({ settings: APPS })

/** The confidential client whose flows bring no challenge. */
const { client_secret: _, ...WEB_PAIR } = WEB
const UNBOUND = { ...WEB_PAIR, code_challenge: null, code_challenge_method: null }
const asWeb = { ...WEB, code_verifier: null }

describe('3.06 a code that is swapped again', () => {
  test('gives whoever proves the same the same session and refresh token, at any replica', async () => {
    const code = await getCode(latchkey, provider, { scope: 'openid', nonce: 'of-the-app' })
    const answer = await redeem(latchkey, code)
    // RFC 6749, section 5.1.
    expect(['cache-control', 'pragma'].map((name) => answer.headers.get(name))).toEqual([
      ...['no-store', 'no-cache'],
    ])
    const first = readTokens(answer)
    const again = readTokens(await redeem(second, code))
    expect(again).toMatchObject({ sid: first.sid, refresh_token: first.refresh_token })
    expect(claimsOf(again.id_token).nonce).toBe('of-the-app')
    expect(await meStatus(second, first.access_token)).toBe(200)
    expect(await meStatus(latchkey, again.access_token)).toBe(200)
    expect((await refresh(second, first.refresh_token)).status).toBe(200)
  })

  test('a confidential client that brought a challenge too', async () => {
    const code = await getCode(latchkey, provider, WEB_PAIR)
    const first = readTokens(await redeem(latchkey, code, WEB))
    expect(readTokens(await redeem(second, code, WEB)).refresh_token).toBe(first.refresh_token)
  })

  test('after a rotation of its refresh token it is refused, and nothing changes', async () => {
    const code = await getCode(latchkey, provider)
    const { refresh_token: first } = readTokens(await redeem(latchkey, code))
    const { refresh_token: next, access_token } = readTokens(await refresh(latchkey, first))
    expectOAuthError(await redeem(second, code), 400, 'invalid_grant')
    expect(await meStatus(latchkey, access_token)).toBe(200)
    expect((await refresh(second, next)).status).toBe(200)
  })

  test.each([
    ['the session has ended', 'update latchkey.sessions set ended_at = now() where id = $1'],
    [
      'the user was disabled',
      'update latchkey.users set disabled_at = now() where id = (select user_id from latchkey.sessions where id = $1)',
    ],
  ])('after %s it is refused', async (_name, statement) => {
    const code = await getCode(latchkey, provider)
    const { sid } = readTokens(await redeem(latchkey, code))
    expect((await redeem(second, code)).status).toBe(200)
    await latchkey.database.query(statement, [sid])
    expectOAuthError(await redeem(second, code), 400, 'invalid_grant')
    await setDisabled(latchkey, false)
  })

  test('with a wrong proof it is refused, and nothing changes', async () => {
    const code = await getCode(latchkey, provider)
    const { access_token } = readTokens(await redeem(latchkey, code))
    for (const [wrong, reason] of [
      [{ code_verifier: VERIFIER.replace('a', 'b') }, 'code_verifier_wrong'],
      [{ redirect_uri: 'http://localhost:5173/cb' }, 'redirect_uri_wrong'],
      [{ client_id: OTHER.client_id }, 'code_of_another_client'],
    ] as const) {
      expectOAuthError(await redeem(latchkey, code, wrong), 400, 'invalid_grant')
      // The app is told one thing for all, the operator which value it was.
      const { client_id: client = SPA.client_id } = wrong as { client_id?: string }
      expect(lastOAuthError(latchkey)).toMatchObject({ client, reason })
    }
    expect(await meStatus(latchkey, access_token)).toBe(200)
    expect((await redeem(second, code)).status).toBe(200)
  })

  test('after 61 seconds it is unknown, and nothing changes', async () => {
    const code = await getCode(latchkey, provider)
    const { access_token } = readTokens(await redeem(latchkey, code))
    await age(latchkey, '61 seconds')
    expectOAuthError(await redeem(second, code), 400, 'invalid_grant')
    expect(await meStatus(latchkey, access_token)).toBe(200)
  })

  test('where its SECRET is gone it is refused; where it is the second one the tokens are the same', async () => {
    const code = await getCode(latchkey, provider)
    const first = readTokens(await redeem(latchkey, code))
    const rotated = 'another secret of the tests with more than 32 characters'
    for (const [secret, status] of [
      [`${rotated},${TEST_SECRET}`, 200],
      [rotated, 400],
    ] as const) {
      const answer = await redeem(await start({ SECRET: secret }), code)
      expect(answer.status).toBe(status)
      if (status === 200) expect(readTokens(answer).refresh_token).toBe(first.refresh_token)
    }
    expect(await meStatus(latchkey, first.access_token)).toBe(200)
  })

  test('without a challenge it is good once: a repeat ends the session, a wrong proof does not', async () => {
    const code = await getCode(latchkey, provider, UNBOUND)
    const tokens = readTokens(await redeem(latchkey, code, asWeb))
    const bystander = readTokens(await redeem(latchkey, await getCode(latchkey, provider)))
    const elsewhere = { ...asWeb, redirect_uri: SPA.redirect_uri }
    expectOAuthError(await redeem(second, code, elsewhere), 400, 'invalid_grant')
    expectOAuthError(await redeem(second, code, WEB), 400, 'invalid_grant')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
    expectOAuthError(await redeem(second, code, asWeb), 400, 'invalid_grant')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(401)
    const { client_id, client_secret } = WEB
    const last = await refresh(latchkey, tokens.refresh_token, { client_id, client_secret })
    expectOAuthError(last, 400, 'invalid_grant')
    expect(await meStatus(second, bystander.access_token)).toBe(200)
  })
})

test('3.07 twenty redemptions at once over two replicas: one session and one refresh token for all', async () => {
  const code = await getCode(latchkey, provider)
  const before = await countRows(latchkey)
  const answers: Answer[] = await Promise.all(
    Array.from({ length: 20 }, (_, turn) => redeem(turn % 2 ? latchkey : second, code)),
  )
  const tokens = answers.map(readTokens)
  expect(new Set(tokens.map(({ sid }) => sid)).size).toBe(1)
  expect(new Set(tokens.map(({ refresh_token }) => refresh_token)).size).toBe(1)
  expect((await countRows(latchkey)).refreshTokens).toBe((before.refreshTokens ?? 0) + 1)
})

test.each([
  ['with a challenge: all get the same', SPA, [200, 200, 200, 200, 200, 200, 200, 200]],
  ['without one: one is answered', UNBOUND, [200, 400, 400, 400, 400, 400, 400, 400]],
])('3.07 redemptions that wait for the same row at once, %s', async (_name, asked, statuses) => {
  const code = await getCode(latchkey, provider, asked)
  const proof = asked === UNBOUND ? asWeb : {}
  const answers = await second.database.sql.begin(async (lock) => {
    await lock.unsafe('select from latchkey.login_codes for update')
    const all = Array.from({ length: 8 }, () => redeem(latchkey, code, proof))
    // Each has seen the code unused.
    await untilHeldUp(latchkey, all.length)
    return { all: Promise.all(all) }
  })
  expect((await answers.all).map(({ status }) => status).sort()).toEqual(statuses)
})

test('3.08 a code of 61 seconds is refused, one of 55 is swapped, by the database’s clock', async () => {
  const late = await getCode(latchkey, provider)
  await age(latchkey, '61 seconds')
  expectOAuthError(await redeem(latchkey, late), 400, 'invalid_grant')
  const inTime = await getCode(latchkey, provider)
  await age(latchkey, '55 seconds')
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
    // So is the session that nobody can have any more.
    const ends = () =>
      latchkey.database.query<{ reason: string | null }>(
        'select end_reason as reason from latchkey.sessions order by id desc limit 1',
        [],
      )
    expect(await ends()).toEqual([{ reason: 'code_misused' }])
    expect((await redeem(latchkey, await getCode(latchkey, provider))).status).toBe(200)
    expect(await ends()).toEqual([{ reason: null }])
  })

  test('a code of a user who was disabled meanwhile is refused', async () => {
    provider.subject = 'disabled-before-token'
    const code = await getCode(latchkey, provider)
    await setDisabled(latchkey, true)
    expectOAuthError(await redeem(latchkey, code), 400, 'invalid_grant')
    await setDisabled(latchkey, false)
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
    const code = () => getCode(latchkey, provider, UNBOUND)
    const without = asWeb
    expect((await redeem(latchkey, await code(), without)).status).toBe(200)
    expectOAuthError(await redeem(latchkey, await code(), WEB), 400, 'invalid_grant')
    const bound = () => getCode(latchkey, provider, WEB_PAIR)
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
