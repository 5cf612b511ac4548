import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../../src/providers/index.ts'
import {
  CANARY,
  corpAt,
  type Double,
  documentOf,
  KAKAO_ID,
  kakaoAt,
  linesWith,
  runDoctor,
  startDouble,
} from '../../helpers/doctor.ts'

/** Expects one line with these words and this mark, and the exit code that belongs to the mark. */
async function expectFinding(
  env: Record<string, string>,
  words: string,
  mark: '✗' | '!' | '✓' | ' ' = '✗',
) {
  const report = await runDoctor(env)
  expect(linesWith(report, words).map((line) => line.slice(0, 3))).toEqual([`  ${mark}`])
  expect(report.exitCode).toBe(mark === '✗' ? 1 : 0)
  return report
}

// The control beside all of these: the same settings unchanged give no problem (report.test.ts).
describe('of the values of a registration the doctor tells', () => {
  test.each([
    [{ KAKAO_CLIENT_SECRET: `"${CANARY}"` }, 'KAKAO_CLIENT_SECRET is in quotes'],
    [{ KAKAO_CLIENT_SECRET: `'${CANARY}` }, 'KAKAO_CLIENT_SECRET is in quotes'],
    [{ KAKAO_CLIENT_ID: 'your-client-id' }, 'KAKAO_CLIENT_ID is a placeholder'],
    [{ KAKAO_CLIENT_SECRET: '********' }, 'KAKAO_CLIENT_SECRET is a placeholder, or was copied'],
    [{ KAKAO_CLIENT_SECRET: 'ab12****************' }, 'KAKAO_CLIENT_SECRET is a placeholder'],
    [{ KAKAO_CLIENT_SECRET: 'canary secret' }, 'KAKAO_CLIENT_SECRET contains a space'],
    [
      { KAKAO_CLIENT_ID: CANARY, KAKAO_CLIENT_SECRET: KAKAO_ID },
      'KAKAO_CLIENT_ID and KAKAO_CLIENT_SECRET look swapped',
    ],
    [{ KAKAO_CLIENT_SECRET: KAKAO_ID }, 'KAKAO_CLIENT_ID and KAKAO_CLIENT_SECRET are the same'],
    [{ KAKAO_CLIENT_ID: `kakao${KAKAO_ID}` }, 'made of the native app key'],
    [{ KAKAO_CLIENT_ID: '1234567' }, 'KAKAO_CLIENT_ID is the app id'],
    [
      { KAKAO_SCOPES: 'openid', KAKAO_NATIVE_CLIENT_IDS: KAKAO_ID },
      'KAKAO_CLIENT_ID is the native app key',
    ],
    [{ KAKAO_CLIENT_SECRET: '' }, 'KAKAO_CLIENT_SECRET is missing'],
  ])('what is wrong with %j', async (change, words) => {
    const double = await startDouble()
    await expectFinding({ ...kakaoAt(double), ...change }, words)
    expect(double.asked, 'nobody is asked with values that are wrong').toEqual([])
  })

  test.each([
    [{ KAKAO_ADMIN_KEY: CANARY }, 'KAKAO_ADMIN_KEY does not look like', '!'],
    [{ KAKAO_ADMIN_KEY: `"${CANARY}"` }, 'KAKAO_ADMIN_KEY is in quotes', '✗'],
    [{ KAKAO_ADMIN_KEY: `canary ${CANARY}` }, 'KAKAO_ADMIN_KEY must be', '✗'],
  ] as const)(
    'that a key of events is of another form, which only spaces refuse: %j',
    async (change, words, mark) => {
      const double = await startDouble()
      await expectFinding({ ...kakaoAt(double), ...change }, words, mark)
      const good = await runDoctor({ ...kakaoAt(double), KAKAO_ADMIN_KEY: 'a1'.repeat(16) })
      expect(linesWith(good, 'KAKAO_ADMIN_KEY')).toEqual([])
    },
  )

  test('what is wrong with both', async () => {
    const double = await startDouble()
    const change = { KAKAO_CLIENT_ID: `kakao${KAKAO_ID}`, KAKAO_CLIENT_SECRET: `"${CANARY}"` }
    const { text } = await expectFinding({ ...kakaoAt(double), ...change }, 'is in quotes')
    expect(text).toContain('made of the native app key')
  })

  test('an id of another form, as something to look at', async () => {
    const double = await startDouble()
    const words = 'KAKAO_CLIENT_ID does not look like'
    await expectFinding({ ...kakaoAt(double), KAKAO_CLIENT_ID: 'REST' }, words, '!')
  })

  test.each([
    ['APPLE', 'APPLE_CLIENT_ID', 'ABCDE12345', 'a team id or key id'],
    ['GOOGLE', 'GOOGLE_CLIENT_ID', '1234567890', 'a project number'],
    ['GITHUB', 'GITHUB_CLIENT_ID', '123456', 'the number of a GitHub App'],
    ['SLACK', 'SLACK_CLIENT_ID', 'A0123456789', 'the App ID'],
  ])('another value that is taken for the client id of %s', async (prefix, name, id, words) => {
    const report = await runDoctor(
      { [name]: id, [`${prefix}_CLIENT_SECRET`]: CANARY },
      { offline: true },
    )
    expect(linesWith(report, words)).toEqual([expect.stringMatching(`^  ✗ ${name} is `)])
  })

  test.each([
    ['SPOTIFY', 'http://localhost:3000', 'http://127.0.0.1:3000'],
    ['SLACK', 'http://localhost:3000', 'https://login.example.com'],
    ['APPLE', 'https://127.0.0.1', 'https://login.example.com'],
  ])('a redirect URI that %s refuses', async (prefix, refused, taken) => {
    const env = {
      [`${prefix}_CLIENT_ID`]: 'com.example',
      [`${prefix}_CLIENT_SECRET`]: CANARY,
      SECRET: 'rKq3ZpXw8vJt5LmN2bHs7YcF4dGe6QaU',
      DATABASE_URL: 'postgres://127.0.0.1:1/x',
    }
    const words = 'The provider does not accept this redirect URI.'
    const report = await runDoctor({ ...env, PUBLIC_URL: refused }, { offline: true })
    expect(linesWith(report, words)).toEqual([`  ! ${words}`])
    const control = await runDoctor({ ...env, PUBLIC_URL: taken }, { offline: true })
    expect(linesWith(control, words)).toEqual([])
  })
})

