import { sql } from 'drizzle-orm'
import { bigint, boolean, index, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { latchkey, moment } from './columns.ts'

/**
 * A person. Name, picture and locale are the person's own edits; where they are null, the
 * provider's values are shown.
 *
 * Whoever locks rows of several tables does it in this order, and rows of one table in the order of
 * their keys, so that nobody deadlocks: advisory locks, users, identities, sessions, codes and
 * refresh tokens. Users come first because more rows can become theirs until they are locked, and
 * because PostgreSQL itself locks rows that refer to a user after the user.
 */
export const users = latchkey.table('users', {
  id: uuid('id').primaryKey(),
  name: text('name'),
  picture: text('picture'),
  locale: text('locale'),
  /** For apps to use; set by the operator. */
  roles: text('roles').array().notNull().default([]),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
  /** When the operator disabled the user, who can no longer sign in. */
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
    /**
     * Whether the provider says that the address is verified. The settings decide whether that
     * counts.
     */
    emailVerified: boolean('email_verified').notNull(),
    /**
     * Whether the user's address is this identity's; true for at most one of a user's identities.
     */
    givesEmail: boolean('gives_email').notNull().default(false),
    name: text('name'),
    picture: text('picture'),
    locale: text('locale'),
    linkedAt: moment('linked_at').notNull().defaultNow(),
    /** How it was linked to the user (`core/identity/linking.ts`), and why. */
    linkedBy: text('linked_by'),
    linkReason: text('link_reason'),
    /**
     * A hash of the address with which it created its user, when nobody had that address. Two
     * simultaneous first logins with one address collide here, and the later one looks again.
     */
    addressClaim: bigint('address_claim', { mode: 'bigint' }),
    lastLoginAt: moment('last_login_at').notNull().defaultNow(),
    /** The provider's tokens that are kept, sealed for this identity. */
    sealedAccessToken: text('sealed_access_token'),
    sealedRefreshToken: text('sealed_refresh_token'),
    /**
     * When its provider said that the account is gone; null again once somebody signs in with it.
     */
    goneAt: moment('gone_at'),
    /** Until then one replica refreshes the tokens at the provider, and the others wait. */
    grantLeasedUntil: moment('grant_leased_until'),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.issuer, table.subject] }),
    index('identities_user').on(table.userId),
    // The "C" collation lowers ASCII letters only.
    index('identities_email').on(sql`lower(${table.email} collate "C")`),
    index('identities_subject').on(table.subject),
    uniqueIndex('identities_address_claim')
      .on(table.addressClaim)
      .where(sql`${table.addressClaim} is not null`),
  ],
)

/** Identities that a user has unlinked: no later login links them to that user again by itself. */
export const unlinkedIdentities = latchkey.table(
  'unlinked_identities',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    provider: text('provider').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    unlinkedAt: moment('unlinked_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.provider, table.issuer, table.subject] })],
)

/** One signed-in client of one user. */
export const sessions = latchkey.table(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    clientId: text('client_id').notNull(),
    /**
     * With issuer and subject, the identity that opened the session; those two are null in sessions
     * from before these columns existed.
     */
    provider: text('provider').notNull(),
    issuer: text('issuer'),
    subject: text('subject'),
    scope: text('scope').notNull(),
    /** The API that its tokens are for (RFC 8707); null for the default audience. */
    resource: text('resource'),
    /** Whether its tokens live in cookies; only then a refresh token is accepted from a cookie. */
    cookieMode: boolean('cookie_mode').notNull().default(false),
    /** When the person authenticated at the provider, if the provider signed it. */
    authTime: moment('auth_time'),
    /**
     * Whether it began with `prompt=none`: nobody was asked, so it does not count as a recent
     * sign-in.
     */
    silent: boolean('silent').notNull().default(false),
    userAgent: text('user_agent'),
    address: text('address'),
    /** The request that began it, for the audit log. */
    requestId: text('request_id'),
    /** Why a new user was created with it, for the audit log; null for a known user. */
    newUserReason: text('new_user_reason'),
    createdAt: moment('created_at').notNull().defaultNow(),
    lastUsedAt: moment('last_used_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    /** When its client first got tokens; null until its code is redeemed. */
    redeemedAt: moment('redeemed_at').defaultNow(),
    endedAt: moment('ended_at'),
    /** Why it ended. */
    endReason: text('end_reason'),
    /**
     * When its client was told that it is over although it only rests, because its user is
     * disabled.
     */
    logoutToldAt: moment('logout_told_at'),
  },
  (table) => [
    // Not a partial index: plans that were made while the table was empty would not use it, and
    // read all sessions.
    index('sessions_of_user').on(table.userId, table.endedAt),
    index('sessions_expires_at').on(table.expiresAt),
  ],
)
