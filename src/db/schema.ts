import { boolean, index, integer, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { bytea, latchkey, moment } from './tables/columns.ts'
import { sessions } from './tables/people.ts'

export { latchkey } from './tables/columns.ts'
export { audit, auditEvents, outbox, outboxTargets, receivedEvents } from './tables/events.ts'
export { identities, sessions, unlinkedIdentities, users } from './tables/people.ts'

/**
 * Refresh tokens by SHA-256 hash: the newest three of each session, and those that were rotated
 * just now.
 */
export const refreshTokens = latchkey.table(
  'refresh_tokens',
  {
    hash: bytea('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    /** The position in its session: the first token has 1, each successor one more. */
    generation: integer('generation').notNull().default(1),
    /** When its successor replaced it. */
    rotatedAt: moment('rotated_at'),
    /** When it was presented again after the grace period and got the same successor once more. */
    repeatedAt: moment('repeated_at'),
  },
  (table) => [
    uniqueIndex('refresh_tokens_session').on(table.sessionId, table.generation),
    index('refresh_tokens_expires_at').on(table.expiresAt),
  ],
)

/** One-time codes for registered clients, by SHA-256 hash. */
export const loginCodes = latchkey.table(
  'login_codes',
  {
    hash: bytea('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    redirectUri: text('redirect_uri').notNull(),
    /** The S256 challenge; null where a confidential client sent none. */
    codeChallenge: text('code_challenge'),
    /** The client's nonce, for the ID token. */
    nonce: text('nonce'),
    expiresAt: moment('expires_at').notNull(),
    redeemedAt: moment('redeemed_at'),
  },
  (table) => [
    index('login_codes_session').on(table.sessionId),
    index('login_codes_expires_at').on(table.expiresAt),
  ],
)

/** One-time codes that stand for an identity and not for a session, by SHA-256 hash. */
export const linkCodes = latchkey.table(
  'link_codes',
  {
    hash: bytea('hash').primaryKey(),
    clientId: text('client_id').notNull(),
    redirectUri: text('redirect_uri').notNull(),
    /** The S256 challenge; null where a confidential client sent none. */
    codeChallenge: text('code_challenge'),
    provider: text('provider').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    email: text('email'),
    /** Null where the provider did not say. */
    emailVerified: boolean('email_verified'),
    name: text('name'),
    picture: text('picture'),
    locale: text('locale'),
    /** The provider's tokens that are kept, as on an identity. */
    sealedAccessToken: text('sealed_access_token'),
    sealedRefreshToken: text('sealed_refresh_token'),
    /** The user who linked the identity with it. */
    takenBy: uuid('taken_by'),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('link_codes_expires_at').on(table.expiresAt)],
)

/** Flows that have been answered, so that each is finished once, whichever replica answers. */
export const finishedFlows = latchkey.table(
  'finished_flows',
  {
    id: text('id').primaryKey(),
    finishedAt: moment('finished_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    failedAt: moment('failed_at'),
    /** The error that its client was told, if it failed. */
    error: text('error'),
    errorDescription: text('error_description'),
    /** Why the person may not come in, if a page told them. */
    refusal: text('refusal'),
  },
  (table) => [index('finished_flows_expires_at').on(table.expiresAt)],
)

/**
 * Counts requests within a time window, by a keyed hash of what is limited and the client's
 * address.
 */
export const requestCounts = latchkey.table(
  'request_counts',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    /** The end of the window. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('request_counts_expires_at').on(table.expiresAt)],
)

/** The keys that sign our tokens; the private part is sealed. */
export const signingKeys = latchkey.table('signing_keys', {
  kid: text('kid').primaryKey(),
  alg: text('alg').notNull(),
  sealedJwk: text('sealed_jwk').notNull(),
  signsFrom: moment('signs_from').notNull(),
  publishedUntil: moment('published_until'),
})
