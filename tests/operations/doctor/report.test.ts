import { describe, expect, test } from 'vitest'
import { explain } from '../../../src/commands/doctor/diagnosis.ts'
import { knownCodes } from '../../../src/operations/doctor/explain/errors.ts'
import { builtInProviders } from '../../../src/providers/index.ts'
import {
  CANARY,
  corpAt,
  KAKAO_ID,
  kakaoAt,
  linesWith,
  runDoctor,
  spawnDoctor,
  startDouble,
} from '../../helpers/doctor.ts'

describe('the doctor', () => {
  test('finds nothing wrong with no setting at all, and names what could be registered', async () => {
    const { text, exitCode } = await runDoctor({})
    expect(exitCode).toBe(0)
    expect(text).toContain('http://localhost:3000/login/kakao/callback')
    expect(text).toContain('http://localhost:3000/login/spotify/callback')
    expect(text).toMatch(/0 problems, 0 warnings\n$/)
  })

  test('finds nothing wrong with good settings, and says what to register where', async () => {
    const double = await startDouble()
    const env = { ...kakaoAt(double), ...corpAt(double), PORT: '4000' }
    const { text, exitCode } = await runDoctor(env)
    expect(text).toMatch(/0 problems, 0 warnings\n$/)
    expect(exitCode).toBe(0)
    for (const words of [
      'http://localhost:4000/login/kakao/callback\n',
      'http://localhost:4000/logout/kakao/callback\n',
      'http://localhost:4000/login/corp/callback\n',
      'http://localhost:4000/logout/corp/callback\n',
      'https://developers.kakao.com/console/app\n',
      'App > Platform keys > REST API key',
      `Discovery ${double.url}/.well-known/openid-configuration can be reached`,
      `JWKS ${double.url}/jwks can be reached`,
    ]) {
      expect(text).toContain(words)
    }
    expect(text.match(/accepts the client id and secret/g)).toHaveLength(2)
    // It is the server's own request that a provider refuses.
    const probe = double.asked.find((one) => one.startsWith('POST') && one.includes(KAKAO_ID)) ?? ''
    expect(probe).toContain(encodeURIComponent('http://localhost:4000/login/kakao/callback'))
    expect(probe).toContain(`client_secret=${CANARY}`)
    expect(probe).toContain('code_verifier=')
  })

  test.each([
    ['http://localhost:5173/', 'http://localhost:3000', 0],
    ['https://app.example.com/', 'https://login.example.com', 0],
    ['https://example.com/', 'https://example.com/auth', 0],
    ['http://[::1]:5173/', 'http://[::1]:3000', 0],
    // Chromium compares the scheme.
    ['http://localhost:5173/', 'https://localhost:3000', 1],
    ['http://127.0.0.1:5173/', 'http://localhost:3000', 1],
    ['https://10.1.0.1/', 'https://10.2.0.1', 1],
    ['https://app.example.org/', 'https://login.example.com', 1],
    ['https://app.example.com/,https://app.example.org/', 'https://login.example.com', 1],
    ['capacitor://localhost/', 'http://localhost:3000', 1],
  ])('cookie mode for %s at %s: %i warnings of another site', async (uris, publicUrl, count) => {
    const env = { PUBLIC_URL: publicUrl, CLIENTS: 'spa', CLIENT_SPA_REDIRECT_URIS: uris }
    const warningsOf = async (modes: string) => {
      const more = { ...env, CLIENT_SPA_RESPONSE_MODES: modes }
      const { text } = await runDoctor(more, { offline: true })
      return text.split('Cookie mode does not work for spa at ').length - 1
    }
    expect(await warningsOf('query,cookie')).toBe(count)
    expect(await warningsOf('query')).toBe(0)
  })

  test('speaks Korean: report, problems of settings and steps', async () => {
    const double = await startDouble()
    double.token = { status: 401, body: { error: 'invalid_client', error_code: 'KOE010' } }
    const env = { ...kakaoAt(double), PORT: 'x' }
    const { text } = await runDoctor(env, { language: 'ko' })
    expect(text).toContain('등록할 Redirect URI: http://localhost:3000/login/kakao/callback')
    expect(text).toContain('앱 > 플랫폼 키 > REST API 키')
    expect(text).toContain('PORT에는 1에서 65535 사이의 정수를 넣으세요.')
    expect(text).toContain('제공자 응답: KOE010.')
    expect(text).toMatch(/문제 2개, 경고 0개\n$/)
  })

  test('tells what becomes of a login without a redirect_uri where others are served', async () => {
    const told = async (env: Record<string, string>) =>
      (
        await runDoctor(
          { ...env, GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' },
          { offline: true },
        )
      ).text
    const served = { PUBLIC_URL: 'https://login.example.com' }
    expect(await told(served)).toContain('(DIRECT_ANSWER=off)')
    expect(await told({ ...served, DIRECT_ANSWER: 'on' })).toContain('DIRECT_ANSWER=on: a login')
    expect(await told({})).not.toContain('DIRECT_ANSWER')
  })

  test('asks nobody with --offline', async () => {
    const double = await startDouble()
    const env = { ...kakaoAt(double), ...corpAt(double) }
    expect((await runDoctor(env, { offline: true })).exitCode).toBe(0)
    expect(double.asked).toEqual([])
    await runDoctor(env)
    expect(double.asked.length).toBeGreaterThan(3)
  })
})

describe('npm run doctor', () => {
  test('reads the environment and .env, and ends with 1 where something is wrong', async () => {
    const double = await startDouble()
    const good = await spawnDoctor(kakaoAt(double), [], 'PORT=4000\nKAKAO_REST_KEY=canary\n')
    expect(good.text).toContain('http://localhost:4000/login/kakao/callback\n')
    expect(linesWith(good, 'does not read')).toEqual([expect.stringContaining('KAKAO_REST_KEY.')])
    expect(good.exitCode).toBe(0)
    const wrong = await spawnDoctor(kakaoAt(double), [], 'PORT=x\nBRAND_COLOR=#0b57d0\nX_A=a#b\n')
    expect(linesWith(wrong, 'ends at a #')).toEqual([expect.stringMatching(/! BRAND_COLOR in/)])
    expect([wrong.exitCode, wrong.text]).toEqual([1, expect.stringContaining('PORT must be')])
  })

  test('speaks the language of --lang, else that of the system', async () => {
    const system = await spawnDoctor({ LANG: 'ko_KR.UTF-8' }, ['--offline'])
    expect(system.text).toContain('데이터베이스')
    const asked = await spawnDoctor({ LANG: 'ko_KR.UTF-8' }, ['--offline', '--lang', 'en'])
    expect(asked.text).not.toMatch(/[가-힣]/)
  })

  test('speaks it of a .env that it cannot read, too, and knows which languages it speaks', async () => {
    const utf16 = 'P\u0000O\u0000'
    const korean = await spawnDoctor({ LC_ALL: '', LANG: 'ko_KR.UTF-8' }, [], utf16)
    expect(korean).toEqual({ text: expect.stringContaining('UTF-8로 저장하세요'), exitCode: 1 })
    const english = await spawnDoctor({ LANG: 'de_DE' }, [], utf16)
    expect(english).toEqual({ text: expect.stringContaining('save it as UTF-8'), exitCode: 1 })
    const german = await spawnDoctor({}, ['--offline', '--lang', 'de'])
    expect(german).toEqual({ text: expect.stringContaining('must be en or ko'), exitCode: 2 })
  })

  test('says how it is used, to --help and to an option that is none', async () => {
    const help = await spawnDoctor({}, ['--help'])
    expect([help.exitCode, help.text]).toEqual([0, expect.stringContaining('--explain')])
    const wrong = await spawnDoctor({}, ['--nonsense'])
    expect([wrong.exitCode, wrong.text]).toEqual([2, expect.stringContaining('--explain')])
    expect(wrong.text).not.toContain('    at ')
  })

  test('explains a code', async () => {
    const known = await spawnDoctor({}, ['--explain', 'KOE006'])
    expect([known.exitCode, known.text]).toEqual([0, expect.stringContaining('redirect URI')])
    const unknown = await spawnDoctor({}, ['--explain', 'KOE999'])
    expect([unknown.exitCode, unknown.text]).toEqual([1, expect.stringContaining('KOE006')])
  })
})

describe('an explanation', () => {
  test.each([
    ['KOE006', 'redirect URI is not registered'],
    ['koe205', 'KAKAO_SCOPES'],
    ['Error 400: redirect_uri_mismatch', 'add it exactly'],
    ['AADSTS7000215: Invalid client secret provided.', 'copy the secret’s Value'],
    ['https://accounts.example/error?code=KOE101&x=1', 'REST API key'],
    // Latchkey's own, and what its log says of an answer that fails a check.
    ['invalid_state', 'invalid_state (Latchkey): The login is unknown'],
    ['{"code":"invalid_provider_response","reason":"encrypted"}', 'turn encryption off'],
    ['claim_aud', 'NATIVE_CLIENT_IDS'],
    // What it says of the database.
    ['57014', 'pg_blocking_pids'],
    ['{"code":"temporarily_unavailable","database":"53100"}', 'disk is full'],
    ['{"code":"temporarily_unavailable","reason":"timeout"}', 'DATABASE_POOL'],
    ['28P01', 'User or password is wrong'],
  ])('says the step that mends %s', (text, step) => {
    expect(explain(text, 'en')).toEqual({ text: expect.stringContaining(step), exitCode: 0 })
  })

  test('takes a number for a code only where it stands alone', () => {
    expect(explain('100', 'en').text).toContain('100 (Facebook)')
    expect(explain('Error 100: KOE006', 'en').text).toMatch(/^KOE006 \(Kakao\)[^\n]*\n$/)
    expect(explain('KOE006 after 53100 ms', 'en').text).not.toContain('disk')
  })

  test.each(knownCodes(builtInProviders))('of %s is in Korean for who asks in Korean', (code) => {
    const [korean, english] = [explain(code, 'ko'), explain(code, 'en')]
    expect(korean.text).toMatch(/[가-힣]{2}/)
    expect(korean.text).not.toBe(english.text)
    expect([korean.exitCode, english.exitCode]).toEqual([0, 0])
  })

  test('is there in Korean, and names the codes that are known where the text holds none', () => {
    expect(explain('AADSTS7000215', 'ko').text).toContain('시크릿')
    expect(explain('KOE999', 'ko')).toEqual({
      text: expect.stringContaining('KOE006'),
      exitCode: 1,
    })
  })
})

describe('of settings the doctor says', () => {
  const expectWarning = async (env: Record<string, string>, words: string) => {
    const report = await runDoctor(env, { offline: true })
    expect(linesWith(report, words)).toEqual([expect.stringMatching(/^ {2}! /)])
    expect(report.exitCode).toBe(0)
  }
  const kakao = { KAKAO_CLIENT_ID: KAKAO_ID, KAKAO_CLIENT_SECRET: CANARY }

  test.each([
    ['KAKAO_CLIENTID', 'KAKAO_CLIENT_ID'],
    ['KAKAO_CLIENT_SECERT', 'KAKAO_CLIENT_SECRET'],
    ['KAKAO_SCOPE', 'KAKAO_SCOPES'],
    ['NAVER_CLIENT_IDS', 'NAVER_CLIENT_ID'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['GOOGLE_TOKEN_ENDPONT', 'GOOGLE_TOKEN_ENDPOINT'],
  ])('that %s is misspelt', (given, meant) =>
    expectWarning({ ...kakao, [given]: 'x' }, `${given} is not a setting. Did you mean ${meant}?`),
  )

  test('that a provider’s setting is alone', () =>
    expectWarning(
      { ...kakao, NAVER_SCOPES: 'name' },
      'NAVER_SCOPES is set, but NAVER_CLIENT_ID is missing',
    ))

  test('that a secret of webhooks is alone', async () => {
    const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, CANARY).toString('base64')}`
    const words = 'WEBHOOK_SECRET is set, but WEBHOOK_URL is missing'
    await expectWarning({ ...kakao, WEBHOOK_SECRET }, words)
    const WEBHOOK_URL = 'https://hooks.example.com/'
    const report = await runDoctor({ ...kakao, WEBHOOK_SECRET, WEBHOOK_URL }, { offline: true })
    expect(linesWith(report, 'WEBHOOK_URL is missing')).toEqual([])
  })

  test('that a comment behind a value is a part of it; not in .env, nor of a name that people read', async () => {
    const SECRET = `${'0123456789'.repeat(4)}    # openssl rand -base64 32`
    await expectWarning(
      { ...kakao, SECRET },
      'What looks like a comment behind the value of SECRET',
    )
    const silent = async (env: Record<string, string>, file: Record<string, string>) =>
      linesWith(await runDoctor({ ...kakao, ...env }, { file, offline: true }), 'like a comment')
    expect(await silent({ SECRET }, { SECRET })).toEqual([])
    expect(await silent({ SECRET: SECRET.replace(/ +#/, '#') }, {})).toEqual([])
    expect(await silent({ BRAND_NAME: 'Shop #1' }, {})).toEqual([])
  })

  test('that a secret is not read from a file; names of others may end so', async () => {
    await expectWarning({ ...kakao, SECRET_FILE: '/run/secrets/a' }, 'SECRET_FILE is not read')
    const web = { CLIENTS: 'web', CLIENT_WEB_REDIRECT_URIS: 'https://app.example.com/' }
    await expectWarning(
      { ...web, CLIENT_WEB_SECRET_FILE: 'x' },
      'give the file’s content as CLIENT_WEB_SECRET.',
    )
    const report = await runDoctor({ ...kakao, POSTGRES_PASSWORD_FILE: 'x' }, { offline: true })
    expect(linesWith(report, '_FILE')).toEqual([])
  })

  test('that no list names the id of a provider or a client', async () => {
    const corp = { CORP_ISSUER: 'https://id.example.com', CORP_CLIENT_ID: 'a' }
    await expectWarning(corp, 'CORP_ISSUER is set, but OIDC_PROVIDERS does not name "corp"')
    await expectWarning(
      { CLIENTS: '', CLIENT_WEB_REDIRECT_URIS: 'https://app.example.com/' },
      'CLIENT_WEB_REDIRECT_URIS is set, but CLIENTS does not name "web"',
    )
    await expectWarning(
      { CLIENT_WEB_REDIRECT_URI: 'https://app.example.com/' },
      'CLIENT_WEB_REDIRECT_URI is set, but CLIENTS does not name "web"',
    )
  })

  test('which names of .env it does not read; the environment may hold others', async () => {
    const file = { KAKAO_REST_API_KEY: 'canary', LOG_LEVEL: 'info' }
    const report = await runDoctor({ SOMETHING_ELSE: 'canary' }, { file, offline: true })
    expect(linesWith(report, 'does not read')).toEqual([
      expect.stringContaining('KAKAO_REST_API_KEY.'),
    ])
    expect(report.text).not.toContain('SOMETHING_ELSE')
    expect(report.exitCode).toBe(0)
  })

  test('that a secret repeats few characters', () =>
    expectWarning({ SECRET: 'abcabcabc'.repeat(5) }, 'SECRET uses few different characters'))

  test('each problem that keeps the server from starting, and nothing of them where there is none', async () => {
    const good = {
      ...kakao,
      PUBLIC_URL: 'https://login.example.com',
      SECRET: 'rKq3ZpXw8vJt5LmN2bHs7YcF4dGe6QaU',
      DATABASE_URL: 'postgres://127.0.0.1:1/x',
    }
    const { SECRET, ...rest } = good
    const wrong = await runDoctor(
      { ...rest, PUBLIC_URL: 'http://login.example.com' },
      { offline: true },
    )
    expect(linesWith(wrong, '✗').join('\n')).toMatch(
      /PUBLIC_URL must be https[\s\S]*SECRET is miss/,
    )
    expect(wrong.exitCode).toBe(1)
    const right = await runDoctor(good, { offline: true })
    expect(right.text).toContain('The server starts with these settings.')
    expect(SECRET).not.toBe('')
  })
})

describe('of proxies the doctor says', () => {
  const PRODUCTION = {
    KAKAO_CLIENT_ID: KAKAO_ID,
    KAKAO_CLIENT_SECRET: CANARY,
    PUBLIC_URL: 'https://127.0.0.1:1',
  }

  test('that TRUST_PROXY is off behind https, and that nothing answers at PUBLIC_URL yet', async () => {
    const report = await runDoctor(PRODUCTION)
    expect(report.text).toContain('TRUST_PROXY is off')
    expect(
      linesWith(report, 'https://127.0.0.1:1 cannot be reached from here (ECONNREFUSED)'),
    ).toEqual([expect.stringMatching(/^ {4}/)])
    const trusting = await runDoctor({ ...PRODUCTION, TRUST_PROXY: '10.0.0.1' }, { offline: true })
    expect(trusting.text).not.toContain('TRUST_PROXY is off')
    const local = await runDoctor({}, { offline: true })
    expect(local.text).not.toContain('TRUST_PROXY')
  })

  test('that HTTPS_PROXY is used where a provider is to be called, and ALL_PROXY is not', async () => {
    const HTTPS_PROXY = 'http://user:canary@proxy.example:3128'
    const report = await runDoctor({ ...PRODUCTION, HTTPS_PROXY }, { offline: true })
    expect(linesWith(report, 'the proxy in HTTPS_PROXY')).toEqual([expect.stringMatching(/^ {4}/)])
    const other = await runDoctor({ ...PRODUCTION, ALL_PROXY: HTTPS_PROXY }, { offline: true })
    expect(linesWith(other, 'ALL_PROXY is set')).toEqual([expect.stringMatching(/^ {2}! /)])
    const emulated = await runDoctor({ HTTPS_PROXY, ALL_PROXY: 'x' }, { offline: true })
    expect(emulated.text).not.toMatch(/_PROXY/)
  })
})
