import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { askMe } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import {
  countRows,
  type Latchkey,
  login,
  spelledOut,
  startLatchkey,
  startLogin,
  type User,
} from '../helpers/latchkey.ts'

describe('what a provider says of a person', () => {
  /** A provider whose verified flag joins identities, one whose does not, and the built-in ones. */
  const trusted = new FakeProvider()
  const untrusted = new FakeProvider()
  const google = new FakeProvider()
  const kakao = new FakeProvider()
  const github = new FakeProvider()
  const doubles = { trusted, untrusted, google, kakao, github }
  let testDatabase: TestDatabase
  let latchkey: Latchkey
  let replica: Latchkey

  const env = () => ({
    ...trusted.settings('trusted'),
    ...untrusted.settings('untrusted'),
    OIDC_PROVIDERS: 'trusted,untrusted',
    TRUSTED_TRUST_EMAIL: 'on',
    GOOGLE_CLIENT_ID: google.clientId,
    GOOGLE_CLIENT_SECRET: 'secret-at-fake',
    GOOGLE_ISSUER: google.issuer,
    KAKAO_CLIENT_ID: kakao.clientId,
    KAKAO_CLIENT_SECRET: 'secret-at-fake',
    KAKAO_TOKEN_ENDPOINT: `${kakao.issuer}/token`,
    KAKAO_USERINFO_ENDPOINT: `${kakao.issuer}/userinfo`,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: 'secret-at-fake',
    GITHUB_TOKEN_ENDPOINT: `${github.issuer}/token`,
    GITHUB_USERINFO_ENDPOINT: `${github.issuer}/userinfo`,
    GITHUB_EMAILS_ENDPOINT: `${github.issuer}/emails`,
    // Doubles are trusted by nobody who does not say so.
    GOOGLE_TRUST_EMAIL: 'on',
    KAKAO_TRUST_EMAIL: 'on',
    GITHUB_TRUST_EMAIL: 'on',
  })

  beforeAll(async () => {
    await Promise.all(Object.values(doubles).map((double) => double.listen()))
    testDatabase = await createTestDatabase()
    latchkey = await startLatchkey(env(), { testDatabase })
    replica = await startLatchkey(env(), { testDatabase, publicUrl: latchkey.url })
  })
  afterAll(async () => {
    await replica.close()
    await latchkey.close()
    await testDatabase.drop()
    await Promise.all(Object.values(doubles).map((double) => double.close()))
  })
  afterEach(() => {
    for (const double of Object.values(doubles)) double.reset()
  })

  let used = 700_000
  /** A number that no other test uses. */
  const freshId = () => {
    used += 1
    return used
  }
  /** A word that no other test uses. */
  const fresh = (word = 'person') => `${word}-${freshId()}`

  /** One login; `person` is what ID token and userinfo say beside `sub`. */
  async function signIn(
    id: keyof typeof doubles,
    subject: string,
    person: Record<string, unknown> = {},
  ) {
    const double = doubles[id]
    double.subject = subject
    // Google vouches for the addresses of a Workspace.
    double.person = id === 'google' ? { hd: 'example.com', ...person } : person
    return login(latchkey, double, new Browser(), id)
  }

  async function userOf(answer: ReturnType<typeof signIn>): Promise<User> {
    const { status, text, json } = await answer
    expect(status, text).toBe(200)
    return spelledOut(json().user)
  }

  /** A login at Kakao, whose documents are not OpenID's. */
  async function kakaoUser(id: number | string, account?: Record<string, unknown>) {
    kakao.userinfo = () => ({ id, kakao_account: account })
    return userOf(signIn('kakao', 'of no meaning'))
  }

  /** A login at GitHub; `emails` is the answer of its second call. */
  async function githubUser(user: Record<string, unknown>, emails: unknown, status = 200) {
    github.userinfo = () => user
    github.answers = { emails: { status, body: emails } }
    return userOf(signIn('github', 'of no meaning'))
  }

  /** What was logged of the last finished login. */
  const lastReason = () => {
    const line = latchkey.logs.findLast((one) => one.includes('"event":"signed_in"')) ?? '{}'
    const { identity, reason } = JSON.parse(line)
    return [identity, reason]
  }

  /** A login that must fail as the provider's fault, and leave nothing. */
  async function expectRefusal(answer: () => ReturnType<typeof signIn>, evidence: object) {
    const before = await countRows(latchkey)
    const { status, json } = await answer()
    expect([status, json().code]).toEqual([502, 'invalid_provider_response'])
    expect(await countRows(latchkey)).toEqual(before)
    const line = latchkey.logs.findLast((one) => one.includes('"event":"problem"')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject(evidence)
  }

  describe('7.08 an e-mail that has changed at the provider', () => {
    test('is the identity’s new one, and the user’s, who is the same', async () => {
      const subject = fresh()
      const [old, moved] = [`${fresh()}@example.com`, `${fresh()}@example.com`]
      const first = await userOf(signIn('trusted', subject, { email: old, email_verified: true }))
      const later = await userOf(signIn('trusted', subject, { email: moved, email_verified: true }))
      expect(later.sub).toBe(first.sub)
      expect(first).toMatchObject({ email: old, email_verified: true })
      expect(later).toMatchObject({ email: moved, email_verified: true })
      expect(later.identities).toMatchObject([{ subject, email: moved, email_verified: true }])
    })

    test('and is another user’s now takes nothing of that user', async () => {
      const email = `${fresh()}@example.com`
      const owner = await userOf(signIn('google', fresh(), { email, email_verified: true }))
      const subject = fresh()
      const first = await userOf(signIn('trusted', subject, {}))
      const later = await userOf(signIn('trusted', subject, { email, email_verified: true }))
      expect(lastReason()).toEqual(['known', undefined])
      expect(later.sub).toBe(first.sub)
      expect(later.sub).not.toBe(owner.sub)
    })
  })

  describe('7.09 no e-mail', () => {
    test.each([
      ['missing', {}],
      ['null', { email: null, email_verified: true }],
      ['empty', { email: '', email_verified: true }],
      ['of another type', { email: { address: 'a@example.com' }, email_verified: true }],
    ])('%s at an OpenID provider is null in /me, and nobody is joined', async (_, person) => {
      for (const id of ['google', 'trusted', 'untrusted'] as const) {
        const one = await userOf(signIn(id, fresh(), person))
        expect(lastReason()).toEqual(['create', 'no_email'])
        const two = await userOf(signIn(id, fresh(), person))
        expect([one.email, one.email_verified]).toEqual([null, false])
        expect(two.sub).not.toBe(one.sub)
      }
    })

    test.each([
      ['without an account', undefined],
      ['not agreed to', { profile: { nickname: '민지' }, email_needs_agreement: true }],
      ['null', { email: null, is_email_valid: true, is_email_verified: true }],
      ['empty', { email: '', is_email_valid: true, is_email_verified: true }],
    ])('%s at Kakao is null in /me', async (_, account) => {
      const [one, two] = [await kakaoUser(freshId(), account), await kakaoUser(freshId(), account)]
      expect([one.email, one.email_verified]).toEqual([null, false])
      expect(two.sub).not.toBe(one.sub)
      if (account && 'profile' in account) expect(one.name).toBe('민지')
    })

    test.each([
      ['an empty list', [], 200],
      ['no permission to ask', { message: 'Not Found' }, 404],
      ['a refusal', { message: 'Forbidden' }, 403],
      ['only unverified', [{ email: 'a@example.com', primary: true, verified: false }], 200],
      ['only secondary', [{ email: 'a@example.com', primary: false, verified: true }], 200],
    ])('at GitHub by %s is null in /me', async (_, emails, status) => {
      const person = { id: freshId(), login: 'ann', email: 'public@example.com' }
      const user = await githubUser(person, emails, status)
      expect(user).toMatchObject({ name: 'ann', email: null, email_verified: false })
    })

    test('does not hide the one that is there', async () => {
      const email = `${fresh()}@example.com`
      const person = { email, email_verified: true }
      expect(await userOf(signIn('google', fresh(), person))).toMatchObject({ email })
      const flags = { is_email_valid: true, is_email_verified: true }
      expect(await kakaoUser(freshId(), { email, ...flags })).toMatchObject({ email })
      const emails = [{ email, primary: true, verified: true }]
      expect(await githubUser({ id: freshId(), login: 'a' }, emails)).toMatchObject({ email })
    })
  })

  test('7.10 an address that could have been made of an identifier finds nobody', async () => {
    const minji = await kakaoUser(123, { profile: { nickname: 'minji' } })
    for (const email of ['123@kakao.com', 'minji@kakao.com', '123@kakao.invalid']) {
      const other = await userOf(signIn('trusted', fresh(), { email, email_verified: true }))
      expect(lastReason()).toEqual(['create', 'nobody_with_this_email'])
      expect(other.sub).not.toBe(minji.sub)
    }
    expect((await kakaoUser(123)).email).toBeNull()
    const flags = { is_email_valid: true, is_email_verified: true }
    const named = await kakaoUser(124, { email: '124@kakao.com', ...flags })
    const joined = await userOf(
      signIn('trusted', fresh(), { email: '124@kakao.com', email_verified: true }),
    )
    expect(joined.sub).toBe(named.sub)
  })

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, false],
    ['true', 'true', false],
    [undefined, true, false],
    [true, undefined, false],
  ])(
    '7.11 Kakao’s flags valid %s and verified %s make verified %s',
    async (valid, verified, is) => {
      const email = `${fresh()}@example.com`
      const flags = { is_email_valid: valid, is_email_verified: verified }
      const user = await kakaoUser(freshId(), { email, ...flags })
      expect(user).toMatchObject({ email, email_verified: is })
      expect(user.identities).toMatchObject([{ email, email_verified: is }])
      const other = await userOf(signIn('trusted', fresh(), { email, email_verified: true }))
      expect(other.sub === user.sub).toBe(is)
    },
  )

  test('7.13 the same e-mail with a new subject is another user', async () => {
    const person = { email: `${fresh()}@example.com`, email_verified: true, hd: 'example.com' }
    const one = await userOf(signIn('google', fresh(), person))
    const two = await userOf(signIn('google', fresh(), person))
    expect(lastReason()).toEqual(['create', 'user_has_identity_at_provider'])
    expect(two.sub).not.toBe(one.sub)
    expect([one.email, two.email]).toEqual([person.email, person.email])
  })

  test('7.14 a user name that was given to somebody else is somebody else', async () => {
    const bob = await githubUser({ id: 1001, login: 'bob' }, [])
    const other = await githubUser({ id: 1002, login: 'bob' }, [])
    const renamed = await githubUser({ id: 1001, login: 'robert' }, [])
    expect(other.sub).not.toBe(bob.sub)
    expect(renamed).toMatchObject({ sub: bob.sub, name: 'robert' })
  })

  describe('7.15 one subject', () => {
    test('at several providers is several users', async () => {
      const subs = new Set<string>()
      for (const id of ['trusted', 'untrusted', 'google'] as const) {
        subs.add((await userOf(signIn(id, '42'))).sub)
      }
      subs.add((await kakaoUser(42)).sub)
      subs.add((await githubUser({ id: 42, login: 'ann' }, [])).sub)
      expect(subs.size).toBe(5)
      subs.add((await userOf(signIn('trusted', '42'))).sub)
      expect(subs.size).toBe(5)
    })

    test('at two issuers under one provider id is two users', async () => {
      const before = await userOf(signIn('trusted', '4242'))
      const moved = await startLatchkey(
        { ...env(), TRUSTED_ISSUER: google.issuer, GOOGLE_ISSUER: trusted.issuer },
        { testDatabase },
      )
      try {
        google.subject = '4242'
        const answer = await login(moved, google, new Browser(), 'trusted')
        expect(answer.status, answer.text).toBe(200)
        expect((answer.json().user as User).sub).not.toBe(before.sub)
      } finally {
        await moved.close()
      }
      expect((await userOf(signIn('trusted', '4242'))).sub).toBe(before.sub)
    })

    test('as a number and as its digits is one user, beyond 2^53 too', async () => {
      const text = (id: string) => ({ body: `{"id":${id},"kakao_account":{}}` })
      const user = async (id: string) => {
        kakao.answers = { userinfo: text(id) }
        return userOf(signIn('kakao', 'of no meaning'))
      }
      const one = await user('9007199254740993')
      const two = await user('9007199254740992')
      expect(two.sub).not.toBe(one.sub)
      expect(one.identities).toMatchObject([{ subject: '9007199254740993' }])
      expect((await user('"9007199254740993"')).sub).toBe(one.sub)
    })
  })

  describe('7.20 and 7.21 an address that looks like another’s', () => {
    const owner = async (email: string) =>
      userOf(signIn('google', fresh(), { email, email_verified: true }))
    const other = async (email: string) =>
      userOf(signIn('trusted', fresh(), { email, email_verified: true }))

    test('is recorded with who asked, where it joins as where it does not', async () => {
      const email = `${fresh('mail')}@example.com`
      const { sub } = await owner(email)
      expect((await other(email)).sub).toBe(sub)
      const rows = await createAudit(latchkey.database).list({ userId: sub, limit: 10 })
      const linked = rows.filter(({ type }) => type === 'identity.linked')
      expect(linked.map(({ provider, reason }) => [provider, reason]).sort()).toEqual([
        ['google', 'nobody_with_this_email'],
        ['trusted', 'same_verified_email'],
      ])
      for (const { provider, requestId, address, userAgent } of linked) {
        const begun = rows.find(
          (row) => row.type === 'session.created' && row.provider === provider,
        )
        expect({ requestId, address, userAgent }).toEqual({
          requestId: begun?.requestId,
          address: begun?.address,
          userAgent: 'node',
        })
      }
    })

    test('in another ASCII case is the same', async () => {
      const ann = await owner('A.Nn@X.example.com')
      expect(await other('a.nN@x.EXAMPLE.com')).toMatchObject({ sub: ann.sub })
      expect(lastReason()).toEqual(['join', 'same_verified_email'])
    })

    test.each([
      ['a dotless i', 'mike20@example.org', 'mıke20@example.org'],
      ['fullwidth letters', 'mike21@example.org', 'ｍｉｋｅ21@example.org'],
      ['a Kelvin sign', 'kim22@example.org', '\u212Aim22@example.org'],
      ['a sharp s', 'strasse23@example.org', 'straße23@example.org'],
      ['another normal form', 'e\u0301mile24@example.org', '\u00e9mile24@example.org'],
    ])('by %s is another', async (_, first, then) => {
      const ann = await owner(first)
      expect((await other(then)).sub).not.toBe(ann.sub)
      expect(lastReason()).toEqual(['create', 'nobody_with_this_email'])
      expect((await other(first)).sub).toBe(ann.sub)
    })

    test.each([
      ['a fullwidth @', 'victim@x.example.com＠evil.com'],
      ['a fullwidth @ before the @', 'victim＠x.example.com@evil.com'],
      ['two @', 'victim@x.example.com@evil.com'],
      ['a quoted local part', '"victim@x.example.com"@evil.com'],
      ['a comma and a line end', 'victim@x.example.com,\n'],
      ['7.22 a space at the end', 'victim@x.example.com '],
      ['7.24 NUL', 'victim@x.example.com\u0000.evil.com'],
      ['a lone surrogate', 'victim\ud800@x.example.com'],
      ['10 kB', `victim@${'x.'.repeat(5000)}example.com`],
    ])('by %s is no address at all', async (_, email) => {
      const victim = await owner('victim@x.example.com')
      const user = await other(email)
      expect(lastReason()).toEqual(['create', 'no_email'])
      expect(user).toMatchObject({ email: null, email_verified: false })
      expect(user.sub).not.toBe(victim.sub)
    })

    test.each(['victim@evilx.example.com', 'victim@x.example.com.evil.com', 'ictim@x.example.com'])(
      '7.22 by a part that is the same is another: %s',
      async (email) => {
        const victim = await owner('victim@x.example.com')
        expect(await other(email)).toMatchObject({ email, email_verified: true })
        expect(lastReason()).toEqual(['create', 'nobody_with_this_email'])
        expect(victim.identities).toHaveLength(1)
      },
    )

    test('7.31 of a provider that is not trusted joins nobody, verified or not', async () => {
      const email = `${fresh()}@example.com`
      const ann = await owner(email)
      const person = { email, email_verified: true }
      const eve = await userOf(signIn('untrusted', fresh(), person))
      expect(lastReason()).toEqual(['create', 'provider_not_trusted'])
      expect(eve.sub).not.toBe(ann.sub)
      expect((await userOf(signIn('trusted', fresh(), person))).sub).toBe(ann.sub)
    })

    test('7.19 of a disabled user is refused, and nothing is written', async () => {
      const email = `${fresh()}@example.com`
      const subject = fresh()
      const person = { email, email_verified: true }
      const ann = await userOf(signIn('trusted', subject, person))
      const disable = (value: string) =>
        latchkey.database.query(`update latchkey.users set disabled_at = ${value} where id = $1`, [
          ann.sub,
        ])
      await disable('now()')
      const before = await countRows(latchkey)
      for (const [id, who] of [
        ['trusted', subject],
        ['google', fresh()],
      ] as const) {
        const refused = await signIn(id, who, person)
        expect([refused.status, refused.json().code]).toEqual([403, 'access_denied'])
        const line = latchkey.logs.findLast((one) => one.includes('"event":"problem"')) ?? '{}'
        expect(JSON.parse(line)).toMatchObject({ reason: 'user_disabled' })
      }
      expect(await countRows(latchkey)).toEqual(before)
      await disable('null')
      expect(await userOf(signIn('trusted', subject, person))).toMatchObject({ sub: ann.sub })
    })
  })

  describe('7.23 a name', () => {
    test.each([
      ['of 10 kB', 'ann'.repeat(3500), 'ann'.repeat(85)],
      ['of emoji is cut between code points', '😀'.repeat(5000), '😀'.repeat(255)],
      ['with a right-to-left override', 'Ann \u202Eeel', 'Ann eel'],
      ['with an emoji joined by ZWJ', 'Zoë 👩‍👩‍👧‍👦', 'Zoë 👩‍👩‍👧‍👦'],
      ['with a lone surrogate', 'A\ud83d', 'A\ufffd'],
      ['with a storm of combining marks', `Z${'\u0301'.repeat(5000)}`, `Z${'\u0301'.repeat(254)}`],
      ['7.24 with NUL', 'A\u0000nn\u0000', 'Ann'],
      ['of control characters only', '\u0000\u0001\u202e', null],
      ['of another type', { first: 'Ann' }, null],
      ['of spaces', '   ', null],
    ])('%s', async (_, name, shown) => {
      const answer = await signIn('trusted', fresh(), { name })
      expect(answer.status, answer.text).toBe(200)
      const user = answer.json().user as User
      expect(user.name ?? null).toBe(shown)
      expect(answer.text.isWellFormed()).toBe(true)
      const me = await askMe(latchkey, answer.json().access_token)
      expect(me.json()).toEqual(user)
    })

    test('that is no longer told is kept', async () => {
      const subject = fresh()
      await userOf(signIn('trusted', subject, { name: 'Ann', locale: 'ko' }))
      const later = await userOf(signIn('trusted', subject, {}))
      expect(later).toMatchObject({ name: 'Ann', locale: 'ko' })
    })
  })

  describe('7.24 a subject', () => {
    test.each([
      ['with NUL', '42\u0000'],
      ['with NUL within', '4\u00002'],
      ['with a line end', '42\n'],
      ['with a space at the end', '42 '],
      ['that is empty', ''],
      ['of 256 characters', 'a'.repeat(256)],
      ['beyond ASCII', '４２'],
    ])('%s is refused', async (_, subject) => {
      await expectRefusal(() => signIn('trusted', subject, {}), { step: 'id_token' })
      expect((await userOf(signIn('trusted', fresh('42')))).identities).toHaveLength(1)
    })

    test.each([
      ['text with NUL', '"42\\u0000"', 'id'],
      ['a word', '"bob"', 'id'],
      ['null', 'null', 'id'],
      ['a fraction', '4.2', 'id'],
      ['an object', '{}', 'id'],
      ['a list', '[42]', 'id'],
      ['true', 'true', 'id'],
      ['21 digits', '123456789012345678901', 'id'],
    ])('that should be a number and is %s is refused', async (_, id, field) => {
      kakao.answers = { userinfo: { body: `{"id":${id}}` } }
      await expectRefusal(() => signIn('kakao', 'of no meaning'), { step: 'profile', field })
      kakao.answers = { userinfo: { body: '{"id":4243}' } }
      expect((await userOf(signIn('kakao', 'of no meaning'))).name).toBeNull()
    })

    test('that is missing is refused', async () => {
      kakao.answers = { userinfo: { body: '{"kakao_account":{}}' } }
      await expectRefusal(() => signIn('kakao', 'of no meaning'), { field: 'id' })
    })
  })

  test.each([
    `'; DROP TABLE users;--`,
    `" or "1"="1`,
    '%_%',
    'back\\slash \\u0000 \\x00 \\0',
    '$1 $$ $x$',
    '{"a":[1]}',
    '&amp; <![CDATA[x]]>',
  ])('7.25 %s is stored to the letter', async (text) => {
    const subject = `${text} ${fresh()}`
    const picture = `https://img.example.com/?q=${encodeURIComponent(text)}`
    const user = await userOf(signIn('trusted', subject, { name: text, picture }))
    expect(user).toMatchObject({ name: text, picture: new URL(picture).href })
    expect(user.identities).toMatchObject([{ subject }])
    expect((await userOf(signIn('trusted', subject))).sub).toBe(user.sub)
  })

  test('7.25 % and _ in an address match nothing but themselves', async () => {
    const [tag, email] = [fresh(), (local: string) => `${local}@example.com`]
    const person = (local: string) => ({ email: email(local), email_verified: true })
    const owner = await userOf(signIn('google', fresh(), person(`${tag}axb`)))
    for (const local of [`${tag}a_b`, `${tag}%`, '%']) {
      const user = await userOf(signIn('trusted', fresh(), person(local)))
      expect(user).toMatchObject({ email: email(local) })
      expect(user.sub).not.toBe(owner.sub)
    }
    expect((await userOf(signIn('trusted', fresh(), person(`${tag}axb`)))).sub).toBe(owner.sub)
  })

  test.each([
    ['__proto__', '"__proto__":{"admin":true,"name":"Eve","email":"eve@example.com"}'],
    ['constructor', '"constructor":{"prototype":{"admin":true}}'],
    ['both, deeper', '"kakao_account":{"__proto__":{"admin":true},"profile":{"__proto__":{}}}'],
  ])('7.26 %s in a profile changes no object and says nothing', async (_, hostile) => {
    const subject = fresh()
    trusted.answers = { userinfo: { body: `{"sub":"${subject}",${hostile},"name":"Ann"}` } }
    const user = await userOf(signIn('trusted', subject))
    expect(user).toMatchObject({ name: 'Ann', email: null })
    kakao.answers = { userinfo: { body: `{"id":${freshId()},${hostile}}` } }
    expect(await userOf(signIn('kakao', 'of no meaning'))).toMatchObject({ name: null })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect(Object.keys(user)).not.toContain('admin')
  })

  describe('7.27 markup in a profile', () => {
    test('comes back as JSON that no browser takes for a page', async () => {
      const name = `<script>alert(1)</script><img src=x onerror="alert(1)">'`
      const answer = await signIn('trusted', fresh(), { name, picture: 'https://x.com/"onerror=' })
      expect(answer.status).toBe(200)
      const token = answer.json().access_token
      const me = await new Browser().send(`${latchkey.url}/me`, {
        headers: { authorization: `Bearer ${token}`, accept: 'text/html' },
      })
      for (const { headers, json } of [answer, me]) {
        expect(headers.get('content-type')).toMatch(/^application\/json/)
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
        const user = (json().user ?? json()) as User
        expect(user).toMatchObject({ name, picture: 'https://x.com/%22onerror=' })
      }
    })

    test.each([
      'http://img.example.com/a.png',
      'javascript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      '//img.example.com/a.png',
      `https://img.example.com/${'a'.repeat(3000)}`,
      'https://user:word@img.example.com/a.png',
      42,
    ])('a picture that is no https URL is null: %s', async (picture) => {
      const subject = fresh()
      expect((await userOf(signIn('trusted', subject, { picture }))).picture).toBeNull()
      const https = 'https://img.example.com/a.png'
      expect((await userOf(signIn('trusted', subject, { picture: https }))).picture).toBe(https)
      expect((await userOf(signIn('trusted', subject, { picture }))).picture).toBe(https)
    })
  })

  describe('first logins at the same time, over two replicas', () => {
    /** Starts `count` logins at a provider and finishes them all at once. */
    async function atOnce(logins: { id: 'trusted' | 'google'; subject: string }[]) {
      const nonces = new Map<string, { nonce: string; subject: string }>()
      for (const double of [trusted, google]) {
        double.answers = {
          async token(call, response) {
            const { nonce = '', subject = '' } = nonces.get(call.form.code ?? '') ?? {}
            const idToken = await double.sign({ ...double.claims(), nonce, sub: subject })
            response.writeHead(200, { 'content-type': 'application/json' })
            response.end(
              JSON.stringify({ access_token: subject, token_type: 'Bearer', id_token: idToken }),
            )
          },
          userinfo(call, response) {
            const sub = call.headers.authorization?.slice('Bearer '.length)
            response.writeHead(200, { 'content-type': 'application/json' })
            response.end(JSON.stringify({ sub, ...double.person }))
          },
        }
      }
      const started = []
      for (const [place, { id, subject }] of logins.entries()) {
        const browser = new Browser()
        const { callback, nonce } = await startLogin(latchkey, browser, id)
        nonces.set(`code-${place}`, { nonce: nonce ?? '', subject })
        const url = new URL(callback({ code: `code-${place}` }))
        if (place % 2 === 1) url.port = new URL(replica.url).port
        started.push({ browser, url })
      }
      return Promise.all(started.map(({ browser, url }) => browser.send(url)))
    }

    test('11.01 fifty of one identity are fifty successes and one user', async () => {
      const subject = fresh()
      trusted.person = { email: `${fresh()}@example.com`, email_verified: true }
      const before = await countRows(latchkey)
      const answers = await atOnce(Array.from({ length: 50 }, () => ({ id: 'trusted', subject })))
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
      const users = new Set(answers.map(({ json }) => (json().user as User).sub))
      expect(users.size).toBe(1)
      const after = await countRows(latchkey)
      expect((after.users ?? 0) - (before.users ?? 0)).toBe(1)
      expect((after.identities ?? 0) - (before.identities ?? 0)).toBe(1)
      expect((after.sessions ?? 0) - (before.sessions ?? 0)).toBe(50)
    })

    test('11.02 twenty at each of two providers with one address make one user', async () => {
      const [one, two] = [fresh(), fresh()]
      const person = { email: `${fresh()}@example.com`, email_verified: true }
      trusted.person = person
      google.person = { ...person, hd: 'example.com' }
      const before = await countRows(latchkey)
      // Places 0 and 1 of every four at the first provider, so that both replicas get both.
      const answers = await atOnce(
        Array.from({ length: 40 }, (_, place) =>
          place % 4 < 2 ? { id: 'trusted', subject: one } : { id: 'google', subject: two },
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
      expect(new Set(answers.map(({ json }) => (json().user as User).sub)).size).toBe(1)
      const after = await countRows(latchkey)
      expect((after.users ?? 0) - (before.users ?? 0)).toBe(1)
      expect((after.identities ?? 0) - (before.identities ?? 0)).toBe(2)
    })
  })
})
