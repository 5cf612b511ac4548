import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UsedFlows } from '../../../src/core/client/used-flows.ts'
import type { Accounts } from '../../../src/core/identity/accounts.ts'
import type { Identities, LinkCodes } from '../../../src/core/identity/identities.ts'
import type { IdentityKey } from '../../../src/core/identity/identity-key.ts'
import type { LinkingMode } from '../../../src/core/identity/linking.ts'
import type { Profile } from '../../../src/core/identity/profile.ts'
import type { NewSession, SignIns } from '../../../src/core/identity/sign-ins.ts'
import type { RequestCounts } from '../../../src/core/request-counts.ts'
import { hashToken, randomToken } from '../../../src/core/secrets.ts'
import type { SigningKeys, StoredSigningKey } from '../../../src/core/tokens/key-store.ts'
import { newSession as anySession } from '../../helpers/stores.ts'

/** The ports that every store has to fill. */
export interface Ports {
  accounts: Accounts
  identities: Identities
  linkCodes: LinkCodes
  signIns: SignIns
  usedFlows: UsedFlows
  requestCounts: RequestCounts
  signingKeys: SigningKeys
}

/** A store that the suite is run against, and what only an operator can do to it. */
export interface StoreUnderTest {
  /** The ports as one of two replicas has them, by a connection pool of its own. */
  ports(replica: 0 | 1, rules: { mode: LinkingMode; trustedProviders: string[] }): Ports
  disable(userId: string, disabled: boolean): Promise<void>
  /** Sets what the user said of itself. */
  edit(userId: string, name: string): Promise<void>
  endSession(sessionId: string): Promise<void>
  identitiesOf(userId: string): Promise<number>
  count(): Promise<{ users: number; identities: number; sessions: number; refreshTokens: number }>
  session(sessionId: string): Promise<{
    userId: string
    clientId: string
    provider: string
    scope: string
    userAgent: string | null
    address: string | null
    refreshTokens: string[]
  } | null>
  close(): Promise<void>
}

const TRUSTED = ['google', 'kakao', 'github']
const COUNTS = ['users', 'identities', 'sessions', 'refreshTokens'] as const

/** An identity at Google that nobody has yet. */
const newIdentity = (changes: Partial<IdentityKey> = {}): IdentityKey => ({
  provider: 'google',
  issuer: '',
  subject: randomUUID(),
  ...changes,
})

const newEmail = () => `${randomUUID()}@example.com`

const newProfile = (key: IdentityKey, changes: Partial<Profile> = {}): Profile => ({
  subject: key.subject,
  email: null,
  emailVerified: false,
  name: 'Ann',
  picture: 'https://img.example.com/ann',
  locale: 'ko',
  ...changes,
})

const newSession = (changes: Partial<NewSession> = {}): NewSession =>
  anySession({
    clientId: 'latchkey',
    scope: 'profile email offline_access',
    userAgent: 'a browser',
    address: '192.0.2.1',
    refreshToken: { hash: hashToken(randomToken()), ttlSeconds: 600 },
    ...changes,
  })

