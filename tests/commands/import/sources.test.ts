import { beforeEach, describe, expect, test } from 'vitest'
import { createStores } from '../../../src/db/stores/index.ts'
import { useLatchkey } from '../../helpers/stage.ts'
import { importInto, leftOf } from './importing.ts'

const latchkey = useLatchkey({})
const users = () =>
  createStores(latchkey.database, {
    ...{ mode: 'verified', signUp: 'open', defaultRoles: [], sessionsPerUser: 100 },
    accessTokenTtlSeconds: 600,
    trustedProviders: ['google', 'kakao', 'github'],
  }).adminUsers
const all = async () => {
  const found = await users().find('', { after: null, limit: 100 })
  return found.map(
    ({ name, email, email_verified, picture, disabled_at, created_at, identities }) => ({
      ...{ name, email, email_verified, picture, created_at },
      isDisabled: disabled_at !== null,
      identities: identities.map(({ provider, subject }) => `${provider} ${subject}`).sort(),
    }),
  )
}
beforeEach(async () => {
  await latchkey.database.query('truncate latchkey.users cascade')
})

/** In quotes and over two lines, as it may stand in a CSV; stored without control characters. */
const NAME = 'Kim "Minji"\nJr.'
const MINJI = {
  name: 'Kim "Minji"Jr.',
  email: 'minji@example.com',
  email_verified: false,
  picture: 'https://example.com/minji.png',
  isDisabled: false,
  created_at: '2024-01-02T03:04:05.000Z',
  identities: ['kakao 1234567890'],
}
const BANNED = {
  name: undefined,
  email: 'banned@example.com',
  email_verified: false,
  picture: undefined,
  isDisabled: true,
  created_at: '2024-01-02T03:04:05.000Z',
  identities: ['github 42', 'google 107'],
}
const expected = expect.arrayContaining([MINJI, BANNED])

const csv = (rows: Record<string, unknown>[]) => {
  const [first = {}] = rows
  const cell = (value: unknown) =>
    value === null || value === undefined
      ? ''
      : `"${(typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll('"', '""')}"`
  const names = Object.keys(first)
  const lines = [names.join(), ...rows.map((row) => names.map((name) => cell(row[name])).join())]
  return `\ufeff${lines.join('\r\n')}\r\n`
}
const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n')

const AT = '2024-01-02 03:04:05+00'
const supabase = {
  users: [
    {
      ...{ id: 'a0000000-0000-4000-8000-000000000001', email: MINJI.email, created_at: AT },
      ...{
        email_confirmed_at: AT,
        encrypted_password: 'x',
        banned_until: '2024-02-01 00:00:00+00',
      },
      raw_user_meta_data: { full_name: NAME, avatar_url: MINJI.picture },
    },
    {
      ...{ id: 'a0000000-0000-4000-8000-000000000002', email: BANNED.email, created_at: AT },
      ...{ email_confirmed_at: AT, encrypted_password: '', banned_until: '2999-01-01 00:00:00+00' },
      raw_user_meta_data: {},
    },
    {
      ...{ id: 'a0000000-0000-4000-8000-000000000003', email: 'password@example.com' },
      ...{ created_at: AT, email_confirmed_at: AT, encrypted_password: 'x', banned_until: null },
      raw_user_meta_data: {},
    },
  ],
  identities: [
    ['google', '107', 2],
    ['kakao', '1234567890', 1],
    ['github', '42', 2],
    ['email', 'a0000000-0000-4000-8000-000000000003', 3],
    ['azure', 'pairwise-subject-of-one-app', 1],
  ].map(([provider, provider_id, of], place) => ({
    ...{ id: `b0000000-0000-4000-8000-00000000000${place}`, provider, provider_id },
    user_id: `a0000000-0000-4000-8000-00000000000${of}`,
    identity_data: { sub: provider_id, email_verified: true },
    created_at: AT,
  })),
}
const nested = supabase.users.map((user) => ({
  ...user,
  identities: supabase.identities
    .filter(({ user_id }) => user_id === user.id)
    .map(({ provider_id: id, ...identity }) => ({ ...identity, id, identity_id: identity.id })),
}))
const joined = { jsonb_build_object: supabase }
const LEFT = ['azure pairwise-subject-of-one-app issuer_unknown', 'no_social_identity']

