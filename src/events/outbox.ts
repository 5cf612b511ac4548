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
/** Attempts of this replica for one target at once: one that hangs keeps nobody else waiting. */
const MOST_AT_TARGET = 5
const LONGEST_DELAY_SECONDS = 3600
/** How long a target that wants to be left alone is sent nothing at all: `outbox retry` bites after that. */
const LONGEST_PAUSE_SECONDS = 60
/** Of one target; what comes beyond is dropped. */
const MOST_WAITING = 1_000_000
const TRIM_EVERY_MS = 60_000

/**
 * Two seconds, eight, half a minute, two minutes, … an hour, and no less than the target asks for; up to a
 * half more, so that not all come at once.
 */
function delayAfter(attempts: number, toldSeconds: number) {
  const own = 0.8 * 2 * 4 ** Math.min(attempts - 1, 10)
  return Math.min(Math.max(own, toldSeconds), LONGEST_DELAY_SECONDS) * (1 + 0.5 * Math.random())
}

/**
 * Carries out what the outbox holds, one attempt per claim, until it is done or its time is over. Every
 * replica runs one; a claim is a lease, so none does another's work, and what a replica leaves behind
 * another takes up.
 */
export function startOutbox(
  app: FastifyInstance,
  options: {
    store: Outbox
    carriers: Readonly<Record<OutboxKind, Carrier>>
    /** Told of each attempt: `done`, `failed`, `given_up`, `dropped`. */
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
    log.error({ event: 'outbox_dropped', dropped }, 'more waited for one target than may wait')
  })

  const unknown = new Set<string>()
  const keyOf = ({ kind, target }: OutboxTarget) => `${kind} ${target}`
  const isPaused = (of: OutboxTarget) => (pausedUntil.get(keyOf(of)) ?? 0) > performance.now()
  /** Of several pauses that it asks for the longest. */
  const pause = (of: OutboxTarget, seconds: number) => {
    const until = performance.now() + Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000
    pausedUntil.set(keyOf(of), Math.max(until, pausedUntil.get(keyOf(of)) ?? 0))
  }

  async function claimAll() {
    for (const of of await store.dueTargets()) {
      const { knows, givesUpAfterSeconds } = carriers[of.kind]
      const isKnown = knows(of.target)
      // What nobody has carried out in its time, anybody gives up.
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

  /** What is for a target that the settings here do not know is left alone, which is said once. */
  function leave(of: OutboxTarget) {
    pause(of, LONGEST_PAUSE_SECONDS)
    if (unknown.has(keyOf(of))) return
    unknown.add(keyOf(of))
    const { kind, target } = of
    log.warn(
      { event: 'outbox_left', kind, target },
      'no such target is set here: what waits for it is left to replicas that have it, until its time is over',
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
      .catch((err) => log.warn({ event: 'outbox_failed', err }, 'the outbox cannot be written'))
      .finally(() => {
        attempts.delete(attempt)
        underWay.set(key, (underWay.get(key) ?? 1) - 1)
        outbox.wake()
      })
    attempts.add(attempt)
  }

  /** One attempt, and what becomes of the entry. */
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
      if (isDone) log.info({ event: names.done, ...fields }, 'carried out of the outbox')
      return
    }
    const evidence = evidenceOf(error)
    if (outbox.closing.aborted) return store.postpone(due, 0, null)
    if (error instanceof TargetGone && (await store.stop(due, error.url))) {
      await store.postpone(due, 0, '410')
      delivered(kind, 'stopped')
      log.error(
        { event: 'outbox_stopped', ...fields },
        'it answered 410: nothing is sent there until its URL changes, or `admin outbox retry`',
      )
    } else if (error instanceof Undeliverable || due.ageSeconds >= givesUpAfterSeconds) {
      await store.giveUp(due, wordFor(error), eventOf('grant.revocation_failed'))
      delivered(kind, 'given_up')
      log.error({ event: names.givenUp, ...fields, ...evidence }, 'gave up; the operator may retry')
    } else {
      const toldSeconds = retryAfterOf(error)
      if (toldSeconds > 0) pause(due, toldSeconds)
      const delaySeconds = delayAfter(due.attempts, toldSeconds)
      await store.postpone(due, delaySeconds, wordFor(error))
      delivered(kind, 'failed')
      const when = { delay_seconds: Math.round(delaySeconds) }
      log.warn({ event: names.failed, ...fields, ...when, ...evidence }, 'will be tried again')
    }
  }

  return outbox
}

/** After how many seconds the target wants to be asked again; 0 where it does not say. */
const retryAfterOf = (error: unknown): number =>
  error instanceof Refused || error instanceof LatchkeyError ? (error.retryAfterSeconds ?? 0) : 0

/** A failure as the operator sees it: a status, a code, a name, and what is known of why. */
function wordFor(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  const { step, status, reason, cause } = evidenceOf(error) as Record<string, unknown>
  const why = error instanceof LatchkeyError ? [step, status ?? reason ?? cause] : []
  return [code ?? name ?? 'unknown', ...why].filter(Boolean).join(' ').slice(0, 100)
}
