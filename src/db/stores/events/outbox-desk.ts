import { and, asc, eq, exists, inArray, or, sql, type WithSubquery } from 'drizzle-orm'
import type { Outbox, OutboxDepth, OutboxEntry, OutboxFilter } from '../../../core/events/outbox.ts'
import type { Database } from '../../client.ts'
import { ANYTHING, isoTime, now } from '../../expressions.ts'
import { outbox, outboxTargets } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'

type Asked = { id: string | null; kind: string | null; target: string | null; failed: boolean }

const asked = ({ id, kind, target, failed = false }: OutboxFilter): Asked => ({
  id: id ?? null,
  kind: kind ?? null,
  target: target ?? null,
  failed,
})

const isAsked = (p: Placeholders<Asked>) =>
  and(
    or(sql`${p.id}::bigint is null`, sql`${outbox.id} = ${p.id}::bigint`),
    or(sql`${p.kind}::text is null`, sql`${outbox.kind} = ${p.kind}`),
    or(sql`${p.target}::text is null`, sql`${outbox.target} = ${p.target}`),
    or(sql`not ${p.failed}::boolean`, sql`${outbox.failedAt} is not null`),
  )

const DEPTH = statement<Record<never, never>, OutboxDepth>(() =>
  db
    .select({
      kind: outbox.kind,
      target: outbox.target,
      waiting: sql<number>`(count(*) filter (where ${outbox.failedAt} is null))::int`,
      failed: sql<number>`(count(*) filter (where ${outbox.failedAt} is not null))::int`,
      oldestSeconds: sql<number>`coalesce(floor(extract(epoch from now() -
        min(${outbox.createdAt}) filter (where ${outbox.failedAt} is null))), 0)::int`,
      isStopped: sql<boolean>`coalesce(bool_or(${outboxTargets.stoppedAt} is not null), false)`,
    })
    .from(outbox)
    .leftJoin(
      outboxTargets,
      and(eq(outboxTargets.kind, outbox.kind), eq(outboxTargets.target, outbox.target)),
    )
    .groupBy(outbox.kind, outbox.target),
)

const LIST = statement((p: Placeholders<Asked & { limit: number }>) =>
  db
    .select({
      id: sql<string>`${outbox.id}::text`,
      kind: outbox.kind,
      target: outbox.target,
      attempts: outbox.attempts,
      createdAt: sql<string>`${isoTime(outbox.createdAt)}`,
      nextAttemptAt: sql<string>`${isoTime(outbox.nextAttemptAt)}`,
      stoppedAt: sql<string | null>`${isoTime(outboxTargets.stoppedAt)}`,
      failedAt: sql<string | null>`${isoTime(outbox.failedAt)}`,
      failure: outbox.failure,
    })
    .from(outbox)
    .leftJoin(
      outboxTargets,
      and(eq(outboxTargets.kind, outbox.kind), eq(outboxTargets.target, outbox.target)),
    )
    .where(isAsked(p))
    .orderBy(asc(outbox.id))
    .limit(p.limit),
)

/** Entries per statement: a million at once would exceed a statement's time. */
const BATCH = 10_000

/** The entries to change, after the last one of the batch before. */
type Batch = Asked & { after: string }

/** Changes the next batch of entries, and gives how many there were. */
const inBatches = (change: (batch: BatchTable) => WithSubquery) =>
  statement((p: Placeholders<Batch>) => {
    const batch = batchOf(p)
    const changed = change(batch)
    return db
      .with(batch, changed)
      .select({
        count: sql<number>`(select count(*) from ${changed})::int`,
        last: sql<string | null>`max(${batch.id})::text`,
      })
      .from(batch)
  })

/** Locked in the order of their ids, so that two operators do not deadlock. */
const batchOf = (p: Placeholders<Batch>) =>
  db.$with('batch').as(
    db
      .select({ id: outbox.id })
      .from(outbox)
      .where(and(isAsked(p), sql`${outbox.id} > ${p.after}::bigint`))
      .orderBy(asc(outbox.id))
      .limit(BATCH)
      .for('update'),
  )
type BatchTable = ReturnType<typeof batchOf>

const RETRY = inBatches((batch) =>
  db.$with('changed').as(
    db
      .update(outbox)
      // Its time starts anew.
      .set({
        failedAt: sql`null`,
        nextAttemptAt: now,
        attempts: sql`0`,
        retriedAt: now,
      })
      .from(batch)
      .where(eq(outbox.id, batch.id))
      .returning({ id: outbox.id }),
  ),
)

/** Lets the targets of these entries go on, and the named target even if nothing waits for it. */
const START_AGAIN = statement((p: Placeholders<Asked>) =>
  db
    .update(outboxTargets)
    .set({ stoppedAt: sql`null` })
    .where(
      and(
        or(sql`${p.kind}::text is null`, sql`${outboxTargets.kind} = ${p.kind}`),
        or(sql`${p.target}::text is null`, sql`${outboxTargets.target} = ${p.target}`),
        or(
          sql`${p.id}::bigint is null`,
          exists(
            db
              .select(ANYTHING)
              .from(outbox)
              .where(
                and(
                  sql`${outbox.id} = ${p.id}::bigint`,
                  eq(outbox.kind, outboxTargets.kind),
                  eq(outbox.target, outboxTargets.target),
                ),
              ),
          ),
        ),
      ),
    ),
)

const DROP = inBatches((batch) =>
  db.$with('changed').as(
    db
      .delete(outbox)
      .where(inArray(outbox.id, db.select({ id: batch.id }).from(batch)))
      .returning({ id: outbox.id }),
  ),
)

/** Drops the newest entries of each target that has more than it may. */
const TRIM = statement((p: Placeholders<{ most: number }>) =>
  db
    .delete(outbox)
    .where(
      sql`${outbox.id} in (
        select surplus.id from (
          select ${outbox.kind} as kind, ${outbox.target} as target from ${outbox}
          group by 1, 2 having count(*) > ${p.most}
        ) full_ones cross join lateral (
          select o.id from ${outbox} o where o.kind = full_ones.kind and o.target = full_ones.target
          order by o.id offset ${p.most}
        ) surplus)`,
    )
    .returning({ id: outbox.id }),
)

/** The operator's commands for the outbox. */
export function createOutboxDesk({
  query,
}: Database): Pick<Outbox, 'trim' | 'depth' | 'list' | 'retry' | 'drop'> {
  async function toAll(change: typeof RETRY, filter: OutboxFilter): Promise<number> {
    let changed = 0
    for (let after: string | null = '0'; after !== null; ) {
      const batch = await change.one(query, { ...asked(filter), after })
      changed += batch?.count ?? 0
      after = batch?.last ?? null
    }
    return changed
  }
  return {
    trim: (most) => TRIM.count(query, { most }),
    depth: () => DEPTH.all(query, {}),
    list: ({ limit, ...filter }) =>
      LIST.all(query, { ...asked(filter), limit }) as Promise<OutboxEntry[]>,
    async retry(filter) {
      await START_AGAIN.all(query, asked(filter))
      return toAll(RETRY, filter)
    },
    drop: (filter) => toAll(DROP, filter),
  }
}