describe('users of Supabase are taken from', () => {
  test.each<[string, Record<string, string | object>]>([
    ['one document with both tables', { 'export.json': supabase }],
    ['a long document', { 'long.json': supabase }],
    ['the row that the SQL editor shows', { 'export.json': [joined] }],
    ['the cell of a CSV', { 'export.csv': csv([joined]) }],
    ['two CSV files', { 'a.csv': csv(supabase.users), 'b.csv': csv(supabase.identities) }],
    ['two files of lines', { 'a.json': lines(supabase.users), b: lines(supabase.identities) }],
    ['two lists', { 'i.json': supabase.identities, 'u.json': supabase.users }],
    ['the list of the admin API', { 'users.json': { users: nested, aud: 'authenticated' } }],
  ])('%s', async (_, files) => {
    // A document beyond what is read whole; vitest would print it where it stood in the table.
    const filler = 'long.json' in files ? { filler: 'x'.repeat(9_000_000) } : {}
    const given = 'long.json' in files ? { 'long.json': { ...supabase, ...filler } } : files
    const report = await importInto(latchkey, 'supabase', given)
    expect(leftOf(report).sort()).toEqual(LEFT)
    const found = await all()
    expect(found).toHaveLength(2)
    expect(found).toEqual(expected)
  })
})

const tables = {
  users: [
    { id: 1, name: NAME, email: MINJI.email, image: MINJI.picture, emailVerified: AT },
    { id: 2, name: null, email: BANNED.email, image: null, emailVerified: null },
    { id: 3, name: 'Password', email: 'password@example.com', image: null, emailVerified: AT },
  ],
  accounts: [
    { userId: 2, provider: 'google', providerAccountId: '107', access_token: 'x' },
    { userId: 1, provider: 'kakao', providerAccountId: 1234567890 },
    { userId: 2, provider: 'github', providerAccountId: '42' },
    { userId: 3, provider: 'credentials', providerAccountId: '3' },
    { userId: 3, provider: 'some-intranet', providerAccountId: '3' },
    { userId: 9, provider: 'google', providerAccountId: '999' },
  ],
}
const undated = [MINJI, { ...BANNED, isDisabled: false }].map((user) => ({
  ...user,
  created_at: expect.any(String),
}))
const snake = (rows: Record<string, unknown>[]) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    ),
  )

describe('users of Auth.js are taken from', () => {
  test.each<[string, Record<string, string | object>]>([
    ['columns in camel case', { 'export.json': tables }],
    [
      'columns in snake case',
      { 'users.csv': csv(snake(tables.users)), 'accounts.csv': csv(snake(tables.accounts)) },
    ],
  ])('%s', async (_, files) => {
    const report = await importInto(latchkey, 'auth.js', files)
    expect(leftOf(report).sort()).toEqual([
      'google 999 no_person',
      'some-intranet 3 unknown_provider',
    ])
    expect(report.counts.faults).toBe(1)
    expect(await all()).toEqual(expect.arrayContaining(undated))
  })
})

test('users of Better Auth are taken, and who is banned stays out', async () => {
  const createdAt = '2024-01-02T03:04:05.000Z'
  const report = await importInto(latchkey, 'better-auth', {
    'export.json': {
      user: tables.users.map((user) => {
        return { ...user, createdAt, banned: user.id === 2, banExpires: null }
      }),
      account: tables.accounts.slice(0, 4).map(({ provider, providerAccountId, userId }) => {
        const providerId = provider === 'credentials' ? 'credential' : provider
        return { id: 'x', providerId, accountId: providerAccountId, userId, password: 'x' }
      }),
    },
  })
  expect(leftOf(report)).toEqual(['no_social_identity'])
  expect(await all()).toEqual(expected)
})

