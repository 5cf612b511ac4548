import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { diagnose } from '../../src/commands/doctor/diagnosis.ts'
import { MAIN } from './server-process.ts'

/** A REST API key's form, and a secret that no report may show. */
export const KAKAO_ID = '0123456789abcdef0123456789abcdef'
export const CANARY = 'canary-secret-that-nobody-may-read'

/** What the doctor said; of the program, on standard output and error together. */
export interface Report {
  text: string
  exitCode: number | null
}

/** What the doctor says of these settings and no others. */
export async function runDoctor(
  env: Record<string, string>,
  options: { file?: Record<string, string>; language?: 'en' | 'ko'; offline?: boolean } = {},
): Promise<Report> {
  const { file = {}, language = 'en', offline = false } = options
  // In a container a HOST that is not set is told of.
  const report = await diagnose({ HOST: 'localhost', ...file, ...env }, { file, language, offline })
  expect(report.text).not.toContain('canary')
  return report
}

/** The same by the built program, in a folder of its own, as `npm run doctor` runs it. */
export async function spawnDoctor(
  env: Record<string, string>,
  args: readonly string[] = [],
  file?: string,
): Promise<Report> {
  const cwd = mkdtempSync(join(tmpdir(), 'doctor-'))
  if (file !== undefined) writeFileSync(join(cwd, '.env'), file)
  const child = spawn(process.execPath, [MAIN, 'doctor', ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOST: 'localhost', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  }
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  rmSync(cwd, { recursive: true })
  expect(text).not.toContain('canary')
  return { text, exitCode }
}

/** The lines of a report that hold these words, each with its mark. */
export const linesWith = ({ text }: Report, words: string): string[] =>
  text.split('\n').filter((line) => line.includes(words))

/** What the double answers at one place. */
export interface Reply {
  status?: number
  /** A text is sent as HTML, anything else as JSON. */
  body?: unknown
  location?: string
}

/** A provider that answers as it is told, and remembers what it was asked. */
export interface Double {
  url: string
  discovery: Reply
  jwks: Reply
  authorize: Reply
  token: Reply
  /** Seconds that its clock is ahead. */
  aheadSeconds: number
  /** `GET /jwks `, `POST /token grant_type=…`. */
  asked: string[]
}

const PLACES = ['discovery', 'jwks', 'authorize', 'token'] as const

/** A double for one test, which refuses every code as a good provider does. */
export async function startDouble(): Promise<Double> {
  const double: Double = {
    url: '',
    discovery: {},
    jwks: { body: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } },
    authorize: { body: '<h1>Sign in</h1>' },
    token: { status: 400, body: { error: 'invalid_grant' } },
    aheadSeconds: 0,
    asked: [],
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = request.url ?? ''
    double.asked.push(`${request.method} ${path} ${body}`)
    const place = PLACES.find((one) => path.split('?')[0] === `/${one}`) ?? 'discovery'
    const { status = 200, body: answer = {}, location } = double[place]
    const isHtml = typeof answer === 'string'
    response.sendDate = false
    response.writeHead(status, {
      'content-type': isHtml ? 'text/html' : 'application/json',
      date: new Date(Date.now() + double.aheadSeconds * 1000).toUTCString(),
      ...(location === undefined ? {} : { location }),
    })
    response.end(isHtml ? answer : JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  double.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  double.discovery = { body: documentOf(double.url) }
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return double
}

/** The discovery document of an issuer at a double. */
export const documentOf = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/jwks`,
  token_endpoint: `${issuer}/token`,
  authorization_endpoint: `${issuer}/authorize`,
})

/** Kakao, aimed at a double. */
export const kakaoAt = ({ url }: Double): Record<string, string> => ({
  KAKAO_CLIENT_ID: KAKAO_ID,
  KAKAO_CLIENT_SECRET: CANARY,
  KAKAO_AUTHORIZATION_ENDPOINT: `${url}/authorize`,
  KAKAO_TOKEN_ENDPOINT: `${url}/token`,
})

/** An OpenID provider `corp`, by the discovery of a double. */
export const corpAt = ({ url }: Double): Record<string, string> => ({
  OIDC_PROVIDERS: 'corp',
  CORP_ISSUER: url,
  CORP_CLIENT_ID: 'an-id',
  CORP_CLIENT_SECRET: CANARY,
})
