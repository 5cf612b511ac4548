import { sql } from 'drizzle-orm'
import { bigint, boolean, index, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { latchkey, moment } from './columns.ts'

/**
 * A person. Name, picture and locale are the person's own edits; null shows what the provider says.
 *
 * Whoever locks rows of several tables does it in this order, rows of one table in the order of their
 * keys, so that no two wait for each other: advisory locks, users, identities, sessions, codes and
 * refresh tokens. Users come first since what is theirs may become more until they are held, and since
 * PostgreSQL itself takes what refers to a user behind the user.
 */
export const users = latchkey.table('users', {
  id: uuid('id').primaryKey(),
  name: text('name'),
  picture: text('picture'),
  locale: text('locale'),
  /** What apps may go by; set by the operator. */
  roles: text('roles').array().notNull().default([]),
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
    /** The provider's latest word on the address; whether it counts is up to the settings. */
    emailVerified: boolean('email_verified').notNull(),
    /** The user's address is this identity's; of at most one of the user. */
    givesEmail: boolean('gives_email').notNull().default(false),
    name: text('name'),
    picture: text('picture'),
    locale: text('locale'),
    linkedAt: moment('linked_at').notNull().defaultNow(),
    /** How it became this user's (`core/identity/linking.ts`), and why. */
    linkedBy: text('linked_by'),
    linkReason: text('link_reason'),
    /**
     * A hash of the address with which it made its user, where nobody was found who holds that: two first
     * logins with one address at once meet here, and the later one looks again.
     */
    addressClaim: bigint('address_claim', { mode: 'bigint' }),
    lastLoginAt: moment('last_login_at').notNull().defaultNow(),
    /** What is kept of the provider's tokens, sealed for this identity. */
    sealedAccessToken: text('sealed_access_token'),
    sealedRefreshToken: text('sealed_refresh_token'),
    /** When its provider said that the account is gone; null again once somebody signs in with it. */
    goneAt: moment('gone_at'),
    /** Until then one replica refreshes it at the provider, and the others wait. */
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

/** Identities that a user took away: no later login joins them to that user again. */
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
    /** The request that began it, as the audit tells it. */
    requestId: text('request_id'),
    /** Why it began with a new user, as the audit tells it; null where the user was there. */
    newUserReason: text('new_user_reason'),
    createdAt: moment('created_at').notNull().defaultNow(),
    lastUsedAt: moment('last_used_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    /** When its client first got tokens; null until its code is redeemed. */
    redeemedAt: moment('redeemed_at').defaultNow(),
    endedAt: moment('ended_at'),
    /** What ended it. */
    endReason: text('end_reason'),
    /** When its client was told that it is over though it only rests: its user is disabled. */
    logoutToldAt: moment('logout_told_at'),
  },
  (table) => [
    // Whole, so that no plan that was made while there was nobody reads all of it for want of a better one.
    index('sessions_of_user').on(table.userId, table.endedAt),
    index('sessions_expires_at').on(table.expiresAt),
  ],
)