test('users of Firebase are taken', async () => {
  const createdAt = String(Date.parse('2024-01-02T03:04:05.000Z'))
  const info = (providerId: string, rawId: string) => ({ providerId, rawId })
  const report = await importInto(latchkey, 'firebase', {
    'export.json': {
      users: [
        {
          ...{ localId: 'u1', email: MINJI.email, emailVerified: true, createdAt },
          ...{ displayName: NAME, photoUrl: MINJI.picture, passwordHash: 'x', salt: 'x' },
          providerUserInfo: [info('oidc.kakao', '1234567890')],
        },
        {
          ...{ localId: 'u2', email: BANNED.email, createdAt, disabled: true },
          providerUserInfo: [info('google.com', '107'), info('github.com', '42')],
        },
        { localId: 'u3', createdAt, providerUserInfo: [info('password', 'a@example.com')] },
        { localId: 'u4', createdAt, phoneNumber: '+82' },
        { localId: 'u5', createdAt, providerUserInfo: [info('microsoft.com', '0123456789abcdef')] },
      ],
    },
  })
  expect(leftOf(report).sort()).toEqual([
    'microsoft.com 0123456789abcdef issuer_unknown',
    'no_social_identity',
    'no_social_identity',
  ])
  expect(await all()).toEqual(expected)
})

test('users of Firebase are taken as the Admin SDK gives them, too', async () => {
  const creationTime = 'Tue, 02 Jan 2024 03:04:05 GMT'
  const report = await importInto(latchkey, 'firebase', {
    'listed.json': [
      {
        ...{ uid: 'u1', email: MINJI.email, emailVerified: true, displayName: NAME },
        ...{ photoURL: MINJI.picture, disabled: false, metadata: { creationTime } },
        providerData: [{ uid: '1234567890', providerId: 'oidc.kakao' }],
      },
      {
        ...{ uid: 'u2', email: BANNED.email, disabled: true, metadata: { creationTime } },
        providerData: [
          { uid: '107', providerId: 'google.com', email: BANNED.email },
          { uid: '42', providerId: 'github.com' },
        ],
      },
      { uid: 'u3', providerData: [{ uid: 'a@example.com', providerId: 'password' }] },
      { uid: 'u4', providerData: [] },
    ],
  })
  expect(leftOf(report)).toEqual(['no_social_identity', 'no_social_identity'])
  expect(await all()).toEqual(expected)
})

test('people whom a custom token signed in to Firebase as kakao:… have that identity', async () => {
  const google = { providerId: 'google.com', rawId: '107' }
  const kakao = { providerId: 'oidc.kakao', rawId: '3' }
  const report = await importInto(latchkey, 'firebase', {
    'export.json': {
      users: [
        { localId: 'kakao:1', displayName: 'Minji', providerUserInfo: [] },
        { localId: 'naver:a_B-c:d', providerUserInfo: [google] },
        { localId: 'kakao:3', providerUserInfo: [kakao] },
        // What is before the colon is no provider, or there is none, or nothing behind it.
        { localId: 'legacy:4' },
        { localId: 'kakao_5' },
        { localId: 'kakao:' },
      ],
    },
  })
  expect(leftOf(report)).toEqual(Array(3).fill('no_social_identity'))
  expect((await all()).map(({ identities }) => identities.join()).sort()).toEqual([
    'google 107,naver a_B-c:d',
    'kakao 1',
    'kakao 3',
  ])
})

test('users of another Latchkey keep their ids and their own edits; lines by hand are taken', async () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  const created_at = '2024-01-02T03:04:05.000Z'
  const exported = {
    exported_at: created_at,
    user: { id, name: NAME, picture: MINJI.picture, locale: null, roles: ['x'], created_at },
    identities: [{ provider: 'kakao', issuer: '', subject: '1234567890', email: MINJI.email }],
    sessions: [],
  }
  const { name: _, picture: __, identities: ___, ...flat } = BANNED
  const byHand = {
    ...{ email: flat.email, created_at, disabled: true },
    identities: [
      { provider: 'google', subject: '107' },
      { provider: 'github', subject: 42 },
    ],
  }
  const report = await importInto(latchkey, 'latchkey', {
    'export.ndjson': lines([exported, byHand]),
  })
  expect(leftOf(report)).toEqual([])
  expect(await all()).toEqual(expected)
  expect(await users().show(id)).toMatchObject({ roles: [], name: MINJI.name })
  // The same as a document of its own, as `users export` prints it.
  const again = await importInto(latchkey, 'latchkey', {
    'e.json': JSON.stringify(exported, null, 2),
  })
  expect(again.users).toMatchObject([{ sub: id, outcome: 'known' }])
})

