import { expect } from 'vitest'
import type { Answer } from './browser.ts'

/** Fails unless the answer is this error in the shape of RFC 6749, section 5.2, and is stored nowhere. */
export function expectOAuthError(answer: Answer, status: number, error: string): void {
  expect({ status: answer.status, text: answer.text }).toEqual({
    status,
    text: expect.stringContaining(`"error":"${error}"`),
  })
  const body = answer.json()
  expect(Object.keys(body).sort()).toEqual(['error', 'error_description'])
  expect(body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  })
  expect(answer.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line))).toEqual([])
}

/** What the log says of the OAuth error that was answered last. */
export function lastOAuthError(latchkey: { logs: string[] }): Record<string, unknown> {
  const lines: Record<string, unknown>[] = latchkey.logs.map((line) => JSON.parse(line))
  return lines.findLast(({ event }) => event === 'oauth_error') ?? {}
}
