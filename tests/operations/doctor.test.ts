import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const DOCTOR = join(import.meta.dirname, '../../dist/doctor.js')
const KAKAO_ID = '0123456789abcdef0123456789abcdef'
const SECRET = 'canary-secret-that-nobody-may-read'

interface Report {
  text: string
  exitCode: number | null
}

/** A provider that answers as it is told, and remembers what it was asked. */
const double = {
  server: undefined as Server | undefined,
  url: '',
  token: { status: 400, body: {} as unknown },
  discovery: (issuer: string): unknown => ({
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    authorization_endpoint: `${issuer}/authorize`,
  }),
  keys: [{ kty: 'RSA' }] as unknown[],
  aheadSeconds: 0,
  asked: [] as string[],
}

const empty = mkdtempSync(join(tmpdir(), 'doctor-'))
beforeAll(async () => {
  double.server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const path = request.url ?? ''
      double.asked.push(`${request.method} ${path} ${body}`)
      const { status, answer } = path.endsWith('/token')
        ? { status: double.token.status, answer: double.token.body }
        : path.endsWith('/jwks')
          ? { status: 200, answer: { keys: double.keys } }
          : { status: 200, answer: double.discovery(double.url) }
      response.sendDate = false
      response.setHeader('date', new Date(Date.now() + double.aheadSeconds * 1000).toUTCString())
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => double.server?.listen(0, '127.0.0.1', resolve))
  double.url = `http://127.0.0.1:${(double.server.address() as AddressInfo).port}`
})
afterAll(() => {
  double.server?.close()
  rmSync(empty, { recursive: true })
})
beforeEach(() => {
  double.token = { status: 400, body: { error: 'invalid_grant' } }
  double.keys = [{ kty: 'RSA' }]
  double.aheadSeconds = 0
  double.asked = []
})

/** Runs the built doctor in an empty folder with these settings and no others. */
function doctor(env: Record<string, string>, ...args: string[]): Promise<Report> {
  const child = spawn(process.execPath, [DOCTOR, ...args], {
    cwd: empty,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  }
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ text, exitCode })))
}

const kakao = (): Record<string, string> => ({
  KAKAO_CLIENT_ID: KAKAO_ID,
  KAKAO_CLIENT_SECRET: SECRET,
  KAKAO_TOKEN_ENDPOINT: `${double.url}/token`,
})
const corp = (): Record<string, string> => ({
  OIDC_PROVIDERS: 'corp',
  CORP_ISSUER: double.url,
  CORP_CLIENT_ID: 'an-id',
  CORP_CLIENT_SECRET: SECRET,
})

/** Expects a problem that is told, beside the control: the same without it is fine. */
async function expectProblem(env: Record<string, string>, words: string, mark = '✗') {
  const { text, exitCode } = await doctor(env)
  expect(text).toContain(words)
  expect(text.split('\n').find((line) => line.includes(words))).toContain(mark)
  expect(exitCode).toBe(mark === '✗' ? 1 : 0)
  expect(text).not.toContain('canary')
}

describe('the doctor', () => {
  test('finds nothing wrong with no setting at all, and names what could be registered', async () => {
    const { text, exitCode } = await doctor({})
    expect(exitCode).toBe(0)
    expect(text).toContain('http://localhost:3000/login/kakao/callback')
    expect(text).toMatch(/0 problems, 0 warnings\n$/)
  })

  test('finds nothing wrong with good settings, and says what to register where', async () => {
    const { text, exitCode } = await doctor({ ...kakao(), ...corp(), PORT: '4000' })
    expect(text).toMatch(/0 problems, 0 warnings\n$/)
    expect(exitCode).toBe(0)
    expect(text).toContain('http://localhost:4000/login/kakao/callback')
    expect(text).toContain('http://localhost:4000/logout/kakao/callback')
    expect(text).toContain('https://developers.kakao.com/console/app')
    expect(text.match(/accepts the client id and secret/g)).toHaveLength(2)
    expect(text).not.toContain(SECRET)
    const probe = double.asked.find((one) => one.includes(KAKAO_ID)) ?? ''
    expect(probe).toContain(encodeURIComponent('http://localhost:4000/login/kakao/callback'))
  })

  test('speaks Korean', async () => {
    const { text } = await doctor(kakao(), '--lang', 'ko')
    expect(text).toContain('등록할 Redirect URI: http://localhost:3000/login/kakao/callback')
    expect(text).toMatch(/문제 0개, 경고 0개\n$/)
  })

  test('asks nobody with --offline', async () => {
    expect((await doctor(kakao(), '--offline')).exitCode).toBe(0)
    expect(double.asked).toEqual([])
  })
})