test('a key that depends on tenant, workspace or server is known from what the export kept, or is listed', async () => {
  const tid = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const oid = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const token = (claims: object) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  const account = (
    userId: number,
    provider: string,
    providerAccountId: string,
    id_token?: string,
  ) => ({
    ...{ userId, provider, providerAccountId, id_token },
  })
  const slack = { 'https://slack.com/team_id': 'T1', 'https://slack.com/user_id': 'U1' }
  const report = await importInto(
    latchkey,
    'auth.js',
    {
      'export.json': {
        users: [1, 2, 3].map((id) => ({ id })),
        accounts: [
          account(1, 'azure-ad', 'pairwise', token({ tid, oid, sub: 'pairwise' })),
          account(1, 'slack', 'U1', token(slack)),
          account(2, 'microsoft-entra-id', 'pairwise-2'),
          account(2, 'slack', 'U2'),
          account(2, 'gitlab', '5'),
          account(3, 'intranet', 'person'),
        ],
      },
    },
    {
      env: {
        OIDC_PROVIDERS: 'intranet',
        INTRANET_ISSUER: 'https://login.example.com',
        INTRANET_CLIENT_ID: 'a',
        INTRANET_CLIENT_SECRET: 'b',
      },
    },
  )
  expect(leftOf(report)).toEqual([
    'microsoft-entra-id pairwise-2 issuer_unknown',
    'slack U2 issuer_unknown',
    'gitlab 5 issuer_unknown',
  ])
  const stored = await latchkey.database.query(
    'select provider, issuer, subject from latchkey.identities order by provider',
  )
  expect(stored).toEqual([
    { provider: 'intranet', issuer: 'https://login.example.com', subject: 'person' },
    {
      provider: 'microsoft',
      issuer: `https://login.microsoftonline.com/${tid}/v2.0`,
      subject: oid,
    },
    { provider: 'slack', issuer: '', subject: 'T1_U1' },
  ])
})

test('Supabase: Slack’s workspace is in the custom claims, and a provider of the project’s own is called custom:…', async () => {
  const identity = (user: number, provider: string, sub: string, said: object = {}) => ({
    ...{ id: `i${user}-${provider}`, user_id: `u${user}`, provider, provider_id: sub },
    identity_data: { sub, ...said },
  })
  const custom_claims = { 'https://slack.com/team_id': 'T0R7GR' }
  const report = await importInto(
    latchkey,
    'supabase',
    {
      'export.json': {
        users: [1, 2, 3].map((id) => ({ id: `u${id}` })),
        identities: [
          identity(1, 'slack_oidc', 'U0R7JM', { iss: 'https://slack.com/api', custom_claims }),
          identity(2, 'slack_oidc', 'U0R7JN', { iss: 'https://slack.com/api' }),
          identity(2, 'custom:naver', 'naver-id', { iss: 'https://nid.naver.com' }),
          identity(3, 'slack_oidc', 'no user id', { custom_claims }),
          identity(3, 'custom:corp', 'person', { iss: 'https://id.corp.example' }),
          identity(3, 'custom:other', 'person'),
        ],
      },
    },
    {
      env: {
        OIDC_PROVIDERS: 'corp',
        CORP_ISSUER: 'https://id.corp.example',
        CORP_CLIENT_ID: 'a',
        CORP_CLIENT_SECRET: 'b',
      },
    },
  )
  expect(leftOf(report)).toEqual([
    'slack_oidc U0R7JN issuer_unknown',
    'slack_oidc no user id issuer_unknown',
    'other person unknown_provider',
  ])
  const stored = await latchkey.database.query(
    "select provider, issuer, subject from latchkey.identities where subject in ('T0R7GR_U0R7JM', 'naver-id', 'person') and issuer <> 'https://login.example.com' order by provider",
  )
  expect(stored).toEqual([
    { provider: 'corp', issuer: 'https://id.corp.example', subject: 'person' },
    { provider: 'naver', issuer: '', subject: 'naver-id' },
    { provider: 'slack', issuer: '', subject: 'T0R7GR_U0R7JM' },
  ])
})

