import { and, asc, eq, isNull, lte, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { AuditEvent } from '../../../core/events/audit.ts'
import type { Claim, ClaimOptions, Due, Outbox, OutboxTarget } from '../../../core/events/outbox.ts'
import type { SealedTokens } from '../../../core/provider/provider-tokens.ts'
import type { Database, RunStatement } from '../../client.ts'
import { type Columns, isoTime, now, seconds } from '../../expressions.ts'
import { audit, identities, outbox, outboxTargets } from '../../schema.ts'
import { db, insertFrom, type Placeholders, statement } from '../../statement.ts'
import { recordIn } from './audit.ts'
import { createOutboxDesk } from './outbox-desk.ts'

type Leaving = SQLWrapper &
  Columns<'provider' | 'issuer' | 'subject' | 'sealedAccessToken' | 'sealedRefreshToken'>

/**
 * A part of a statement that removes identities: puts the provider tokens that they have into the
 * outbox, to be revoked. `left` are their rows; `revocable` the providers at which tokens can be
 * revoked.
 */
export const leaveRevocations = (left: Leaving, revocable: SQLWrapper): SQL =>
  insertFrom(
    outbox,
    {
      kind: sql`'revocation'`,
      target: left.provider,
      issuer: left.issuer,
      subject: left.subject,
      sealedAccessToken: left.sealedAccessToken,
      sealedRefreshToken: left.sealedRefreshToken,
    },
    sql`from ${left}
      where coalesce(${left.sealedAccessToken}, ${left.sealedRefreshToken}) is not null
        and ${left.provider} = any(${revocable}::text[])`,
  )

const isDue = and(isNull(outbox.failedAt), lte(outbox.nextAttemptAt, now))

/** Goes from one target to the next in the index, without reading the entries of each. */
const DUE_TARGETS = statement<Record<never, never>, OutboxTarget>(() => {
  const walk = sql`(
    with recursive walk (kind, target) as (
      (select ${outbox.kind}, ${outbox.target} from ${outbox} where ${isNull(outbox.failedAt)}
        order by ${outbox.kind}, ${outbox.target} limit 1)
      union all
      select n.kind, n.target from walk cross join lateral (
        select ${outbox.kind}, ${outbox.target} from ${outbox}
        where ${isNull(outbox.failedAt)}
          and (${outbox.kind}, ${outbox.target}) > (walk.kind, walk.target)
        order by ${outbox.kind}, ${outbox.target} limit 1) n
    ) select * from walk) as one`
  return db
    .select({
      kind: sql<OutboxTarget['kind']>`one.kind`,
      target: sql<string>`one.target`,
    })
    .from(walk)
    .where(
      sql`exists (select from ${outbox} where ${outbox.kind} = one.kind
          and ${outbox.target} = one.target and ${isDue})
        and not exists (select from ${outboxTargets} where ${outboxTargets.kind} = one.kind
          and ${outboxTargets.target} = one.target and ${outboxTargets.stoppedAt} is not null)`,
    )
})

/** Since when an entry waits: when it was put in, or when the operator had it tried again. */
const waitsSince = sql`coalesce(${outbox.retriedAt}, ${outbox.createdAt})`

type Claiming = OutboxTarget & ClaimOptions & { limit: number }

const CLAIM = statement((p: Placeholders<Claiming>) => {
  const due = db.$with('due').as(
    db
      .select({ id: outbox.id })
      .from(outbox)
      .where(
        and(
          eq(outbox.kind, p.kind),
          eq(outbox.target, p.target),
          isDue,
          sql`${waitsSince} <= ${now} - ${seconds(p.ageSeconds)}`,
        ),
      )
      .orderBy(asc(outbox.nextAttemptAt))
      .limit(p.limit)
      .for('update', { skipLocked: true }),
  )
  const event = sql`(
    select json_build_object('id', ${audit.id}, 'at', ${isoTime(audit.at)},
      'type', ${audit.type}, 'userId', ${audit.userId},
      'sessionId', ${audit.sessionId}, 'clientId', ${audit.clientId},
      'provider', ${audit.provider}, 'reason', ${audit.reason})::text
    from ${audit}
    where ${audit.at} = ${outbox.eventAt} and ${audit.id} = ${outbox.eventId})`
  return db
    .with(due)
    .update(outbox)
    .set({
      attempts: sql`${outbox.attempts} + 1`,
      nextAttemptAt: sql`${now} + ${seconds(p.leaseSeconds)}`,
    })
    .from(due)
    .where(eq(outbox.id, due.id))
    .returning({
      id: sql<string>`${outbox.id}`,
      kind: outbox.kind,
      target: outbox.target,
      attempts: outbox.attempts,
      issuer: outbox.issuer,
      subject: outbox.subject,
      access: outbox.sealedAccessToken,
      refreshToken: outbox.sealedRefreshToken,
      userId: outbox.userId,
      sessionId: outbox.sessionId,
      ageSeconds: sql<number>`floor(extract(epoch from ${now} - ${waitsSince}))::int`,
      isGrantedAnew: sql<boolean>`exists (select from ${identities}
        where ${outbox.kind} = 'revocation' and ${identities.provider} = ${outbox.target}
          and ${identities.issuer} = ${outbox.issuer} and ${identities.subject} = ${outbox.subject}
          and ${identities.lastLoginAt} > ${outbox.createdAt})`,
      event: sql<string | null>`${event}`,
    })
})

/** Whether a claim is still ours: nobody has claimed the entry since. */
const isClaimed = (p: Placeholders<Claim>) =>
  and(sql`${outbox.id} = ${p.id}`, eq(outbox.attempts, p.attempts))

const REPLACE = statement((p: Placeholders<Claim & SealedTokens>) =>
  db
    .update(outbox)
    .set({ sealedAccessToken: sql`${p.access}`, sealedRefreshToken: sql`${p.refreshToken}` })
    .where(isClaimed(p)),
)

const POSTPONE = statement((p: Placeholders<Claim & { delay: number; failure: string | null }>) =>
  db
    .update(outbox)
    .set({
      nextAttemptAt: sql`${now} + ${seconds(p.delay)}`,
      failure: sql`coalesce(${p.failure}, ${outbox.failure})`,
    })
    .where(isClaimed(p)),
)

const REMOVE = statement((p: Placeholders<Claim>) => db.delete(outbox).where(isClaimed(p)))

const GIVE_UP = statement((p: Placeholders<Claim & { failure: string }>) =>
  db
    .update(outbox)
    .set({ failedAt: now, failure: sql`${p.failure}` })
    .where(isClaimed(p)),
)

const STOP = statement((p: Placeholders<OutboxTarget & { url: string }>) =>
  db
    .update(outboxTargets)
    .set({ stoppedAt: now })
    .where(
      and(
        eq(outboxTargets.kind, p.kind),
        eq(outboxTargets.target, p.target),
        eq(outboxTargets.url, p.url),
      ),
    )
    .returning({ target: outboxTargets.target }),
)

const SET_TARGET = statement(
  (p: Placeholders<OutboxTarget & { url: string; types: readonly string[] }>) =>
    db
      .insert(outboxTargets)
      .values({
        kind: p.kind as never,
        target: p.target as never,
        url: p.url as never,
        types: sql`${p.types}::text[]`,
      })
      .onConflictDoUpdate({
        target: [outboxTargets.kind, outboxTargets.target],
        set: {
          url: sql`excluded.url`,
          types: sql`excluded.types`,
          stoppedAt: sql`case when ${outboxTargets.url} = excluded.url then ${outboxTargets.stoppedAt} end`,
        },
      }),
)

const KEEP_TARGETS = statement((p: Placeholders<{ kept: readonly string[] }>) =>
  db
    .delete(outboxTargets)
    .where(sql`${outboxTargets.kind} || ' ' || ${outboxTargets.target} <> all(${p.kept}::text[])`),
)

/** `user.*` as a LIKE pattern. */
const patternOf = (type: string) => type.replaceAll('_', '\\_').replace('*', '%')

/**
 * The outbox in PostgreSQL. One column is both the time of the next attempt and the end of a lease.
 */
export function createOutbox(database: Database): Outbox {
  const { query } = database
  const recorded = (event: AuditEvent | null, work: (run: RunStatement) => Promise<unknown>) =>
    database.transaction(async (run) => {
      await work(run)
      if (event !== null) await recordIn(run, event)
    })
  return {
    ...createOutboxDesk(database),
    dueTargets: () => DUE_TARGETS.all(query, {}),
    claim: async (of, limit, how) =>
      (await CLAIM.all(query, { ...of, ...how, limit })).map(
        ({ access, refreshToken, event, ...due }): Due => ({
          ...due,
          sealed: { access, refreshToken },
          event: event === null ? null : JSON.parse(event),
        }),
      ),
    async replaceTokens({ id, attempts }, sealed) {
      await REPLACE.all(query, { id, attempts, ...sealed })
    },
    async postpone({ id, attempts }, delay, failure) {
      await POSTPONE.all(query, { id, attempts, delay, failure })
    },
    async remove({ id, attempts }, event) {
      if (event === null) await REMOVE.all(query, { id, attempts })
      else await recorded(event, (run) => REMOVE.all(run, { id, attempts }))
    },
    giveUp: ({ id, attempts }, failure, event) =>
      recorded(event, (run) => GIVE_UP.all(run, { id, attempts, failure })),
    stop: async (of, url) => (await STOP.one(query, { ...of, url })) !== null,
    setTargets: (targets) =>
      database.transaction(async (run) => {
        const kept = targets.map(({ kind, target }) => `${kind} ${target}`)
        await KEEP_TARGETS.all(run, { kept })
        for (const { kind, target, url, events } of targets) {
          await SET_TARGET.all(run, { kind, target, url, types: events.map(patternOf) })
        }
      }),
  }
}
