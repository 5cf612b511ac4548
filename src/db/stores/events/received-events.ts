import { and, eq, inArray, isNull, lt, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { ReceivedEventStore, ReceivedEvents } from '../../../core/events/received-events.ts'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { ProviderEvent } from '../../../core/provider/provider-event.ts'
import type { Database, RunStatement } from '../../client.ts'
import { ANYTHING, now, seconds } from '../../expressions.ts'
import { identities, receivedEvents, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { FORGET_CODES_BEFORE } from '../account/link-codes.ts'
import { requireSame } from '../require-own.ts'
import { isSameIdentity } from '../same-identity.ts'
import { heldSessions } from '../sessions/held-sessions.ts'
import { isIdentity } from '../sign-in/identity-values.ts'
import { recordIn, sayWho } from './audit.ts'
import { holdReported, holdUsers, type ReportedIdentity } from './hold-reported.ts'

/** How long event ids are kept. Older events are ignored, so that none is acted on twice. */
const REMEMBERED_SECONDS = 30 * 86_400

const REMEMBER = statement((p: Placeholders<{ provider: string; id: string; ttl: number }>) =>
  db
    .insert(receivedEvents)
    .values({
      provider: p.provider as never,
      id: p.id as never,
      expiresAt: sql`${now} + ${seconds(p.ttl)}`,
    })
    .onConflictDoNothing()
    .returning({ id: receivedEvents.id }),
)

const RECEIVED_AT = statement((p: Placeholders<{ provider: string; id: string }>) =>
  db
    .select({ at: receivedEvents.receivedAt })
    .from(receivedEvents)
    .where(and(eq(receivedEvents.provider, p.provider), eq(receivedEvents.id, p.id))),
)

type Affected = IdentityKey & { userId: string; at: string }

const moment = (at: unknown) => sql`${at}::timestamptz`

const END_SESSIONS = statement((p: Placeholders<Affected & { kind: string }>) =>
  db
    .update(sessions)
    .set({ endedAt: now, endReason: sql`${p.kind}` })
    .where(
      inArray(
        sessions.id,
        heldSessions(
          and(
            eq(sessions.userId, p.userId),
            eq(sessions.provider, p.provider),
            sql`coalesce(${sessions.issuer}, ${p.issuer}) = ${p.issuer}`,
            sql`coalesce(${sessions.subject}, ${p.subject}) = ${p.subject}`,
            isNull(sessions.endedAt),
            sql`${sessions.expiresAt} > ${now}`,
            lt(sessions.createdAt, moment(p.at)),
          ),
        ),
      ),
    )
    .returning({ id: sessions.id }),
)

/** Tokens that were granted again since the event are kept: they are a new grant. */
const FORGET_GRANT = statement((p: Placeholders<Affected & { isGone: boolean; forget: boolean }>) =>
  db
    .update(identities)
    .set({
      sealedAccessToken: null,
      sealedRefreshToken: null,
      goneAt: sql`case when ${p.isGone}::boolean then ${now} else ${identities.goneAt} end`,
      email: sql`case when not ${p.forget}::boolean then ${identities.email} end`,
      emailVerified: sql`${identities.emailVerified} and not ${p.forget}::boolean`,
      givesEmail: sql`${identities.givesEmail} and not ${p.forget}::boolean`,
      name: sql`case when not ${p.forget}::boolean then ${identities.name} end`,
      picture: sql`case when not ${p.forget}::boolean then ${identities.picture} end`,
      locale: sql`case when not ${p.forget}::boolean then ${identities.locale} end`,
    })
    .where(and(isIdentity(p), lt(identities.lastLoginAt, moment(p.at))))
    .returning({ subject: identities.subject }),
)

const REMOVE_IDENTITY = statement((p: Placeholders<IdentityKey>) =>
  db.delete(identities).where(isIdentity(p)).returning({ subject: identities.subject }),
)

const other = alias(identities, 'other')

/** A user whose address was removed gets that of the earliest linked identity that has one. */
const INHERIT_EMAIL = statement((p: Placeholders<{ userId: string }>) => {
  const heir = db.$with('heir').as(
    db
      .select({
        provider: identities.provider,
        issuer: identities.issuer,
        subject: identities.subject,
      })
      .from(identities)
      .where(
        and(
          eq(identities.userId, p.userId),
          sql`${identities.email} is not null`,
          notExists(
            db
              .select(ANYTHING)
              .from(other)
              .where(and(eq(other.userId, identities.userId), other.givesEmail)),
          ),
        ),
      )
      .orderBy(identities.linkedAt, identities.provider)
      .limit(1),
  )
  return db
    .with(heir)
    .update(identities)
    .set({ givesEmail: true })
    .from(heir)
    .where(isSameIdentity(identities, heir))
    .returning({ subject: identities.subject })
})

const REMOVE_USER_WITHOUT_IDENTITY = statement((p: Placeholders<{ userId: string }>) =>
  db
    .delete(users)
    .where(
      and(
        eq(users.id, p.userId),
        sql`not exists (select from ${identities} where ${identities.userId} = ${users.id})`,
      ),
    )
    .returning({ id: users.id }),
)

/** Providers' events in PostgreSQL. */
export function createReceivedEvents(database: Database): ReceivedEventStore {
  return {
    receivedAt: async (provider, id) =>
      (await RECEIVED_AT.one(database.query, { provider, id }))?.at ?? null,
    act: (received) =>
      database.transaction(async (run) => {
        const { provider, id, asker } = received
        await sayWho(run, asker)
        if (id !== null) {
          const ttl = REMEMBERED_SECONDS
          const remembered = await REMEMBER.one(run, { provider, id, ttl })
          if (remembered === null) return { outcome: 'repeated' }
          requireSame(database, remembered.id, id)
        }
        const done = { sessions: 0, users: 0 }
        const events = received.events.map(readEvent).sort(byName)
        const owners = await holdUsers(run, provider, events)
        for (const { event, ...whose } of events) {
          const about = { provider, ...whose }
          const held = await holdReported(database, run, about, owners)
          if (held.length === 0) {
            await recordIn(run, { type: 'provider_event.received', provider, reason: event.kind })
          }
          for (const whose of held) {
            const ended = await affect(run, received, event, whose)
            done.sessions += ended.sessions
            done.users += ended.users
          }
          // Also for identities that belong to no user yet.
          if (endsGrant(event.kind))
            await FORGET_CODES_BEFORE.all(run, { ...about, at: isoOf(received) })
        }
        return { outcome: 'acted', ...done }
      }),
  }
}

const readEvent = (event: ProviderEvent) => ({
  event,
  ...(typeof event.subject === 'string'
    ? { subject: event.subject, isPrefix: false }
    : { subject: event.subject.prefix, isPrefix: true }),
})

/** So that no two messages lock link codes in opposite orders. */
const byName = (a: { subject: string }, b: { subject: string }) =>
  Number(a.subject > b.subject) - Number(a.subject < b.subject)

const isoOf = ({ at }: ReceivedEvents): string => new Date(at).toISOString()

const endsGrant = (kind: ProviderEvent['kind']): boolean =>
  kind === 'account_gone' || kind === 'consent_withdrawn'

async function affect(
  run: RunStatement,
  received: ReceivedEvents,
  { kind, forget = false }: ProviderEvent,
  { isEnabled, ...whose }: ReportedIdentity,
): Promise<{ sessions: number; users: number }> {
  const { provider, userId } = whose
  const none = { sessions: 0, users: 0 }
  await recordIn(run, { type: 'provider_event.received', provider, userId, reason: kind })
  if (kind === 'account_enabled') return none
  const affected = { ...whose, at: isoOf(received) }
  const isGone = kind === 'account_gone'
  let isForgotten = false
  if (endsGrant(kind)) {
    // A disabled user's identity is kept: without it the person could come back as somebody new.
    const values = { ...affected, isGone, forget: forget && isEnabled }
    isForgotten = (await FORGET_GRANT.one(run, values)) !== null
  }
  const ended = await END_SESSIONS.count(run, { ...affected, kind })
  const goesToo = isEnabled && isGone && received.deletesUsers && isForgotten
  if (goesToo) await REMOVE_IDENTITY.one(run, whose)
  if (goesToo || forget) await INHERIT_EMAIL.one(run, { userId })
  const removed = goesToo ? await REMOVE_USER_WITHOUT_IDENTITY.count(run, { userId }) : 0
  return { sessions: ended, users: removed }
}
