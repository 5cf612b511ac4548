import { expect } from 'vitest'
import type { Answer } from './browser.ts'
import type { FakeProvider, Step } from './fake-provider.ts'
import { countRows, type Latchkey } from './latchkey.ts'

/** What stands on every answer that is not a public document. */
export const PROTECTIVE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Fails unless nothing may keep, frame or sniff the answer, or load anything into it. */
export function expectProtected(answer: Answer): void {
  expect(Object.fromEntries(answer.headers)).toMatchObject(PROTECTIVE_HEADERS)
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
}

/** Fails unless the answer is this problem (RFC 9457), whole and protected. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, text: answer.text }).toEqual({
    status,
    text: expect.stringContaining(`"code":"${code}"`),
  })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/)
  const problem = answer.json()
  expect(problem).toMatchObject({ status, code })
  for (const name of ['type', 'title', 'detail']) {
    expect(problem[name], name).toEqual(expect.stringMatching(/\S/))
  }
  expectProtected(answer)
}

/**
 * Fails unless the fault is told to the client (RFC 6749, section 4.1.2.1): a 303 to its redirect URI with
 * this error, its state and our issuer, and nothing begun here. Gives the description.
 */
export function expectTold(
  answer: Answer,
  error: string,
  {
    iss,
    redirectUri = 'https://app.example.com/cb',
    state = 'state-of-the-app',
  }: {
    iss: string
    redirectUri?: string
    state?: string | null
  },
): string {
  expect({ status: answer.status, text: answer.text }).toEqual({ status: 303, text: '' })
  const told = Object.fromEntries(answer.location?.searchParams ?? [])
  expect(told).toEqual({
    error,
    error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
    iss,
    ...(state === null ? {} : { state }),
  })
  expect(answer.headers.get('location')?.startsWith(`${redirectUri}?error=`)).toBe(true)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.getSetCookie()).toEqual([])
  return told.error_description ?? ''
}

/** What the log says of the problem that was answered last: its code, its reason and the like. */
export function lastProblem(latchkey: Latchkey): Record<string, unknown> {
  const lines: Record<string, unknown>[] = latchkey.logs.map((line) => JSON.parse(line))
  return lines.findLast(({ event }) => event === 'problem') ?? {}
}

/**
 * Does what must not sign anybody in, and fails if it did: rows, session cookies, redirects with a
 * code, calls of the provider beyond `calls` (no step but those named there), and a process that is well.
 */
export async function expectNobodySignedIn(
  latchkey: Latchkey,
  providers: FakeProvider | readonly FakeProvider[],
  work: () => Promise<Answer>,
  calls: Partial<Record<Step, number>> = {},
): Promise<Answer> {
  const all = [providers].flat() as FakeProvider[]
  const steps = ['token', 'userinfo', 'emails'] as const
  const counts = () => steps.map((step) => all.reduce((sum, one) => sum + one.count(step), 0))
  const rowsBefore = await countRows(latchkey)
  const callsBefore = counts()
  const answer = await work()
  expect(await countRows(latchkey)).toEqual(rowsBefore)
  const made = counts().map((count, place) => count - (callsBefore[place] ?? 0))
  expect(made).toEqual(steps.map((step) => calls[step] ?? 0))
  for (const cookie of answer.headers.getSetCookie()) {
    expect(cookie).toMatch(/^latchkey-flow-[\w-]+=;.*Max-Age=0/)
  }
  expect(answer.location).toBeNull()
  expect(answer.text).not.toMatch(/access_token|refresh_token|id_token/)
  expect((await fetch(`${latchkey.url}/healthz`)).status).toBe(200)
  return answer
}

/** Fails if a secret stands in the log; `named` tells them apart without printing them. */
export function expectNoSecretLogged(
  latchkey: Latchkey,
  named: Readonly<Record<string, string>>,
): void {
  const log = latchkey.logs.join('\n')
  const leaked = Object.entries(named).filter(([name, secret]) => {
    if (secret.length < 6) throw new Error(`the canary ${name} is too short to mean anything`)
    return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((form) =>
      log.includes(form),
    )
  })
  expect(leaked.map(([name]) => name)).toEqual([])
}