describe('the doctor tells of', () => {
  test('a secret in quotes', () =>
    expectProblem(
      { ...kakao(), KAKAO_CLIENT_SECRET: `"${SECRET}"` },
      'KAKAO_CLIENT_SECRET has quotes',
    ))

  test('a placeholder', () =>
    expectProblem(
      { ...kakao(), KAKAO_CLIENT_ID: 'your-client-id' },
      'KAKAO_CLIENT_ID is a placeholder',
    ))

  test('an id and a secret that are swapped', () =>
    expectProblem(
      { ...kakao(), KAKAO_CLIENT_ID: SECRET, KAKAO_CLIENT_SECRET: KAKAO_ID },
      'KAKAO_CLIENT_ID and KAKAO_CLIENT_SECRET look swapped',
    ))

  test('a native key in place of the REST key', () =>
    expectProblem(
      { ...kakao(), KAKAO_SCOPES: 'openid', KAKAO_NATIVE_CLIENT_IDS: KAKAO_ID },
      'KAKAO_CLIENT_ID is the native app key',
    ))

  test('a missing secret', async () => {
    const { KAKAO_CLIENT_SECRET: _, ...rest } = kakao()
    await expectProblem(rest, 'KAKAO_CLIENT_SECRET')
  })

  test('a misspelt setting', () =>
    expectProblem({ ...kakao(), KAKAO_CLIENTID: 'x' }, 'KAKAO_CLIENTID is not a setting', '!'))

  test('an http redirect in production', () =>
    expectProblem(
      { ...kakao(), PUBLIC_URL: 'http://login.example.com' },
      'PUBLIC_URL must be https',
    ))

  test('a database that is away', () =>
    expectProblem(
      { ...kakao(), DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      'It cannot be reached (',
    ))

  test('a provider that is away', () =>
    expectProblem(
      { ...kakao(), KAKAO_TOKEN_ENDPOINT: 'http://127.0.0.1:39997/token' },
      'ECONNREFUSED',
    ))

  test.each([
    [{ error: 'invalid_client', error_code: 'KOE010' }, 'KOE010. The client secret is missing'],
    [{ error: 'invalid_client', error_code: 'KOE101' }, 'KOE101. Wrong key or key type'],
    [{ error: 'invalid_grant', error_code: 'KOE303' }, 'KOE303. The redirect URI differs'],
    [{ error: 'invalid_client' }, 'invalid_client. Id or secret is wrong'],
  ])('what the provider answers: %j', async (body, words) => {
    double.token = { status: 401, body }
    await expectProblem(kakao(), words)
  })

  test('a secret that the provider echoes by nothing', async () => {
    double.token = { status: 400, body: { error: SECRET } }
    await expectProblem(kakao(), 'cannot be told (HTTP 400)', ' ')
  })

  test('an answer that a wrong secret gets too, as no proof', async () => {
    const naver = {
      NAVER_CLIENT_ID: 'an-id',
      NAVER_CLIENT_SECRET: SECRET,
      NAVER_TOKEN_ENDPOINT: `${double.url}/token`,
    }
    double.token = { status: 200, body: { error: 'invalid_request' } }
    await expectProblem(naver, 'cannot be told (HTTP 200)', ' ')
    double.token = { status: 200, body: { error: 'invalid_grant' } }
    await expectProblem(naver, 'accepts the client id and secret', '✓')
  })

  test('a private key that is none', () =>
    expectProblem(
      {
        ...{ APPLE_CLIENT_ID: 'com.example.web', APPLE_TEAM_ID: 'ABCDE12345' },
        ...{ APPLE_KEY_ID: 'ABCDE12345', APPLE_TOKEN_ENDPOINT: `${double.url}/token` },
        ...{ APPLE_JWKS_URI: `${double.url}/jwks`, PUBLIC_URL: 'http://localhost:3000' },
        APPLE_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\\ncanary\\n-----END PRIVATE KEY-----',
      },
      'The client secret cannot be made',
    ))

  test('a database beside other settings that are wrong', () =>
    expectProblem(
      { ...kakao(), PORT: 'x', DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      'It cannot be reached (',
    ))

  test('an answer that tells nothing, as no problem', async () => {
    double.token = { status: 500, body: '<canary>' }
    await expectProblem(kakao(), 'cannot be told (HTTP 500)', ' ')
  })

  test('a discovery document of another issuer', async () => {
    const { discovery } = double
    double.discovery = (issuer) => ({
      ...(discovery(issuer) as object),
      issuer: 'https://other.example',
    })
    await expectProblem(corp(), 'is of https://other.example').finally(() => {
      double.discovery = discovery
    })
    // Its endpoints are not asked, least of all with the secret.
    expect(double.asked.filter((one) => /jwks|token/.test(one.split(' ')[1] ?? ''))).toEqual([])
    await doctor(corp())
    expect(double.asked.filter((one) => one.includes('/token'))).toHaveLength(1)
  })

  test('a key set without keys', async () => {
    double.keys = []
    await expectProblem(corp(), 'has no keys')
  })

  test.each([
    [300, '✗'],
    [-300, '✗'],
    [40, '!'],
  ])('a clock that is %i s off', async (seconds, mark) => {
    double.aheadSeconds = seconds
    await expectProblem(corp(), 'clock differs', mark)
  })
})

describe('--explain', () => {
  test('says the step that mends a code', async () => {
    const known = await doctor({}, '--explain', 'KOE006')
    expect([known.exitCode, known.text]).toEqual([0, expect.stringContaining('redirect URI')])
    const korean = await doctor({}, '--explain', 'AADSTS7000215', '--lang', 'ko')
    expect(korean.text).toContain('시크릿')
    const unknown = await doctor({}, '--explain', 'KOE999')
    expect([unknown.exitCode, unknown.text]).toEqual([1, expect.stringContaining('KOE006')])
  })
})
