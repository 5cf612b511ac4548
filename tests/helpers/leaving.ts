import { expect, vi } from 'vitest'
import { askMe } from './apps.ts'
import type { Answer } from './browser.ts'
import type { Call, FakeProvider } from './fake-provider.ts'
import type { Latchkey } from './latchkey.ts'

/** `DELETE /me` with an access token. */
export const leave = (latchkey: Latchkey, accessToken: string): Promise<Answer> =>
  askMe(latchkey, accessToken, '', 'DELETE')

/** A row of the outbox. */
export interface OutboxRow {
  provider: string
  subject: string
  attempts: number
  /** Null while the first attempt is under way. */
  failure: string | null
  sealed_access_token: string | null
  sealed_refresh_token: string | null
  /** Seconds until the next attempt. */
  due: number
}

/** What waits in the outbox. */
export const outbox = ({ database }: Latchkey): Promise<OutboxRow[]> =>
  database.query<OutboxRow>(
    `select target as provider, subject, attempts, failure, sealed_access_token, sealed_refresh_token,
       extract(epoch from next_attempt_at - now())::float as due
     from latchkey.outbox where kind = 'revocation' and failed_at is null order by id`,
    [],
  )

/** Makes everything in the outbox due now. */
export const hurry = ({ database }: Latchkey): Promise<unknown> =>
  database.query('update latchkey.outbox set next_attempt_at = now()', [])

/** Waits until a condition holds. */
export const until = (condition: () => unknown): Promise<unknown> =>
  vi.waitFor(
    async () => {
      await condition()
    },
    { timeout: 20_000, interval: 50 },
  )

/** Waits until nothing waits. */
export const untilOutboxEmpty = (latchkey: Latchkey): Promise<unknown> =>
  until(async () => expect(await outbox(latchkey)).toEqual([]))

/** The calls of the fake provider's revocation endpoint. */
export const revocations = (provider: FakeProvider): Call[] =>
  provider.calls.filter(({ step }) => step === 'revoke')

/** Log lines of an event. */
export const linesOf = ({ logs }: Latchkey, event: string): Record<string, unknown>[] =>
  logs.map((line) => JSON.parse(line)).filter((line) => line.event === event)
