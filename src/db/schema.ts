import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

/** A schema of its own, so that Latchkey can share a database with the app it serves. */
export const latchkey = pgSchema('latchkey')

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** A person. Name, picture and locale are the person's own edits; null shows what the provider says. */
export const users = latchkey.table('users', {
  id: uuid('id').primaryKey(),
  name: text('name'),
  picture: text('picture'),
  locale: text('locale'),
  /** The first address a provider gave; nullable, not unique, never a key. */
  email: text('email'),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
  /** Set by the operator: this user can no longer sign in. */
  disabledAt: moment('disabled_at'),
})

/** A user's account at a provider, keyed by provider, issuer (where it varies) and subject. */
export const identities = latchkey.table(
  'identities',
  {
    provider: text('provider').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    email: text('email'),
    emailVerified: boolean('email_verified').notNull(),
    name: text('name'),
    picture: text('picture'),
    locale: text('locale'),
    linkedAt: moment('linked_at').notNull().defaultNow(),
    lastLoginAt: moment('last_login_at').notNull().defaultNow(),
    /** What is kept of the provider's tokens: access token and refresh token, each sealed or empty, with a space between. */
    sealedGrant: text('sealed_grant'),
    /** Until then one replica refreshes it at the provider, and the others wait. */
    grantLeasedUntil: moment('grant_leased_until'),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.issuer, table.subject] }),
    index('identities_user').on(table.userId),
    // The "C" collation lowers ASCII letters only.
    index('identities_verified_email')
      .on(sql`lower(${table.email} collate "C")`)
      .where(sql`${table.emailVerified}`),
  ],
)

/** One signed-in client instance of one user. */
export const sessions = latchkey.table(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text('client_id').notNull(),
    /** With issuer and subject the identity that opened it; these two are null where it is older than they. */
    provider: text('provider').notNull(),
    issuer: text('issuer'),
    subject: text('subject'),
    scope: text('scope').notNull(),
    /** The one API that its tokens are for (RFC 8707); null for the usual audience. */
    resource: text('resource'),
    /** Its tokens live in cookies: only then a refresh token is taken from one. */
    cookieMode: boolean('cookie_mode').notNull().default(false),
    /** When the person authenticated at the provider, where the provider signed it. */
    authTime: moment('auth_time'),
    /** Begun with `prompt=none`: nobody was asked, so it is no sign-in for what cannot be undone. */
    silent: boolean('silent').notNull().default(false),
    userAgent: text('user_agent'),
    address: text('address'),
    createdAt: moment('created_at').notNull().defaultNow(),
    lastUsedAt: moment('last_used_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    /** When its client first got tokens; null until its code is redeemed. */
    redeemedAt: moment('redeemed_at').defaultNow(),
    endedAt: moment('ended_at'),
    /** What ended it. */
    endReason: text('end_reason'),
  },
  (table) => [
    index('sessions_user').on(table.userId),
    index('sessions_expires_at').on(table.expiresAt),
  ],
)

/** Refresh tokens, by SHA-256 hash: the newest three of each session. */
export const refreshTokens = latchkey.table(
  'refresh_tokens',
  {
    hash: bytea('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    /** Its place in its session: the first is 1, each successor one more. */
    generation: integer('generation').notNull().default(1),
    /** When its successor took over. */
    rotatedAt: moment('rotated_at'),
    /** When it was shown again after the grace and got its successor once more. */
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

/** One-time codes that stand for an identity and for no session, by SHA-256 hash. */
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
    /** Null where the provider did not tell. */
    emailVerified: boolean('email_verified'),
    name: text('name'),
    picture: text('picture'),
    locale: text('locale'),
    /** What is kept of the provider's tokens, as on an identity. */
    sealedGrant: text('sealed_grant'),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('link_codes_expires_at').on(table.expiresAt)],
)

/** Flows that have been answered: a flow can be finished once, whatever replica answers. */
export const finishedFlows = latchkey.table(
  'finished_flows',
  { id: text('id').primaryKey(), expiresAt: moment('expires_at').notNull() },
  (table) => [index('finished_flows_expires_at').on(table.expiresAt)],
)

/** Requests within a window, by a keyed hash of what is asked for and the address that asks. */
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

/** Grants of people who have left, to be revoked at their providers. */
export const revocations = latchkey.table(
  'revocations',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    provider: text('provider').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    sealedGrant: text('sealed_grant').notNull(),
    attempts: integer('attempts').notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** Also the end of the lease of the replica that is at it. */
    nextAttemptAt: moment('next_attempt_at').notNull().defaultNow(),
  },
  (table) => [index('revocations_next_attempt_at').on(table.nextAttemptAt)],
)

/** The keys that sign our tokens; the private part is sealed. */
export const signingKeys = latchkey.table('signing_keys', {
  kid: text('kid').primaryKey(),
  alg: text('alg').notNull(),
  sealedJwk: text('sealed_jwk').notNull(),
  signsFrom: moment('signs_from').notNull(),
  publishedUntil: moment('published_until'),
})
