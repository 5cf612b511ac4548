import type { FastifyInstance } from 'fastify'
import { defined } from '../core/defined.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { Due, Outbox, OutboxKind, OutboxTarget } from '../core/events/outbox.ts'
import type { Tracer } from '../core/tracer.ts'
import { type Background, every } from '../http/every.ts'
import { evidenceOf } from '../http/log/logging.ts'
import { type Carrier, Refused, TargetGone, Undeliverable } from './carriers/carrier.ts'

const EVERY_MS = 1_000
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60
/**
 * Attempts at one target that this replica makes at once, so that a target that hangs does not
 * block the others.
 */
const MOST_AT_TARGET = 5
const LONGEST_DELAY_SECONDS = 3600
/**
 * For how long at most a target that asked for a pause is sent nothing at all; `outbox retry` has
 * no effect before that.
 */
const LONGEST_PAUSE_SECONDS = 60
/** Entries that may wait for one target; newer ones are dropped. */
const MOST_WAITING = 1_000_000
const TRIM_EVERY_MS = 60_000

/**
 * The wait before the next attempt: about 2 s, 8 s, 30 s, 2 min … 1 h, and at least what the target
 * asked for. Up to half of it is added at random, so that not all attempts come at once.
 */
function delayAfter(attempts: number, toldSeconds: number) {
  const own = 0.8 * 2 * 4 ** Math.min(attempts - 1, 10)
  return Math.min(Math.max(own, toldSeconds), LONGEST_DELAY_SECONDS) * (1 + 0.5 * Math.random())
}

/**
 * Delivers what is in the outbox, one attempt per claim, until it is delivered or too old. Every
 * replica runs one. A claim is a lease: no two replicas deliver the same entry, and what a replica
 * leaves behind another one takes over.
 */
