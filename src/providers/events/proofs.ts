import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from '../../core/json.ts'
import {
  type EventRequest,
  OLDEST_EVENT_MS,
  UnprovenEvent,
} from '../../core/provider/provider-event.ts'

/** Whether two texts or bytes are the same, in a time that does not tell where they differ. */
export function isSame(a: string | Buffer, b: string | Buffer): boolean {
  const [one, other] = [a, b].map((value) => createHash('sha256').update(value).digest()) as [
    Buffer,
    Buffer,
  ]
  return timingSafeEqual(one, other)
}

/** The HMAC-SHA256 of texts and bytes in a row. */
export function hmac(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** An id for signed content that has none of its own. */
export const hashOf = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 40)
}

/**
 * The id of a signed token; if it has none, a hash without the signature, which can be written in
 * several ways.
 */
export const tokenId = (jti: string | null | undefined, token: string): string =>
  jti || hashOf(token.slice(0, token.lastIndexOf('.')))

/** A moment in seconds or ms as ms: one without milliseconds is the whole second. */
export function momentOf(value: unknown): number | null {
  const given = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof given === 'string') return wholeSecond(Date.parse(given))
  if (typeof given !== 'number' || !Number.isFinite(given)) return null
  return wholeSecond(given > 100_000_000_000 ? given : given * 1000)
}

const wholeSecond = (ms: number) =>
  Number.isNaN(ms) ? null : ms % 1000 === 0 ? ms + 999 : Math.floor(ms)

const CLOCKS_DIFFER_MS = 5 * 60_000

/** Throws where a proof does not hold. */
export function ensure(holds: boolean, reason: UnprovenEvent['reason'], message: string): void {
  if (!holds) throw new UnprovenEvent(reason, message)
}

/**
 * Throws if a message was not sent within some minutes by this machine's clock, so that whoever
 * kept one cannot send it again. One that is too old to change anything is not treated as an
 * attack.
 */
export function ensureRecent(sent: unknown, minutes: number): void {
  const age = Date.now() - (momentOf(sent) ?? Number.NaN)
  const isRecent = Math.abs(age) <= minutes * 60_000 || age > OLDEST_EVENT_MS
  ensure(isRecent, 'invalid_request', 'It was not sent just now, or a clock is wrong.')
}

/**
 * Throws for a token made in the future by this machine's clock, allowing for a difference of
 * clocks.
 */
export function ensureMade(issuedAt: unknown): void {
  const at = momentOf(issuedAt) ?? 0
  const isMade = at <= Date.now() + CLOCKS_DIFFER_MS
  ensure(isMade, 'invalid_request', 'It is made in the future, or a clock is wrong.')
}

/** The JSON object of a text. Throws a ZodError for anything else. */
export function jsonOf(text: string | Buffer): Record<string, unknown> {
  return z
    .preprocess(
      (given) => {
        try {
          return parseJson(String(given))
        } catch {
          return undefined
        }
      },
      z.record(z.string(), z.unknown()),
    )
    .parse(text)
}

/** The fields of a form, a query or a JSON object, whichever way they came. */
export function fieldsOf({ query, contentType, body }: EventRequest): Record<string, string> {
  const sent =
    contentType === 'application/json'
      ? Object.entries(jsonOf(body)).map(([name, value]) => [name, String(value)] as const)
      : [...new URLSearchParams(body.toString())]
  return { ...query, ...Object.fromEntries(sent) }
}