describe('of what a provider answers the doctor tells', () => {
  test.each([
    [{ error: 'invalid_client', error_code: 'KOE010' }, 'KOE010. The client secret is missing'],
    [{ error: 'invalid_client', error_code: 'KOE101' }, 'KOE101. Wrong key or key type'],
    [{ error: 'misconfigured', error_code: 'KOE009' }, 'KOE009. The key’s platform'],
    [{ error: 'invalid_grant', error_code: 'KOE303' }, 'KOE303. The redirect URI differs'],
    [{ error: 'invalid_client' }, 'invalid_client. Id or secret is wrong'],
    [{ error: 'invalid_client', error_code: 'KOE999' }, 'invalid_client. Id or secret is wrong'],
  ])('a refusal, and the step that mends it: %j', async (body, words) => {
    const double = await startDouble()
    double.token = { status: 401, body }
    await expectFinding(kakaoAt(double), words)
  })

  const aimed = (prefix: string, { url }: Double) => ({
    [`${prefix}_CLIENT_ID`]: 'an-id',
    [`${prefix}_CLIENT_SECRET`]: CANARY,
    ...Object.fromEntries(
      ['AUTHORIZATION_ENDPOINT', 'TOKEN_ENDPOINT', 'JWKS_URI'].map((name) => [
        `${prefix}_${name}`,
        `${url}/${name.split('_')[0]?.toLowerCase().replace('authorization', 'authorize')}`,
      ]),
    ),
  })

  test.each([
    ['GITHUB', 200, { error: 'incorrect_client_credentials' }, 'Id or secret is wrong'],
    ['GITHUB', 200, { error: 'redirect_uri_mismatch' }, 'The callback URL is another one'],
    ['SLACK', 200, { ok: false, error: 'bad_client_secret' }, 'The secret is wrong'],
    ['TWITCH', 403, { status: 403, message: 'invalid client secret' }, 'The secret is wrong'],
    [
      'FACEBOOK',
      400,
      { error: { message: 'x', type: 'OAuthException', code: 1 } },
      'The app secret is wrong',
    ],
    [
      'MICROSOFT',
      401,
      { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret.' },
      'AADSTS7000215. Wrong secret',
    ],
  ])('the same in the words of %s', async (prefix, status, body, words) => {
    const double = await startDouble()
    double.token = { status, body }
    await expectFinding(aimed(prefix, double), words)
  })

  test.each([
    ['GITHUB', 200, { error: 'bad_verification_code' }],
    ['SLACK', 200, { ok: false, error: 'invalid_code' }],
    ['TWITCH', 400, { status: 400, message: 'Invalid authorization code' }],
    ['MICROSOFT', 400, { error: 'invalid_grant', error_description: 'AADSTS70008: expired' }],
  ])('that %s refuses the code and so accepts id and secret', async (prefix, status, body) => {
    const double = await startDouble()
    double.token = { status, body }
    await expectFinding(aimed(prefix, double), 'accepts the client id and secret', '✓')
  })

  test.each([
    ['NAVER', 200, { error: 'invalid_request' }, 'invalid_request'],
    ['FACEBOOK', 400, { error: { message: 'x', type: 'OAuthException', code: 100 } }, '100'],
    [
      'MICROSOFT',
      400,
      { error: 'invalid_grant', error_description: 'AADSTS9002313: malformed' },
      'AADSTS9002313',
    ],
    ['NAVER', 400, { error: CANARY }, 'HTTP 400'],
    ['NAVER', 500, '<canary>', 'HTTP 500'],
  ])('that an answer of %s proves nothing', async (prefix, status, body, why) => {
    const double = await startDouble()
    double.token = { status, body }
    await expectFinding(aimed(prefix, double), `id and secret are right (${why})`, ' ')
  })

  test('a private key that is none', async () => {
    const double = await startDouble()
    const { APPLE_CLIENT_SECRET: _, ...apple } = aimed('APPLE', double)
    const env = {
      ...apple,
      APPLE_CLIENT_ID: 'com.example.web',
      APPLE_TEAM_ID: 'ABCDE12345',
      APPLE_KEY_ID: 'ABCDE12345',
      APPLE_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\\ncanary\\n-----END PRIVATE KEY-----',
    }
    await expectFinding(env, 'The client secret cannot be made')
  })
})

describe('of the sign-in page of a provider the doctor tells', () => {
  test('a redirect URI or a consent item that it refuses, at the URL that a login begins with', async () => {
    const double = await startDouble()
    double.authorize = { status: 400, body: '<p>Admin Settings Issue (KOE006)</p>' }
    await expectFinding(kakaoAt(double), 'KOE006. The redirect URI is not registered')
    const start = new URL(
      double.asked.find((one) => one.includes('/authorize'))?.split(' ')[1] ?? '',
      double.url,
    )
    expect(start.searchParams.get('redirect_uri')).toBe(
      'http://localhost:3000/login/kakao/callback',
    )
    expect(start.searchParams.get('code_challenge_method')).toBe('S256')
    double.authorize = { status: 400, body: { error: 'invalid_scope', error_code: 'KOE205' } }
    await expectFinding(kakaoAt(double), 'KOE205. A consent item')
  })

  test('a refusal to which the provider redirects, in its own words only', async () => {
    const double = await startDouble()
    double.authorize = { status: 302, location: '/error?code=KOE101%20canary' }
    await expectFinding(kakaoAt(double), 'KOE101. Wrong key or key type')
    expect(double.asked.some((one) => one.startsWith('GET /error'))).toBe(true)
  })

  test('nothing where it leads to another host: that one is not asked', async () => {
    const [double, other] = [await startDouble(), await startDouble()]
    double.authorize = { status: 302, location: `${other.url}/login` }
    await expectFinding(kakaoAt(double), 'accepts the client id and secret', '✓')
    expect(other.asked).toEqual([])
  })

  test('a code in a page that opens, as something to look at: it may stand in a script', async () => {
    const double = await startDouble()
    double.authorize = { body: '<script>if (e === "KOE006") {}</script>' }
    await expectFinding(kakaoAt(double), 'KOE006', '!')
  })

  test('a refusal without a known code, as something to look at', async () => {
    const double = await startDouble()
    double.authorize = { status: 400, body: '<p>canary</p>' }
    await expectFinding(corpAt(double), 'sign-in page answers HTTP 400', '!')
  })

  test.each([404, 500])('nothing by %i: only browsers have to reach it', async (status) => {
    const double = await startDouble()
    double.authorize = { status, body: '<p>canary</p>' }
    expect((await runDoctor(kakaoAt(double))).text).toMatch(/0 problems, 0 warnings\n$/)
  })
})

describe('of discovery, keys and clock the doctor tells', () => {
  test('a document of another issuer, whose endpoints it does not ask', async () => {
    const double = await startDouble()
    double.discovery = { body: { ...documentOf(double.url), issuer: 'https://other.example' } }
    await expectFinding(corpAt(double), 'is for https://other.example, not for')
    expect(double.asked).toEqual(['GET /.well-known/openid-configuration '])
    double.discovery = { body: documentOf(double.url) }
    double.asked.length = 0
    await runDoctor(corpAt(double))
    // The control; each is asked once.
    for (const place of ['GET /.well-known', 'GET /jwks', 'POST /token']) {
      expect(double.asked.filter((one) => one.startsWith(place))).toHaveLength(1)
    }
  })

  test.each([
    [{ status: 404 }, 'HTTP 404'],
    [{ body: '<canary>' }, 'the answer is not JSON'],
    [{ body: { keys: [] } }, 'the answer lacks what is needed'],
    [{ status: 302, location: '/elsewhere' }, 'it redirects'],
  ])('a document of no use: %j', async (reply, why) => {
    const double = await startDouble()
    double.discovery = reply
    await expectFinding(corpAt(double), `cannot be used: ${why}`)
  })

  test.each([
    [{ body: { keys: [] } }, 'no keys that can be used'],
    [{ body: { keys: [{ kty: 'oct', k: 'canary' }] } }, 'no keys that can be used'],
    [{ body: 'canary' }, '/jwks cannot be used: the answer is not JSON'],
    [{ status: 500 }, '/jwks cannot be used: HTTP 500'],
  ])('a key set of no use: %j', async (reply, words) => {
    const double = await startDouble()
    double.jwks = reply
    await expectFinding(corpAt(double), words)
  })

  test('a provider that is away, and why', async () => {
    const double = await startDouble()
    const away = { ...kakaoAt(double), KAKAO_TOKEN_ENDPOINT: 'http://127.0.0.1:1/token' }
    const report = await expectFinding(away, 'cannot be used: ECONNREFUSED')
    expect(report.text).toContain('Nothing listens there')
    const nowhere = { ...corpAt(double), CORP_ISSUER: 'https://nowhere.invalid' }
    expect((await runDoctor(nowhere)).text).toMatch(/ENOTFOUND|EAI_AGAIN[\s\S]*no such host/)
  })

  test.each([
    [300, '✗'],
    [-300, '✗'],
    [40, '!'],
  ] as const)('a clock that is %i s off', async (seconds, mark) => {
    const double = await startDouble()
    double.aheadSeconds = seconds
    await expectFinding(corpAt(double), 'off the provider’s', mark)
    // Also of a provider that is asked for nothing but a code.
    const { KAKAO_AUTHORIZATION_ENDPOINT: _, ...kakao } = kakaoAt(double)
    await expectFinding(
      { ...kakao, KAKAO_AUTHORIZATION_ENDPOINT: 'http://127.0.0.1:1/' },
      'off the provider’s',
      mark,
    )
  })
})

describe('the console of each provider', () => {
  test.each(builtInProviders.map((row) => [row.id, row.console] as const))(
    '%s says everything in English and Korean',
    (_id, console) => {
      const { redirectUris, logoutRedirectUris, keys, also, refuses, mistakenIds, errors } = console
      const texts = [
        ...[redirectUris, keys, ...also, ...mistakenIds.map(({ is }) => is)],
        ...[logoutRedirectUris, refuses?.instead].filter((text) => text !== undefined),
        ...Object.values(errors).map(({ step }) => step),
      ]
      for (const { en, ko } of texts) {
        expect(en).toMatch(/[A-Za-z]/)
        expect(ko).not.toBe('')
      }
      for (const { step } of Object.values(errors)) expect(step.ko).toMatch(/[가-힣]/)
    },
  )
})