/** What every store of users, sessions, flows and keys has to do, whatever it is made of. */
export function describeStores(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the stores in ${name}`, () => {
    let store: StoreUnderTest

    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store.close())

    const ports = (
      options: { replica?: 0 | 1; mode?: LinkingMode; trustedProviders?: string[] } = {},
    ) =>
      store.ports(options.replica ?? 0, {
        mode: options.mode ?? 'verified',
        trustedProviders: options.trustedProviders ?? TRUSTED,
      })

    const signIn = async (
      key: IdentityKey,
      changes: Partial<Profile> = {},
      options: Parameters<typeof ports>[0] & { session?: NewSession } = {},
    ) =>
      ports(options).signIns.signIn(key, newProfile(key, changes), options.session ?? newSession())

    /** How many rows of each kind an operation adds. */
    const added = async (operation: () => Promise<unknown>) => {
      const before = await store.count()
      await operation()
      const after = await store.count()
      return COUNTS.map((kind) => after[kind] - before[kind])
    }

    const refusal = (operation: Promise<unknown>) =>
      operation.then(
        () => expect.unreachable('it was not refused'),
        (error) => error,
      )

    describe('a first login', () => {
      test('makes a user, an identity, a session and the hash of a refresh token', async () => {
        const key = newIdentity()
        const session = newSession()
        const email = newEmail()
        const rows = await added(async () => {
          const { account, decision } = await signIn(
            key,
            { email, emailVerified: true },
            { session },
          )
          expect(decision).toEqual({ action: 'create', reason: 'nobody_with_this_email' })
          expect(account).toMatchObject({
            name: 'Ann',
            email,
            email_verified: true,
            picture: 'https://img.example.com/ann',
            locale: 'ko',
          })
          expect(account.identities).toEqual([
            {
              provider: 'google',
              subject: key.subject,
              email,
              email_verified: true,
              linked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
              last_login_at: account.identities[0]?.linked_at,
            },
          ])
          expect(Math.abs(Date.parse(account.created_at) - Date.now())).toBeLessThan(60_000)
          expect(account.updated_at).toBe(Math.floor(Date.parse(account.created_at) / 1000))
          expect(await store.session(session.id)).toEqual({
            userId: account.sub,
            clientId: 'latchkey',
            provider: 'google',
            scope: 'profile email offline_access',
            userAgent: 'a browser',
            address: '192.0.2.1',
            refreshTokens: [session.refreshToken?.hash.toString('hex')],
          })
        })
        expect(rows).toEqual([1, 1, 1, 1])
      })

      test('stores no hash where the session has no refresh token yet', async () => {
        const session = newSession({ refreshToken: null })
        const rows = await added(() => signIn(newIdentity(), {}, { session }))
        expect(rows).toEqual([1, 1, 1, 0])
        expect(await store.session(session.id)).toMatchObject({ refreshTokens: [] })
      })

      test('gives users ids of version 7, in the order in which they came', async () => {
        const first = await signIn(newIdentity())
        await new Promise((resolve) => setTimeout(resolve, 2))
        const second = await signIn(newIdentity())
        for (const { account } of [first, second]) {
          expect(account.sub).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-/)
        }
        expect(first.account.sub < second.account.sub).toBe(true)
      })

      test('7.09 without an e-mail invents none, and two of them are two users', async () => {
        const one = await signIn(newIdentity())
        const two = await signIn(newIdentity({ provider: 'kakao' }))
        expect(one.decision).toEqual({ action: 'create', reason: 'no_email' })
        expect(two.decision).toEqual({ action: 'create', reason: 'no_email' })
        expect(two.account.sub).not.toBe(one.account.sub)
        for (const claim of ['email', 'email_verified'])
          expect(one.account).not.toHaveProperty(claim)
      })

      test('that says nothing but who it is gives nothing else', async () => {
        const { account } = await signIn(newIdentity(), { name: null, picture: null, locale: null })
        expect(Object.keys(account)).toEqual(['sub', 'updated_at', 'created_at', 'identities'])
      })

      test('that fails leaves nothing behind', async () => {
        const used = newSession()
        await signIn(newIdentity(), {}, { session: used })
        const key = newIdentity()
        const session = newSession({ refreshToken: used.refreshToken })
        const rows = await added(async () => {
          const error = await refusal(signIn(key, {}, { session }))
          expect(error).toMatchObject({ code: 'server_error', evidence: { database: '23505' } })
        })
        expect(rows).toEqual([0, 0, 0, 0])
        const again = await signIn(key)
        expect(again.decision).toMatchObject({ action: 'create' })
      })
    })

    describe('a later login', () => {
      test('finds the same user and opens one more session', async () => {
        const key = newIdentity()
        const first = await signIn(key)
        const rows = await added(async () => {
          const { account, decision } = await signIn(key, {}, { replica: 1 })
          expect(decision).toEqual({ action: 'known' })
          expect(account.sub).toBe(first.account.sub)
          expect(account.created_at).toBe(first.account.created_at)
          expect(account.identities[0]?.linked_at).toBe(first.account.identities[0]?.linked_at)
        })
        expect(rows).toEqual([0, 0, 1, 1])
      })

      test('takes over what the provider says now', async () => {
        const key = newIdentity()
        const first = await signIn(key)
        await new Promise((resolve) => setTimeout(resolve, 1100))
        const email = newEmail()
        const { account } = await signIn(key, {
          name: 'Ann Lee',
          picture: 'https://img.example.com/new',
          locale: 'en',
          email,
          emailVerified: true,
        })
        expect(account).toMatchObject({
          name: 'Ann Lee',
          picture: 'https://img.example.com/new',
          locale: 'en',
          email,
          email_verified: true,
        })
        expect(account.updated_at).toBeGreaterThan(first.account.updated_at)
        const [before, after] = [first.account.identities[0], account.identities[0]]
        expect(after?.last_login_at).not.toBe(before?.last_login_at)
      })

      test('with nothing new changes the time of the last login only', async () => {
        const key = newIdentity()
        const first = await signIn(key)
        await new Promise((resolve) => setTimeout(resolve, 1100))
        const { account } = await signIn(key)
        const [identity] = first.account.identities
        expect(account).toEqual({
          ...first.account,
          identities: [{ ...identity, last_login_at: account.identities[0]?.last_login_at }],
        })
        expect(account.identities[0]?.last_login_at).not.toBe(identity?.last_login_at)
      })

      test('7.29 never blanks what is stored, but an address that is not named is verified no more', async () => {
        const key = newIdentity()
        const email = newEmail()
        const first = await signIn(key, { email, emailVerified: true })
        const nothing = { name: null, picture: null, locale: null, email: null }
        const { account: untold } = await signIn(key, { ...nothing, emailVerified: null })
        expect(untold).toMatchObject({ email, email_verified: true })
        const { account } = await signIn(key, { ...nothing, emailVerified: false })
        const { name, picture, locale } = first.account
        expect(account).toMatchObject({ name, picture, locale, email, email_verified: false })
        expect(account.identities[0]).toMatchObject({ email, email_verified: false })
        // Nobody is joined by it any more, either.
        const other = await signIn(newIdentity({ provider: 'kakao' }), {
          email,
          emailVerified: true,
        })
        expect(other.decision).toEqual({ action: 'create', reason: 'nobody_with_this_email' })
      })

      test('keeps what is known of an address where the document cannot say', async () => {
        const key = newIdentity()
        const email = newEmail()
        await signIn(key, { email, emailVerified: true })
        const silent = await signIn(key, { email, emailVerified: null })
        expect(silent.account.identities[0]).toMatchObject({ email, email_verified: true })
        // But not of another address, and a document that does say counts.
        const moved = await signIn(key, { email: newEmail(), emailVerified: null })
        expect(moved.account.identities[0]).toMatchObject({ email_verified: false })
        await signIn(key, { email, emailVerified: true })
        const denied = await signIn(key, { email, emailVerified: false })
        expect(denied.account.identities[0]).toMatchObject({ email, email_verified: false })
        const first = await signIn(newIdentity(), { email: newEmail(), emailVerified: null })
        expect(first.account.email_verified).toBe(false)
      })

      test('leaves the user’s own edits', async () => {
        const key = newIdentity()
        const { account } = await signIn(key)
        await store.edit(account.sub, 'Nan')
        const later = await signIn(key, { name: 'Ann Lee', locale: 'ja' })
        expect(later.account).toMatchObject({ name: 'Nan', locale: 'ja' })
      })

      test('7.08 with another address moves the identity’s, and the user’s where it comes from there', async () => {
        const [google, kakao] = [newIdentity(), newIdentity({ provider: 'kakao' })]
        const [old, moved] = [newEmail(), newEmail()]
        const first = await signIn(google, { email: old, emailVerified: true })
        await signIn(kakao, { email: old, emailVerified: true })
        const elsewhere = await signIn(kakao, { email: newEmail(), emailVerified: true })
        expect(elsewhere.account).toMatchObject({ email: old, email_verified: true })
        const { account } = await signIn(google, { email: moved, emailVerified: true })
        expect(account).toMatchObject({
          sub: first.account.sub,
          email: moved,
          email_verified: true,
        })
        expect(account.identities[0]).toMatchObject({ email: moved, email_verified: true })
      })

      test('7.08 with the address of another user takes nothing over', async () => {
        const email = newEmail()
        const owner = await signIn(newIdentity(), { email, emailVerified: true })
        const key = newIdentity({ provider: 'kakao' })
        const first = await signIn(key, { email: newEmail(), emailVerified: true })
        const { account, decision } = await signIn(key, { email, emailVerified: true })
        expect(decision).toEqual({ action: 'known' })
        expect(account.sub).toBe(first.account.sub)
        expect(account.sub).not.toBe(owner.account.sub)
        // The address is the user's as a fact, and never a way to another user.
        expect(account).toMatchObject({ email })
      })
    })

    describe('whether the user’s address is verified', () => {
      test('follows what the identity says of that very address', async () => {
        const key = newIdentity()
        const email = newEmail()
        for (const emailVerified of [false, true, false, true]) {
          const { account } = await signIn(key, { email, emailVerified })
          expect(account).toMatchObject({ email, email_verified: emailVerified })
        }
        const upper = await signIn(key, { email: email.toUpperCase(), emailVerified: true })
        expect(upper.account).toMatchObject({ email: email.toUpperCase(), email_verified: true })
        const moved = await signIn(key, { email: newEmail(), emailVerified: false })
        expect(moved.account).toMatchObject({ email_verified: false })
      })

      test('is true as long as one of several identities says so', async () => {
        const email = newEmail()
        const google = newIdentity()
        const kakao = newIdentity({ provider: 'kakao' })
        await signIn(google, { email, emailVerified: true })
        await signIn(kakao, { email, emailVerified: true })
        const one = await signIn(google, { email, emailVerified: false })
        expect(one.account).toMatchObject({ email_verified: true })
        expect(one.account.identities).toHaveLength(2)
        const none = await signIn(kakao, { email, emailVerified: false })
        expect(none.account).toMatchObject({ email_verified: false })
      })
    })

    describe('a first login with the verified address of an existing user', () => {
      test('joins that user where both providers are trusted', async () => {
        const email = newEmail()
        const owner = await signIn(newIdentity(), { email, emailVerified: true })
        const rows = await added(async () => {
          const { account, decision } = await signIn(
            newIdentity({ provider: 'kakao' }),
            { email, emailVerified: true, name: '안' },
            { replica: 1 },
          )
          expect(decision).toEqual({
            action: 'join',
            userId: owner.account.sub,
            reason: 'same_verified_email',
          })
          expect(account).toMatchObject({ sub: owner.account.sub, email, name: 'Ann' })
          expect(account.identities.map(({ provider }) => provider)).toEqual(['google', 'kakao'])
        })
        expect(rows).toEqual([0, 1, 1, 1])
        const third = await signIn(newIdentity({ provider: 'github' }), {
          email,
          emailVerified: true,
        })
        expect(third.decision).toMatchObject({ action: 'join', userId: owner.account.sub })
      })

      test.each([
        ['in capitals', (email: string) => email.toUpperCase()],
        ['in capitals in the local part', (email: string) => `A${email}`.replace('@', 'B@')],
      ])('joins when one of them is written %s', async (_, write) => {
        const written = write(newEmail())
        for (const [first, second] of [
          [written, written.toLowerCase()],
          [`x${written.toLowerCase()}`, `x${written}`],
        ] as const) {
          const owner = await signIn(newIdentity(), { email: first, emailVerified: true })
          const { account, decision } = await signIn(newIdentity({ provider: 'kakao' }), {
            email: second,
            emailVerified: true,
          })
          expect(decision).toMatchObject({ action: 'join', userId: owner.account.sub })
          expect(account.email).toBe(first)
        }
      })

      /** Who the second login becomes, after a first one at Google. */
      async function second(
        first: Partial<Profile>,
        then: Partial<Profile>,
        options: Parameters<typeof ports>[0] & {
          firstKey?: Partial<IdentityKey>
          thenKey?: Partial<IdentityKey>
        } = {},
      ) {
        const owner = await signIn(newIdentity(options.firstKey), first, options)
        const { account, decision } = await signIn(
          newIdentity({ provider: 'kakao', ...options.thenKey }),
          then,
          options,
        )
        return { joined: account.sub === owner.account.sub, decision }
      }
      const joined = { joined: true, decision: { action: 'join', reason: 'same_verified_email' } }
      const created = (reason: string) => ({
        joined: false,
        decision: { action: 'create', reason },
      })

      test('does not where the login’s own address is not verified', async () => {
        const email = newEmail()
        const first = { email, emailVerified: true }
        expect(await second(first, { email, emailVerified: false })).toMatchObject(
          created('email_not_verified'),
        )
        const other = { email: newEmail(), emailVerified: true }
        expect(await second(other, other)).toMatchObject(joined)
      })

      test('does not where the existing user’s address is not verified', async () => {
        const email = newEmail()
        expect(
          await second({ email, emailVerified: false }, { email, emailVerified: true }),
        ).toMatchObject(created('nobody_with_this_email'))
      })

      test('does not where linking is explicit', async () => {
        const [one, two] = [newEmail(), newEmail()].map((email) => ({ email, emailVerified: true }))
        expect(await second(one ?? {}, one ?? {}, { mode: 'explicit' })).toMatchObject(
          created('linking_is_explicit'),
        )
        expect(await second(two ?? {}, two ?? {}, { mode: 'verified' })).toMatchObject(joined)
      })

      test.each([
        ['the login’s provider is', ['google'], 'provider_not_trusted'],
        ['the existing user’s provider is', ['kakao'], 'nobody_with_this_email'],
        ['both providers are', [], 'provider_not_trusted'],
      ])('does not where %s not trusted', async (_, trustedProviders, reason) => {
        const one = { email: newEmail(), emailVerified: true }
        expect(await second(one, one, { trustedProviders })).toMatchObject(created(reason))
        const two = { email: newEmail(), emailVerified: true }
        const both = ['google', 'kakao']
        expect(await second(two, two, { trustedProviders: both })).toMatchObject(joined)
      })

      test('7.13 does not where that user has an identity at this provider already', async () => {
        const one = { email: newEmail(), emailVerified: true }
        const at = (provider: string) => ({ thenKey: { provider } })
        expect(await second(one, one, at('google'))).toMatchObject(
          created('user_has_identity_at_provider'),
        )
        const two = { email: newEmail(), emailVerified: true }
        expect(await second(two, two, at('github'))).toMatchObject(joined)
      })

      test('does not where that identity is at another issuer of this provider', async () => {
        const one = { email: newEmail(), emailVerified: true }
        expect(
          await second(one, one, {
            firstKey: { issuer: 'https://one.example' },
            thenKey: { provider: 'google', issuer: 'https://two.example' },
          }),
        ).toMatchObject(created('user_has_identity_at_provider'))
      })

      test('does not where several users hold the address', async () => {
        const one = { email: newEmail(), emailVerified: true }
        await signIn(newIdentity(), one)
        await signIn(newIdentity(), one)
        const { decision } = await signIn(newIdentity({ provider: 'kakao' }), one)
        expect(decision).toEqual({ action: 'create', reason: 'several_users_with_this_email' })
      })

      test('does not by an address that only the user has and no identity any more', async () => {
        const [old, moved] = [newEmail(), newEmail()]
        const key = newIdentity()
        const owner = await signIn(key, { email: old, emailVerified: true })
        await signIn(key, { email: moved, emailVerified: true })
        const byOld = await signIn(newIdentity({ provider: 'kakao' }), {
          email: old,
          emailVerified: true,
        })
        expect(byOld.decision).toEqual({ action: 'create', reason: 'nobody_with_this_email' })
        const byMoved = await signIn(newIdentity({ provider: 'kakao' }), {
          email: moved,
          emailVerified: true,
        })
        expect(byMoved.decision).toMatchObject({ action: 'join', userId: owner.account.sub })
      })

      test.each([
        ['a dotless i', 'mike@x.com', 'mıke@x.com'],
        ['a dotted capital I', 'mi\u0307ke@x.com', 'mİke@x.com'],
        ['a Kelvin sign', 'kim@x.com', '\u212Aim@x.com'],
        ['fullwidth letters', 'mike@x.com', 'ｍｉｋｅ@x.com'],
        ['a sharp s', 'strasse@x.com', 'straße@x.com'],
        ['a capital sharp s', 'straße@x.com', 'straẞe@x.com'],
        ['a capital beyond ASCII', 'émile@x.com', 'Émile@x.com'],
        ['another normal form', 'e\u0301mile@x.com', '\u00e9mile@x.com'],
        ['a Cyrillic letter', 'anna@x.com', '\u0430nna@x.com'],
        ['a final sigma', 'nikoσ@x.com', 'nikoς@x.com'],
        ['a pattern of one character', 'a1b@x.com', 'a_b@x.com'],
        ['a pattern of any', 'abc@x.com', '%@x.com'],
        ['a space at the end', 'abc@x.com', 'abc@x.com '],
        ['a dot in the local part', 'a.b@x.com', 'ab@x.com'],
        ['a tag', 'ab@x.com', 'ab+tag@x.com'],
      ])('7.20 does not where it only looks alike: %s', async (_, first, then) => {
        const tag = randomUUID()
        const [one, two] = [`${tag}${first}`, `${tag}${then}`]
        const verified = (email: string) => ({ email, emailVerified: true })
        expect(await second(verified(one), verified(two))).toMatchObject(
          created('nobody_with_this_email'),
        )
        const [three, four] = [`3${one}`, `4${two}`]
        expect(await second(verified(four), verified(three))).toMatchObject(
          created('nobody_with_this_email'),
        )
        // What is outside ASCII joins where it is the very same.
        const five = verified(`5${two}`)
        expect(await second(five, five)).toMatchObject(joined)
      })
    })

    describe('a disabled user', () => {
      test('7.19 is refused, and nothing of the login is kept', async () => {
        const key = newIdentity()
        const email = newEmail()
        const { account } = await signIn(key, { email, emailVerified: true })
        await store.disable(account.sub, true)
        const rows = await added(async () => {
          const error = await refusal(signIn(key, { name: 'Eve', email: newEmail() }))
          expect(error).toMatchObject({
            code: 'access_denied',
            evidence: { reason: 'user_disabled' },
          })
        })
        expect(rows).toEqual([0, 0, 0, 0])
        await store.disable(account.sub, false)
        const later = await signIn(key, { name: null })
        expect(later.account).toMatchObject({ sub: account.sub, name: 'Ann', email })
        expect(later.account.identities[0]).toMatchObject({ email })
      })

      test.each([
        ['as the only holder', false],
        ['as one of several holders', true],
      ])('7.19 does not come back by another provider, %s of the address', async (_, several) => {
        const verified = { email: newEmail(), emailVerified: true }
        if (several) for (let i = 0; i < 4; i++) await signIn(newIdentity(), verified)
        const { account } = await signIn(newIdentity(), verified)
        await store.disable(account.sub, true)
        const key = newIdentity({ provider: 'kakao' })
        const rows = await added(async () => {
          const error = await refusal(signIn(key, verified))
          expect(error).toMatchObject({
            code: 'access_denied',
            evidence: { reason: 'user_disabled' },
          })
        })
        expect(rows).toEqual([0, 0, 0, 0])
        await store.disable(account.sub, false)
        const { decision } = await signIn(key, verified)
        expect(decision.action).toBe(several ? 'create' : 'join')
      })
    })

    describe('the key of an identity', () => {
      test('7.15 is not the subject alone: two providers are two users', async () => {
        const subject = randomUUID()
        const one = await signIn(newIdentity({ subject }))
        const two = await signIn(newIdentity({ subject, provider: 'kakao' }))
        const again = await signIn(newIdentity({ subject }))
        expect(two.account.sub).not.toBe(one.account.sub)
        expect(again.account.sub).toBe(one.account.sub)
      })

      test('7.15 holds the issuer: two issuers of one provider are two users', async () => {
        const subject = randomUUID()
        const users = new Set<string>()
        for (const issuer of ['', 'https://one.example', 'https://two.example']) {
          const first = await signIn(newIdentity({ subject, issuer }))
          const again = await signIn(newIdentity({ subject, issuer }))
          expect(again.account.sub).toBe(first.account.sub)
          users.add(first.account.sub)
        }
        expect(users.size).toBe(3)
      })

      test('is compared to the letter', async () => {
        const tag = randomUUID()
        const users = new Set<string>()
        for (const subject of [`${tag}a`, `${tag}A`, `0${tag}`, `00${tag}`, `${tag}%`, `${tag}_`]) {
          users.add((await signIn(newIdentity({ subject }))).account.sub)
        }
        expect(users.size).toBe(6)
      })

      test('does not run its parts together', async () => {
        const tag = randomUUID()
        const one = await signIn(newIdentity({ provider: 'p', issuer: `x${tag}`, subject: 'yz' }))
        const two = await signIn(newIdentity({ provider: 'p', issuer: `x${tag}y`, subject: 'z' }))
        const three = await signIn(newIdentity({ provider: `px${tag}`, issuer: '', subject: 'yz' }))
        expect(new Set([one, two, three].map(({ account }) => account.sub)).size).toBe(3)
      })
    })

    describe('text', () => {
      test.each([
        `'; DROP TABLE users;--`,
        `" or ""="`,
        '$1 $2 $$x$$',
        '%_%',
        '\\',
        "\\'",
        'a\\0b\\x00',
        '{a,b}',
        'null',
        'NULL',
        "E'\\\\x'",
        '--',
        '/* */',
        '김민지 👩‍👩‍👧‍👦 \ufffd',
        '{"__proto__":1}',
      ])('7.25 is stored to the letter: %s', async (hostile) => {
        const key = newIdentity({ subject: `${hostile} ${randomUUID()}` })
        const session = newSession({ userAgent: hostile, scope: hostile, address: hostile })
        const email = `${hostile}${newEmail()}`
        const facts = { name: hostile, picture: hostile, locale: hostile }
        const { account } = await signIn(key, { ...facts, email, emailVerified: true }, { session })
        expect(account).toMatchObject({ ...facts, email })
        expect(account.identities[0]).toMatchObject({ subject: key.subject, email })
        expect(await store.session(session.id)).toMatchObject({
          userAgent: hostile,
          scope: hostile,
          address: hostile,
        })
        const again = await signIn(key, { email, emailVerified: true })
        expect(again.account.sub).toBe(account.sub)
        const joined = await signIn(newIdentity({ provider: 'kakao' }), {
          email,
          emailVerified: true,
        })
        expect(joined.decision).toMatchObject({ action: 'join', userId: account.sub })
      })
    })

    describe('logins at the same time', () => {
      test('11.01 fifty first logins of one identity make one user', async () => {
        const key = newIdentity()
        const rows = await added(async () => {
          const all = await Promise.all(
            Array.from({ length: 50 }, (_, i) =>
              signIn(key, { email: null }, { replica: i % 2 === 0 ? 0 : 1 }),
            ),
          )
          expect(new Set(all.map(({ account }) => account.sub)).size).toBe(1)
          const actions = all.map(({ decision }) => decision.action).sort()
          expect(actions.filter((action) => action === 'create')).toHaveLength(1)
          expect(actions.filter((action) => action === 'known')).toHaveLength(49)
        })
        expect(rows).toEqual([1, 1, 50, 50])
      })

      test('11.01 fifty later logins of one identity all pass', async () => {
        const key = newIdentity()
        await signIn(key)
        const rows = await added(() =>
          Promise.all(
            Array.from({ length: 50 }, (_, i) =>
              signIn(key, { name: `Ann ${i}` }, { replica: i % 2 === 0 ? 0 : 1 }),
            ),
          ),
        )
        expect(rows).toEqual([0, 0, 50, 50])
      })

      test('11.02 two providers with one verified address make one user, twenty times', async () => {
        const rows = await added(async () => {
          const pairs = await Promise.all(
            Array.from({ length: 20 }, async () => {
              const verified = { email: newEmail(), emailVerified: true }
              return Promise.all([
                signIn(newIdentity(), verified, { replica: 0 }),
                signIn(newIdentity({ provider: 'kakao' }), verified, { replica: 1 }),
              ])
            }),
          )
          for (const pair of pairs) {
            expect(new Set(pair.map(({ account }) => account.sub)).size).toBe(1)
            expect(pair.map(({ decision }) => decision.action).sort()).toEqual(['create', 'join'])
          }
        })
        expect(rows).toEqual([20, 40, 40, 40])
      })

      test('11.02 twenty logins at each of two providers with one address make one user', async () => {
        const verified = { email: newEmail(), emailVerified: true }
        const keys = [newIdentity(), newIdentity({ provider: 'kakao' })]
        const rows = await added(async () => {
          const all = await Promise.all(
            Array.from({ length: 40 }, (_, i) =>
              signIn(keys[i % 2] ?? newIdentity(), verified, { replica: i % 4 < 2 ? 0 : 1 }),
            ),
          )
          expect(new Set(all.map(({ account }) => account.sub)).size).toBe(1)
        })
        expect(rows).toEqual([1, 2, 40, 40])
      })

      test('both identities of one user sign in at once without waiting in a ring', async () => {
        const verified = { email: newEmail(), emailVerified: true }
        const keys = [newIdentity(), newIdentity({ provider: 'kakao' })]
        for (const key of keys) await signIn(key, verified)
        const all = await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            signIn(
              keys[i % 2] ?? newIdentity(),
              { ...verified, name: `Ann ${i}` },
              { replica: i % 4 < 2 ? 0 : 1 },
            ),
          ),
        )
        expect(new Set(all.map(({ account }) => account.sub)).size).toBe(1)
      })
    })

    describe('the user of a session', () => {
      test('is found while the session lives', async () => {
        const session = newSession()
        const { account } = await signIn(newIdentity(), {}, { session })
        for (const replica of [0, 1] as const) {
          const { accounts } = ports({ replica })
          expect(
            await accounts.findBySession({ userId: account.sub, sessionId: session.id }),
          ).toEqual(account)
        }
      })

      test('shows all identities, first linked first', async () => {
        const session = newSession()
        const verified = { email: newEmail(), emailVerified: true }
        const { account } = await signIn(newIdentity({ provider: 'kakao' }), verified, { session })
        await signIn(newIdentity({ provider: 'google' }), verified)
        const found = await ports().accounts.findBySession({
          userId: account.sub,
          sessionId: session.id,
        })
        expect(found?.identities.map(({ provider }) => provider)).toEqual(['kakao', 'google'])
      })

      test('is not found by the session of somebody else, or by none', async () => {
        const [mine, theirs] = [newSession(), newSession()]
        const { account } = await signIn(newIdentity(), {}, { session: mine })
        const other = await signIn(newIdentity(), {}, { session: theirs })
        const { accounts } = ports()
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: theirs.id }),
        ).toBeNull()
        expect(
          await accounts.findBySession({ userId: other.account.sub, sessionId: mine.id }),
        ).toBeNull()
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: uuidv7() }),
        ).toBeNull()
        expect(await accounts.findBySession({ userId: uuidv7(), sessionId: mine.id })).toBeNull()
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: mine.id }),
        ).toMatchObject({
          sub: account.sub,
        })
      })

      test('is not found once the session is ended, and another session stays', async () => {
        const [one, two] = [newSession(), newSession()]
        const key = newIdentity()
        const { account } = await signIn(key, {}, { session: one })
        await signIn(key, {}, { session: two })
        await store.endSession(one.id)
        const { accounts } = ports()
        expect(await accounts.findBySession({ userId: account.sub, sessionId: one.id })).toBeNull()
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: two.id }),
        ).toMatchObject({
          sub: account.sub,
        })
      })

      test('is not found once the session is over', async () => {
        const session = newSession({ ttlSeconds: -1 })
        const { account } = await signIn(newIdentity(), {}, { session })
        expect(
          await ports().accounts.findBySession({ userId: account.sub, sessionId: session.id }),
        ).toBeNull()
      })

      test('is not found while the user is disabled', async () => {
        const session = newSession()
        const { account } = await signIn(newIdentity(), {}, { session })
        const { accounts } = ports()
        await store.disable(account.sub, true)
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: session.id }),
        ).toBeNull()
        await store.disable(account.sub, false)
        expect(
          await accounts.findBySession({ userId: account.sub, sessionId: session.id }),
        ).toEqual(account)
      })
    })

    describe('a code that stands for an identity', () => {
      const binding = { clientId: 'spa', redirectUri: 'https://a.example/cb', codeChallenge: 'c' }
      const keep = async (
        changes: {
          ttlSeconds?: number
          emailVerified?: boolean | null
          codeChallenge?: string | null
        } = {},
      ) => {
        const key = newIdentity({ issuer: `https://${randomUUID()}.example` })
        const { emailVerified = null, ttlSeconds = 60, codeChallenge = 'c' } = changes
        const profile = newProfile(key, { email: newEmail(), emailVerified })
        const hash = hashToken(randomToken())
        const tokens = emailVerified === null ? null : { access: 'sealed', refreshToken: null }
        await ports().linkCodes.keep(
          { key, profile, tokens },
          { ...binding, codeChallenge, hash, ttlSeconds },
        )
        return { key, profile, tokens, hash }
      }

      const user = randomUUID()

      test('gives it whole, to one user, at any replica and as often as that user asks', async () => {
        for (const emailVerified of [true, false, null]) {
          const { hash, ...identity } = await keep({ emailVerified })
          const { take } = ports({ replica: 1 }).linkCodes
          expect(await take({ ...binding, hash }, user)).toMatchObject(identity)
          expect(await take({ ...binding, hash }, randomUUID())).toBeNull()
          expect(await take({ ...binding, hash }, user)).toMatchObject(identity)
        }
      })

      test('is good once where it has no challenge', async () => {
        const { hash } = await keep({ codeChallenge: null })
        const { take } = ports().linkCodes
        expect(await take({ ...binding, codeChallenge: null, hash }, user)).not.toBeNull()
        expect(await take({ ...binding, codeChallenge: null, hash }, user)).toBeNull()
      })

      test.each([
        { clientId: 'other' },
        { redirectUri: 'https://a.example/cb/' },
        { codeChallenge: 'd' },
        { codeChallenge: null },
      ])('is gone where it is first shown with %j, and stays where it was taken', async (wrong) => {
        const { take } = ports().linkCodes
        const { hash } = await keep()
        expect(await take({ ...binding, ...wrong, hash }, user)).toBeNull()
        expect(await take({ ...binding, hash }, user)).toBeNull()
        const { hash: taken } = await keep()
        expect(await take({ ...binding, hash: taken }, user)).not.toBeNull()
        expect(await take({ ...binding, ...wrong, hash: taken }, user)).toBeNull()
        expect(await take({ ...binding, hash: taken }, user)).not.toBeNull()
      })

      test('is nothing once it is over', async () => {
        const { hash } = await keep({ ttlSeconds: -1 })
        expect(await ports().linkCodes.take({ ...binding, hash }, user)).toBeNull()
      })
    })

    describe('linking', () => {
      const newUser = async (key = newIdentity(), profile: Partial<Profile> = {}) => {
        const session = newSession()
        const { account } = await signIn(key, profile, { session })
        return { sub: account.sub, session: session.id }
      }
      const link = (
        user: { sub: string; session: string },
        key: IdentityKey,
        changes: Partial<Profile> = {},
        replica: 0 | 1 = 0,
      ) =>
        ports({ replica }).identities.link(
          { userId: user.sub, sessionId: user.session },
          { key, profile: newProfile(key, changes), tokens: null },
          null,
        )

      test('makes the identity the user’s, who gets its address where there is none', async () => {
        const [user, key, email] = [await newUser(), newIdentity({ provider: 'kakao' }), newEmail()]
        const rows = await added(async () => {
          const linked = await link(user, key, { email })
          expect(linked).toMatchObject({
            outcome: 'linked',
            account: { sub: user.sub, email, identities: [{}, { subject: key.subject, email }] },
          })
        })
        expect(rows).toEqual([0, 1, 0, 0])
        expect((await signIn(key)).account.sub).toBe(user.sub)
      })

      test('again refreshes it, and blanks nothing', async () => {
        const [user, key, email] = [await newUser(), newIdentity({ provider: 'kakao' }), newEmail()]
        await link(user, key, { email, emailVerified: true })
        const again = await link(user, key, { email: null, emailVerified: null, name: null })
        expect(again).toMatchObject({
          outcome: 'refreshed',
          account: { identities: [{}, { email, email_verified: true }] },
        })
      })

      test('7.16 moves nothing of another user, disabled or not', async () => {
        const key = newIdentity({ provider: 'kakao' })
        const [user, owner] = [await newUser(), await newUser(key)]
        expect(await link(user, key, { name: 'X' })).toEqual({ outcome: 'identity_in_use' })
        await store.disable(owner.sub, true)
        expect(await link(user, key)).toEqual({ outcome: 'identity_in_use' })
        await store.disable(owner.sub, false)
        expect((await signIn(key)).account).toMatchObject({ sub: owner.sub, name: 'Ann' })
      })

      test('takes one identity per provider, whatever its issuer', async () => {
        const user = await newUser()
        const more = newIdentity({ issuer: 'https://two.example' })
        expect(await link(user, more)).toEqual({ outcome: 'provider_in_use' })
        expect(await link(user, newIdentity({ provider: 'kakao' }))).toMatchObject({
          outcome: 'linked',
        })
      })

      test('is refused by a session that is over, or of a disabled user', async () => {
        const [user, other] = [await newUser(), await newUser()]
        const [key, over] = [newIdentity({ provider: 'kakao' }), { outcome: 'session_over' }]
        expect(await link({ ...user, session: other.session }, key)).toEqual(over)
        await store.disable(user.sub, true)
        expect(await link(user, key)).toEqual(over)
        await store.disable(user.sub, false)
        expect(await link(user, key)).toMatchObject({ outcome: 'linked' })
      })

      test('of one identity by many at once, and a first login with it, gives it one user', async () => {
        for (let round = 0; round < 5; round++) {
          const key = newIdentity({ provider: 'kakao' })
          const users = await Promise.all(Array.from({ length: 6 }, () => newUser()))
          const [first, ...links] = await Promise.all([
            signIn(key, {}, { replica: 1 }),
            ...users.map((user, i) => link(user, key, {}, i % 2 === 0 ? 0 : 1)),
          ])
          const won = links.filter(({ outcome }) => outcome === 'linked').length
          const lost = links.filter(({ outcome }) => outcome === 'identity_in_use').length
          expect([won + lost, won]).toEqual([6, first?.decision.action === 'create' ? 0 : 1])
          expect((await signIn(key)).account.sub).toBe(first?.account.sub)
        }
      })

      test('and a login that joins at the same time leave one identity per provider', async () => {
        for (let round = 0; round < 10; round++) {
          const verified = { email: newEmail(), emailVerified: true }
          const user = await newUser(newIdentity(), verified)
          const keys = [newIdentity({ provider: 'kakao' }), newIdentity({ provider: 'kakao' })]
          const [linked, joined] = await Promise.all([
            link(user, keys[0] ?? newIdentity(), {}, 0),
            signIn(keys[1] ?? newIdentity(), verified, { replica: 1 }),
          ])
          const account = await ports().accounts.findBySession({
            userId: user.sub,
            sessionId: user.session,
          })
          expect(account?.identities).toHaveLength(2)
          expect(linked.outcome === 'linked').toBe(joined.account.sub !== user.sub)
        }
      })
    })

    describe('unlinking', () => {
      /** A user with an identity at each of these providers, joined by a verified address. */
      const newUser = async (...providers: string[]) => {
        const verified = { email: newEmail(), emailVerified: true }
        const session = newSession()
        const keys = providers.map((provider) => newIdentity({ provider }))
        let sub = ''
        for (const [place, key] of keys.entries()) {
          const last = place === keys.length - 1
          sub = (await signIn(key, verified, { session: last ? session : newSession() })).account
            .sub
        }
        return { sub, session: session.id, keys, verified }
      }
      const unlink = (
        user: { sub: string; session: string },
        provider: string,
        replica: 0 | 1 = 0,
        reauthSeconds: number | null = null,
      ) =>
        ports({ replica }).identities.unlink(
          { userId: user.sub, sessionId: user.session },
          provider,
          { revocable: [], reauthSeconds },
        )
      const providersOf = async ({ sub, session }: { sub: string; session: string }) =>
        (await ports().accounts.findBySession({ userId: sub, sessionId: session }))?.identities.map(
          (one) => one.provider,
        )

      test('takes the identity away; the user stays', async () => {
        const user = await newUser('google', 'kakao')
        const before = await ports().accounts.findBySession({
          userId: user.sub,
          sessionId: user.session,
        })
        const rows = await added(async () => {
          expect(await unlink(user, 'google')).toEqual({ outcome: 'unlinked', endedSessions: 1 })
        })
        expect(rows).toEqual([0, -1, 0, 0])
        expect(await providersOf(user)).toEqual(['kakao'])
        const after = await ports().accounts.findBySession({
          userId: user.sub,
          sessionId: user.session,
        })
        expect(after).toMatchObject({ sub: user.sub, email: before?.email })
      })

      test('7.18 refuses the last one, and a provider where there is none', async () => {
        const [user, other] = [await newUser('kakao', 'google'), await newUser('github')]
        expect(await unlink(user, 'github')).toEqual({ outcome: 'not_found' })
        expect(await unlink(user, 'kakao')).toMatchObject({ outcome: 'unlinked' })
        expect(await unlink(user, 'kakao')).toEqual({ outcome: 'not_found' })
        expect(await unlink(user, 'google')).toEqual({ outcome: 'last_identity' })
        expect(await providersOf(user)).toEqual(['google'])
        expect(await providersOf(other)).toEqual(['github'])
      })

      test('is refused by a session that is over or of somebody else', async () => {
        const [user, other] = [await newUser('google', 'kakao'), await newUser('google', 'kakao')]
        const over = { outcome: 'session_over' }
        expect(await unlink({ ...user, session: other.session }, 'google')).toEqual(over)
        await store.endSession(user.session)
        expect(await unlink(user, 'google')).toEqual(over)
        expect(await unlink(other, 'google')).toMatchObject({ outcome: 'unlinked' })
      })

      test('changes nothing where the sign-in is too long ago', async () => {
        const user = await newUser('google', 'kakao')
        expect(await unlink(user, 'google', 0, 0)).toEqual({ outcome: 'sign_in_again' })
        expect(await providersOf(user)).toEqual(['google', 'kakao'])
        expect(await unlink(user, 'google', 0, 60)).toMatchObject({ outcome: 'unlinked' })
      })

      test('7.18 of all three at once leaves one, twenty times, while people sign in', async () => {
        const providers = ['google', 'kakao', 'github']
        const users = await Promise.all(Array.from({ length: 20 }, () => newUser(...providers)))
        await Promise.all(
          users.map(async (user, i) => {
            const [first = newIdentity()] = user.keys
            const unlinking = providers.map((provider, place) =>
              unlink(user, provider, place === 0 && i % 2 === 0 ? 0 : 1),
            )
            // Changes the user's row too.
            const signingIn = signIn(
              first,
              { ...user.verified, name: `Ann ${i}` },
              { replica: i % 2 === 0 ? 0 : 1 },
            )
            const outcomes = (await Promise.all(unlinking)).map(({ outcome }) => outcome)
            const { account, decision } = await signingIn
            // Whose identity was taken away before is not joined by the address again.
            expect(['known', 'create']).toContain(decision.action)
            expect(account.sub === user.sub).toBe(decision.action === 'known')
            const unlinked = outcomes.filter((outcome) => outcome === 'unlinked').length
            expect(unlinked).toBeLessThanOrEqual(2)
            expect(unlinked).toBeGreaterThanOrEqual(1)
            expect(await store.identitiesOf(user.sub)).toBe(3 - unlinked)
          }),
        )
      })
    })

    describe('a flow', () => {
      test('is finished once, on whatever replica', async () => {
        const [flow, other] = [randomToken(), randomToken()]
        expect(await ports({ replica: 0 }).usedFlows.finish(flow, 60)).toBe(true)
        expect(await ports({ replica: 0 }).usedFlows.finish(flow, 60)).toBe(false)
        expect(await ports({ replica: 1 }).usedFlows.finish(flow, 60)).toBe(false)
        expect(await ports({ replica: 1 }).usedFlows.finish(other, 60)).toBe(true)
      })

      test('2.06 is finished once when fifty try at the same time', async () => {
        const flow = randomToken()
        const all = await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            ports({ replica: i % 2 === 0 ? 0 : 1 }).usedFlows.finish(flow, 60),
          ),
        )
        expect(all.filter((first) => first)).toHaveLength(1)
      })

      test('stays finished when its mark is over but not removed', async () => {
        const flow = randomToken()
        const { usedFlows } = ports()
        expect(await usedFlows.finish(flow, 0)).toBe(true)
        expect(await usedFlows.finish(flow, 60)).toBe(false)
      })
    })

    describe('a count of requests', () => {
      test('goes up by one for each, by whatever replica, and by its own key only', async () => {
        const [key, other] = [randomToken(), randomToken()]
        const count = async (replica: 0 | 1, of: string) =>
          (await ports({ replica }).requestCounts.count(of, 60)).count
        expect([await count(0, key), await count(1, key), await count(0, key)]).toEqual([1, 2, 3])
        expect(await count(1, other)).toBe(1)
      })

      test('gives each of a hundred at the same time a number of its own', async () => {
        const [key, other] = [randomToken(), randomToken()]
        const counts = [0, 1].map((replica) => ports({ replica: replica as 0 | 1 }).requestCounts)
        const all = await Promise.all(
          Array.from({ length: 300 }, (_, i) =>
            counts[i % 2]?.count(i % 3 === 0 ? other : key, 60).then(({ count }) => [i, count]),
          ),
        )
        const of = (wanted: boolean) =>
          all.filter(([i = 0] = []) => (i % 3 === 0) === wanted).map(([, count = 0] = []) => count)
        const numbers = (most: number) => Array.from({ length: most }, (_, i) => i + 1)
        expect(of(true).sort((a, b) => a - b)).toEqual(numbers(100))
        expect(of(false).sort((a, b) => a - b)).toEqual(numbers(200))
      })

      test('keeps the end of the window that its first request opened', async () => {
        const key = randomToken()
        const { requestCounts } = ports()
        const first = await requestCounts.count(key, 60)
        expect(first.endsInMs).toBeGreaterThan(59_000)
        expect(first.endsInMs).toBeLessThanOrEqual(60_001)
        const { count, endsInMs } = await requestCounts.count(key, 3600)
        expect(count).toBe(2)
        expect(endsInMs).toBeLessThanOrEqual(first.endsInMs)
      })

      test('begins anew once its window is over', async () => {
        const key = randomToken()
        const { requestCounts } = ports()
        expect(await requestCounts.count(key, 0)).toEqual({
          count: 1,
          endsInMs: expect.any(Number),
        })
        const next = await requestCounts.count(key, 60)
        expect(next.count).toBe(1)
        expect(next.endsInMs).toBeGreaterThan(59_000)
      })
    })

    describe('the ring of signing keys', () => {
      const nothing = { add: [], change: [], remove: [] }
      const newKey = (changes: Partial<StoredSigningKey> = {}): StoredSigningKey => ({
        kid: randomUUID(),
        alg: 'ES256',
        sealedJwk: `sealed ' \\ $1 ${randomUUID()}`,
        signsFrom: 1_800_000_000_123,
        publishedUntil: null,
        ...changes,
      })
      const clear = () =>
        ports().signingKeys.update(async (ring) => ({
          ...nothing,
          remove: ring.map(({ kid }) => kid),
        }))

      test('is the same for all replicas, in the order in which keys sign', async () => {
        await clear()
        const late = newKey({ signsFrom: 1_800_000_000_999 })
        const early = newKey({ publishedUntil: 1_900_000_000_007 })
        const { ring, now } = await ports({ replica: 0 }).signingKeys.update(async () => ({
          ...nothing,
          add: [late, early],
        }))
        expect(ring).toEqual([early, late])
        expect(Math.abs(now - Date.now())).toBeLessThan(60_000)
        const other = await ports({ replica: 1 }).signingKeys.update(async (seen) => {
          expect(seen).toEqual([early, late])
          return nothing
        })
        expect(other.ring).toEqual([early, late])
      })

      test('changes how long a key is published and how it is sealed, and removes', async () => {
        await clear()
        const [one, two] = [newKey(), newKey({ signsFrom: 1_800_000_001_000 })]
        const { signingKeys } = ports()
        await signingKeys.update(async () => ({ ...nothing, add: [one, two] }))
        const changed = { ...one, publishedUntil: 1_900_000_000_000, sealedJwk: 'sealed anew' }
        const { ring } = await signingKeys.update(async () => ({
          ...nothing,
          change: [changed],
          remove: [two.kid],
        }))
        expect(ring).toEqual([changed])
      })

      test('stays as it was where the plan fails', async () => {
        await clear()
        const key = newKey()
        const { signingKeys } = ports()
        await signingKeys.update(async () => ({ ...nothing, add: [key] }))
        const failing = signingKeys.update(() => Promise.reject(new Error('no plan')))
        await expect(failing).rejects.toThrow('no plan')
        expect((await signingKeys.update(async () => nothing)).ring).toEqual([key])
      })

      test('is changed by one replica at a time: twenty first starts make one key', async () => {
        await clear()
        const rings = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            ports({ replica: i % 2 === 0 ? 0 : 1 }).signingKeys.update(async (ring) => ({
              ...nothing,
              add: ring.length === 0 ? [newKey()] : [],
            })),
          ),
        )
        expect(new Set(rings.flatMap(({ ring }) => ring.map(({ kid }) => kid))).size).toBe(1)
      })
    })
  })
}