export function startOutbox(
  app: FastifyInstance,
  options: {
    store: Outbox
    carriers: Readonly<Record<OutboxKind, Carrier>>
    /** Counts attempts by their result: `done`, `failed`, `given_up`, `dropped`. */
    delivered(kind: string, outcome: string, count?: number): void
    tracer: Tracer
  },
): Background {
  const { store, carriers, delivered, tracer } = options
  const { log } = app
  const underWay = new Map<string, number>()
  const pausedUntil = new Map<string, number>()
  const attempts = new Set<Promise<void>>()
  const outbox = every(app, EVERY_MS, 'outbox_failed', claimAll, {
    atStart: true,
    settled: () => Promise.all(attempts),
  })
  every(app, TRIM_EVERY_MS, 'outbox_failed', async () => {
    const dropped = await store.trim(MOST_WAITING)
    if (dropped === 0) return
    delivered('any', 'dropped', dropped)
    log.error(
      { event: 'outbox_dropped', dropped },
      'too many entries waited for one target: the newest were dropped',
    )
  })

  const unknown = new Set<string>()
  const keyOf = ({ kind, target }: OutboxTarget) => `${kind} ${target}`
  const isPaused = (of: OutboxTarget) => (pausedUntil.get(keyOf(of)) ?? 0) > performance.now()
  /** Where a target asks for several pauses, the longest counts. */
  const pause = (of: OutboxTarget, seconds: number) => {
    const until = performance.now() + Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000
    pausedUntil.set(keyOf(of), Math.max(until, pausedUntil.get(keyOf(of)) ?? 0))
  }

  async function claimAll() {
    for (const of of await store.dueTargets()) {
      const { knows, givesUpAfterSeconds } = carriers[of.kind]
      const isKnown = knows(of.target)
      // An entry for an unknown target is claimed only once it is too old, to be given up.
      const how = { leaseSeconds: LEASE_SECONDS, ageSeconds: isKnown ? 0 : givesUpAfterSeconds }
      for (;;) {
        const free = MOST_AT_TARGET - (underWay.get(keyOf(of)) ?? 0)
        if (outbox.closing.aborted || free <= 0 || isPaused(of)) break
        const due = await store.claim(of, free, how)
        for (const one of due) begin(one)
        if (due.length < free) {
          if (!isKnown) leave(of)
          break
        }
      }
    }
  }

  /** Leaves the entries for a target that the settings do not know, and says so once in the log. */
  function leave(of: OutboxTarget) {
    pause(of, LONGEST_PAUSE_SECONDS)
    if (unknown.has(keyOf(of))) return
    unknown.add(keyOf(of))
    const { kind, target } = of
    log.warn(
      { event: 'outbox_left', kind, target },
      'this replica’s settings do not know the target: its entries are left to replicas that do, until they are too old',
    )
  }

  function begin(due: Due) {
    const key = keyOf(due)
    underWay.set(key, (underWay.get(key) ?? 0) + 1)
    const { kind, target } = due
    const attributes = { 'latchkey.outbox.kind': kind, 'latchkey.outbox.target': target }
    const attempt = tracer
      .trace({ name: `outbox ${kind}`, kind: 'internal', attributes, parent: 'new' }, () =>
        settle(due, carriers[kind]),
      )
      .catch((err) =>
        log.warn(
          { event: 'outbox_failed', err },
          'the result of an attempt could not be stored in the outbox',
        ),
      )
      .finally(() => {
        attempts.delete(attempt)
        underWay.set(key, (underWay.get(key) ?? 1) - 1)
        outbox.wake()
      })
    attempts.add(attempt)
  }

  /** Makes one attempt and records its result. */
  async function settle(due: Due, { carry, names, givesUpAfterSeconds }: Carrier) {
    const { kind, target } = due
    const isRevocation = kind === 'revocation'
    const fields = {
      ...(isRevocation ? { provider: target } : { target }),
      ...defined({ webhook_id: due.event?.id, session: due.sessionId ?? undefined }),
      entry: due.id,
      attempts: due.attempts,
    }
    const eventOf = (type: 'grant.revoked' | 'grant.revocation_failed') =>
      isRevocation ? { type, provider: target } : null
    const [outcome, error] = await carry(due, outbox.closing).then(
      (done) => [done, null] as const,
      (failure: unknown) => ['failed', failure ?? new Error('unknown')] as const,
    )
    if (outcome !== 'failed') {
      const isDone = outcome === 'done'
      await store.remove(due, isDone ? eventOf('grant.revoked') : null)
      delivered(kind, outcome)
      if (isDone) log.info({ event: names.done, ...fields }, 'an entry of the outbox was delivered')
      return
    }
    const evidence = evidenceOf(error)
    if (outbox.closing.aborted) return store.postpone(due, 0, null)
    if (error instanceof TargetGone && (await store.stop(due, error.url))) {
      await store.postpone(due, 0, '410')
      delivered(kind, 'stopped')
      log.error(
        { event: 'outbox_stopped', ...fields },
        'the target answered 410: nothing is sent there until its URL changes, or until `admin outbox retry`',
      )
    } else if (error instanceof Undeliverable || due.ageSeconds >= givesUpAfterSeconds) {
      await store.giveUp(due, wordFor(error), eventOf('grant.revocation_failed'))
      delivered(kind, 'given_up')
      log.error(
        { event: names.givenUp, ...fields, ...evidence },
        'an entry of the outbox was given up: `admin outbox retry` tries it again',
      )
    } else {
      const toldSeconds = retryAfterOf(error)
      if (toldSeconds > 0) pause(due, toldSeconds)
      const delaySeconds = delayAfter(due.attempts, toldSeconds)
      await store.postpone(due, delaySeconds, wordFor(error))
      delivered(kind, 'failed')
      const when = { delay_seconds: Math.round(delaySeconds) }
      log.warn(
        { event: names.failed, ...fields, ...when, ...evidence },
        'an entry of the outbox failed and will be tried again',
      )
    }
  }

  return outbox
}

/** After how many seconds the target wants to be asked again; 0 where it does not say. */
const retryAfterOf = (error: unknown): number =>
  error instanceof Refused || error instanceof LatchkeyError ? (error.retryAfterSeconds ?? 0) : 0

/**
 * The failure as the operator sees it: a status, an error code or a name, and the reason where it
 * is known.
 */
function wordFor(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  const { step, status, reason, cause } = evidenceOf(error) as Record<string, unknown>
  const why = error instanceof LatchkeyError ? [step, status ?? reason ?? cause] : []
  return [code ?? name ?? 'unknown', ...why].filter(Boolean).join(' ').slice(0, 100)
}