test('a line that cannot be read is listed, and the others are taken', async () => {
  const report = await importInto(latchkey, 'latchkey', {
    'users.ndjson': [
      JSON.stringify({ identities: [{ provider: 'kakao', subject: '1' }] }),
      '{"identities":[{"provider":"kakao",',
      '[1]',
      JSON.stringify({ identities: [{ provider: 'kakao' }] }),
      JSON.stringify({ identities: [{ provider: 'kakao', subject: 'naïve' }] }),
      JSON.stringify({ identities: [{ provider: 'kakao', subject: '2' }], name: 'a\u0000b' }),
      '{"identities":[{"provider":"kakao","subject":12345678901234567890}]}',
    ].join('\n'),
  })
  expect(report.users.filter(({ outcome }) => outcome === 'not_taken')).toMatchObject([
    { at: 'line 2', reason: 'malformed' },
    { at: 'line 3[0]', reason: 'malformed' },
    { at: 'line 4 #1', reason: 'no_subject' },
    { at: 'line 5 #1', reason: 'no_subject' },
  ])
  expect(report.counts).toMatchObject({ users_new: 3, faults: 4 })
  expect((await all()).flatMap(({ identities }) => identities)).toEqual(
    expect.arrayContaining(['kakao 1', 'kakao 2', 'kakao 12345678901234567890']),
  )
})

describe('a file is read in', () => {
  const name = '김민지 😀 é'
  const person = { sub: '1', name, identities: [{ provider: 'kakao', subject: '1' }] }
  const files: Record<string, string> = {
    'users.json': JSON.stringify([person]),
    'users.ndjson': `${JSON.stringify(person)}\r\n`,
    'user.csv': `sub,name,identities\r\n1,${name},"[{""provider"":""kakao"",""subject"":""1""}]"\r\n`,
  }
  const utf16 = (text: string) => Buffer.from(text, 'utf16le')
  test.each<[string, (text: string) => Buffer]>([
    ['UTF-8', (text) => Buffer.from(text)],
    ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16, as Windows writes it', (text) => utf16(`\ufeff${text}`)],
    ['UTF-16 without a byte order mark', utf16],
    ['UTF-16 of the other order', (text) => utf16(`\ufeff${text}`).swap16()],
  ])('%s, as a document, as lines and as a table', async (_encoding, encode) => {
    for (const [file, text] of Object.entries(files)) {
      await latchkey.database.query('truncate latchkey.users cascade')
      const report = await importInto(latchkey, 'latchkey', { [file]: encode(text) })
      expect(report.counts).toMatchObject({ users_new: 1, not_taken: 0 })
      expect((await all()).map((user) => user.name)).toEqual([name])
    }
  })

  test.each<[string, Buffer]>([
    ['the encoding of one country', Buffer.from([0xb1, 0xe8, 0xb9, 0xce, 0xc1, 0xf6])],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['an archive', Buffer.from('1f8b0800000000000003', 'hex')],
  ])('no other way: %s is told as such, and no name is guessed', async (_what, bytes) => {
    for (const file of Object.keys(files)) {
      const report = await importInto(latchkey, 'latchkey', { [file]: bytes })
      expect(report.users).toMatchObject([{ at: file, reason: 'not_text' }])
      expect(report.counts).toMatchObject({ users_new: 0, faults: 2 })
    }
    const late = Buffer.concat([Buffer.from(files['users.ndjson'] ?? ''), bytes])
    const report = await importInto(latchkey, 'latchkey', { 'users.ndjson': late })
    expect(leftOf(report)).toEqual(['not_text'])
  })
})

test('a table has semicolons or tabs, too, and nothing where a database says so', async () => {
  // A query that joined two tables names a column twice: the last one counts.
  const rows = [
    ['id', 'name', 'name', 'banned', 'banExpires'],
    ['1', 'x', 'Minji', 'NULL', '\\N'],
    ['2', 'x', '"NULL"', '1', 'NULL'],
  ]
  const accounts = 'userId,providerId,accountId\n1,google,1\n2,google,2\n'
  for (const between of [',', ';', '\t']) {
    await latchkey.database.query('truncate latchkey.users cascade')
    const table = rows.map((cells) => cells.join(between)).join('\n')
    await importInto(latchkey, 'better-auth', { 'user.csv': table, 'account.csv': accounts })
    expect(await all()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'Minji', isDisabled: false }),
        expect.objectContaining({ name: 'NULL', isDisabled: true }),
      ]),
    )
  }
})

