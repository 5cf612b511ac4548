import { expect } from 'vitest'
import type { Answer } from './browser.ts'
import type { Step } from './fake-provider.ts'
import {
  expectNobodySignedIn,
  expectNoSecretLogged,
  expectProblem,
  lastProblem,
} from './problems.ts'
import type { Stage } from './stage.ts'

/** How a refused login must look from outside, and the reason that its log line must give. */
export interface Refusal {
  status: number
  code: string
  /** Fields of the log line: `step`, `reason`, `status`, `error`. */
  log: Record<string, unknown>
}

/** An answer of the provider that failed a check of ours. */
export const unusable = (step: string, reason: string): Refusal => ({
  status: 502,
  code: 'invalid_provider_response',
  log: { step, reason },
})

/** Any other refusal or failure of the provider. */
export const failed = (step: string, log: Record<string, unknown> = {}): Refusal => ({
  status: 502,
  code: 'provider_error',
  log: { step, ...log },
})

/** What must never stand in a log line. */
const CANARIES = {
  'access token': 'access-token-of-fake',
  'client secret': 'secret-at-fake',
  code: 'a-code',
  JWT: 'eyJhbGci',
}

/** The calls that a login has made when it fails at a step; none is made twice. */
const CALLS: Record<string, Partial<Record<Step, number>>> = {
  discovery: {},
  token: { token: 1 },
  id_token: { token: 1 },
  jwks: { token: 1 },
  userinfo: { token: 1, userinfo: 1 },
  profile: { token: 1, userinfo: 1 },
  emails: { token: 1, userinfo: 1, emails: 1 },
}

/**
 * Plays an attempt that must fail for the given reason and leave nothing behind: no row, no cookie
 * but the one that clears the flow, no redirect, no further call, no secret in the log.
 */
export async function expectRefused(
  { latchkey, provider }: Pick<Stage, 'latchkey' | 'provider'>,
  expected: Refusal,
  attempt: () => Promise<Answer>,
  calls = CALLS[String(expected.log.step)] ?? {},
): Promise<Answer> {
  const since = latchkey.logs.length
  const answer = await expectNobodySignedIn(latchkey, provider, attempt, calls)
  expectProblem(answer, expected.status, expected.code)
  expect(lastProblem({ ...latchkey, logs: latchkey.logs.slice(since) })).toMatchObject(expected.log)
  expectNoSecretLogged(latchkey, CANARIES)
  return answer
}

/** Resolves after real time. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