test('a record of a CSV is found in the line where it begins', async () => {
  const report = await importInto(latchkey, 'better-auth', {
    'user.csv': 'id,name\n1,"a\nb"\n2,"c\nd"\n',
    'account.csv': 'userId,providerId,accountId\n1,google,1\n2,google,2\n',
  })
  expect(report.users.map(({ at }) => at)).toEqual(['user.csv line 2', 'user.csv line 4'])
})

test('of a document and a table that end too early, what stands before is taken', async () => {
  const whole =
    lines([]) + JSON.stringify([{ id: 1, identities: [{ provider: 'x', subject: '1' }] }])
  const cut = await importInto(latchkey, 'latchkey', { 'a.json': whole.slice(0, -1) })
  expect(cut.counts).toMatchObject({ users_new: 1, faults: 1 })
  const table = 'id,email\n7,a@example.com\n8\n9,"b@example.com\n'
  const report = await importInto(latchkey, 'auth.js', {
    'users.csv': table,
    'accounts.csv': 'userId,provider,providerAccountId\n7,google,7\n',
  })
  expect(report.counts).toMatchObject({ users_new: 1, not_taken: 2 })
  expect(leftOf(report)).toEqual(['malformed', 'malformed'])
})

test('Firebase’s CSV has no line of names, and its people are found all the same', async () => {
  const row = (cells: Record<number, string>) =>
    Array.from({ length: 28 }, (_, place) => cells[place] ?? '').join(',')
  const kept = row({
    ...{ 0: 'uid1', 1: 'minji@example.com', 2: 'true', 3: 'aGFzaA==', 5: 'Kim Minji' },
    ...{ 7: '107', 8: 'minji@example.com', 9: 'Kim Minji', 19: '42', 23: '1704164645000' },
    26: 'false',
  })
  const disabled = row({ 0: 'uid2', 15: '2244994945', 23: '1704164645000', 26: 'true' })
  const password = row({ 0: 'uid3', 1: 'p@example.com', 3: 'aGFzaA==' })
  const file = `${[kept, disabled, password].join('\n')}\n`
  const report = await importInto(latchkey, 'firebase', { 'export.csv': file })
  expect(leftOf(report)).toEqual(['no_social_identity'])
  expect(report.users.map(({ at }) => at).sort()).toEqual(['line 1', 'line 2', 'line 3'])
  expect(await all()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ identities: ['github 42', 'google 107'], isDisabled: false }),
      expect.objectContaining({ identities: ['x 2244994945'], isDisabled: true }),
    ]),
  )
  const named = `localId,email,disabled,providerUserInfo\nuid4,,,"[{""providerId"":""google.com"",""rawId"":""9""}]"\n`
  const again = await importInto(latchkey, 'firebase', { 'named.csv': named })
  expect(again.counts).toMatchObject({ users_new: 1, not_taken: 0 })
})

test('tables are found as Prisma calls them, in a small document and in a large one', async () => {
  const filler = 'x'.repeat(9 * 1024 * 1024)
  for (const [place, image] of [null, filler].entries()) {
    const id = `clx${place}`
    const report = await importInto(latchkey, 'auth.js', {
      'prisma.json': {
        User: [{ id, name: 'Minji', email: null, emailVerified: null, image }],
        Account: [{ userId: id, type: 'oauth', provider: 'kakao', providerAccountId: `${place}1` }],
      },
    })
    expect(report.counts).toMatchObject({ users_new: 1, identities_new: 1, not_taken: 0 })
  }
})

test('an export of another system, or of nobody, is a fault and not an empty success', async () => {
  const authJs = {
    users: [{ id: '1', name: 'Minji' }],
    accounts: [{ userId: '1', type: 'oauth', provider: 'kakao', providerAccountId: '1' }],
  }
  const wrong = await importInto(latchkey, 'better-auth', { 'export.json': authJs })
  expect(leftOf(wrong)).toContain('malformed')
  expect(wrong.counts.faults).toBeGreaterThan(0)
  for (const empty of ['[]', '{"users":[],"accounts":[]}', 'id,name\n']) {
    const report = await importInto(latchkey, 'auth.js', { 'export.txt': empty })
    expect(report.counts).toMatchObject({ users_new: 0, not_taken: 0, faults: 1 })
  }
  const right = await importInto(latchkey, 'auth.js', { 'export.json': authJs })
  expect(right.counts).toMatchObject({ users_new: 1, faults: 0 })
})
