import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { readSettings, SettingsError } from '../../src/settings/index.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { problemsOf } from './problems.ts'

const BUILT_IN = builtInProviders.map(({ id }) => id)
const SECRET = 'a secret of the tests with more than 32 characters'
const GOOGLE = { GOOGLE_CLIENT_ID: 'google-id', GOOGLE_CLIENT_SECRET: 'google-secret' }
const PRODUCTION = {
  PUBLIC_URL: 'https://login.example.com',
  SECRET,
  DATABASE_URL: 'postgres://user:password@db.example.com:5432/latchkey',
  ...GOOGLE,
}
const OIDC = {
  OIDC_PROVIDERS: 'acme',
  ACME_ISSUER: 'https://id.acme.example',
  ACME_CLIENT_ID: 'acme-id',
  ACME_CLIENT_SECRET: 'acme-secret',
}

/** The one provider of these settings. */
function providerOf(env: Environment) {
  const { providers } = readSettings(env)
  expect(providers).toHaveLength(1)
  return providers[0] ?? expect.unreachable('no provider')
}

/** Thirty roles, the last one so long. */
const rolesOf = (length: number) =>
  [
    ...Array.from({ length: 29 }, (_, place) => `r${place}-`.padEnd(64, 'x')),
    'x'.repeat(length),
  ].join()

describe('without any setting', () => {
  test('Latchkey is complete on loopback, with its own database, secret and emulator', () => {
    expect(readSettings({})).toMatchObject({
      port: 3000,
      host: 'localhost',
      publicUrl: 'http://localhost:3000',
      database: { url: null, connections: 10, prepare: true },
      dataDir: '.data',
      secrets: null,
      providers: [],
      emulate: BUILT_IN,
      people: { mode: 'verified', signUp: 'open', defaultRoles: [], reauthSeconds: 1800 },
      sessionsPerUser: 100,
      accessTokenTtlSeconds: 600,
      refreshTokenTtlSeconds: 14 * 86_400,
      sessionTtlSeconds: 30 * 86_400,
      tokenAudience: 'http://localhost:3000',
      signingAlg: 'ES256',
      signingKeyRotationSeconds: 90 * 86_400,
      trustProxy: [],
      rateLimit: true,
      logLevel: 'info',
      metrics: false,
    })
  })

  test('an empty value, or one of spaces, counts as not set', () => {
    const names = ['PORT', 'HOST', 'PUBLIC_URL', 'DATABASE_URL', 'DATABASE_POOL', 'SECRET']
    names.push('ACCOUNT_LINKING', 'ACCESS_TOKEN_TTL', 'TOKEN_AUDIENCE', 'SIGNING_ALG', 'LOG_LEVEL')
    names.push('TRUST_PROXY', 'DATA_DIR', 'GOOGLE_CLIENT_ID', 'OIDC_PROVIDERS', 'DATABASE_PREPARE')
    names.push('RATE_LIMIT', 'METRICS')
    const plain = readSettings({})
    for (const value of ['', '   ']) {
      expect(readSettings(Object.fromEntries(names.map((name) => [name, value])))).toEqual(plain)
    }
  })

  test('the public URL and the audience follow the port', () => {
    expect(readSettings({ PORT: '4000' })).toMatchObject({
      port: 4000,
      publicUrl: 'http://localhost:4000',
      tokenAudience: 'http://localhost:4000',
    })
  })
})

describe('each setting is read', () => {
  test.each<[string, Environment, object]>([
    ['HOST', { HOST: '127.0.0.1' }, { host: '127.0.0.1' }],
    [
      'PUBLIC_URL without its slash',
      { PUBLIC_URL: 'http://localhost/' },
      { publicUrl: 'http://localhost' },
    ],
    [
      'PUBLIC_URL without the default port, in lower case',
      { ...PRODUCTION, PUBLIC_URL: 'https://LOGIN.example.com:443' },
      { publicUrl: 'https://login.example.com', tokenAudience: 'https://login.example.com' },
    ],
    ['PUBLIC_URL on IPv6 loopback', { PUBLIC_URL: 'http://[::1]:3000' }, { emulate: BUILT_IN }],
    [
      'DATABASE_URL',
      { DATABASE_URL: 'postgresql://u:p@h/db' },
      { database: { url: 'postgresql://u:p@h/db', connections: 10, prepare: true } },
    ],
    [
      'DATABASE_POOL and DATABASE_PREPARE',
      { DATABASE_POOL: '3', DATABASE_PREPARE: 'off' },
      { database: { url: null, connections: 3, prepare: false } },
    ],
    ['DATA_DIR', { DATA_DIR: 'elsewhere' }, { dataDir: 'elsewhere' }],
    ['SECRET', { SECRET }, { secrets: [SECRET] }],
    [
      'SECRET as a list',
      { SECRET: `${SECRET} , x${SECRET},` },
      { secrets: [SECRET, `x${SECRET}`] },
    ],
    ['ACCOUNT_LINKING', { ACCOUNT_LINKING: 'explicit' }, { people: { mode: 'explicit' } }],
    ['SIGN_UP', { SIGN_UP: 'closed' }, { people: { signUp: 'closed' } }],
    [
      'SIGN_UP as domains',
      { SIGN_UP: 'Example.com, b.example.org' },
      { people: { signUp: ['example.com', 'b.example.org'] } },
    ],
    [
      'DEFAULT_ROLES',
      { DEFAULT_ROLES: 'member, beta:1,member' },
      { people: { defaultRoles: ['member', 'beta:1'] } },
    ],
    ['REAUTH_MAX_AGE', { REAUTH_MAX_AGE: '5m' }, { people: { reauthSeconds: 300 } }],
    ['REAUTH_MAX_AGE off', { REAUTH_MAX_AGE: 'off' }, { people: { reauthSeconds: null } }],
    ['ACCESS_TOKEN_TTL', { ACCESS_TOKEN_TTL: '90s' }, { accessTokenTtlSeconds: 90 }],
    ['REFRESH_TOKEN_TTL', { REFRESH_TOKEN_TTL: '12h' }, { refreshTokenTtlSeconds: 43_200 }],
    ['SESSION_TTL', { SESSION_TTL: '2d' }, { sessionTtlSeconds: 172_800 }],
    ['TOKEN_AUDIENCE', { TOKEN_AUDIENCE: 'my-api' }, { tokenAudience: 'my-api' }],
    ['SIGNING_ALG', { SIGNING_ALG: 'EdDSA' }, { signingAlg: 'EdDSA' }],
    ['SIGNING_KEY_ROTATION', { SIGNING_KEY_ROTATION: '1h' }, { signingKeyRotationSeconds: 3600 }],
    [
      'TRUST_PROXY',
      { TRUST_PROXY: '10.0.0.0/8, 192.0.2.1,2001:db8::/32,::1' },
      { trustProxy: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'] },
    ],
    ['TRUST_PROXY off', { TRUST_PROXY: 'off' }, { trustProxy: [] }],
    ['RATE_LIMIT', { RATE_LIMIT: 'off' }, { rateLimit: false }],
    ['LOG_LEVEL', { LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    ['METRICS', { METRICS: 'on' }, { metrics: true }],
    ['EMULATE', { EMULATE: 'kakao' }, { emulate: ['kakao'] }],
    ['EMULATE all', { EMULATE: 'all' }, { emulate: BUILT_IN }],
    ['EMULATE none', { EMULATE: 'none' }, { emulate: [] }],
    ['EMULATE empty', { EMULATE: '' }, { emulate: [] }],
    ['EMULATE beside real providers', { ...GOOGLE, EMULATE: 'kakao' }, { emulate: ['kakao'] }],
    [
      'EMULATE all beside real providers',
      { ...GOOGLE, EMULATE: 'all' },
      { emulate: BUILT_IN.filter((id) => id !== 'google') },
    ],
    ['a real provider instead of the emulator', GOOGLE, { emulate: [] }],
    ['an OpenID provider instead of the emulator', OIDC, { emulate: [] }],
  ])('%s', (_, env, settings) => {
    expect(readSettings(env)).toMatchObject(settings)
  })

  test.each([
    ['1s', 1],
    ['59s', 59],
    ['10m', 600],
    ['24h', 86_400],
    ['3650d', 315_360_000],
  ])('a duration of %s is %s seconds', (text, seconds) => {
    expect(readSettings({ SESSION_TTL: text }).sessionTtlSeconds).toBe(seconds)
  })
})

describe('a wrong value gives its problem', () => {
  const duration = (name: string): [string, string, string, string][] =>
    ['10', 'm', '10x', '10M', '1.5h', '-10m', '10 m', '0s', '3651d', '1e3s', '10m10s'].map(
      (wrong) => [
        name,
        wrong,
        '10m',
        `${name} must be a duration such as 10m or 14d, 3650d at most.`,
      ],
    )

  test.each<[name: string, wrong: string, right: string, problem: string]>([
    ...['0', '65536', '3000.5', '-1', 'abc', '0x50', '1e3', '99999999999'].map(
      (wrong): [string, string, string, string] => [
        'PORT',
        wrong,
        '65535',
        'PORT must be a whole number from 1 to 65535.',
      ],
    ),
    ['DATABASE_POOL', '0', '1', 'DATABASE_POOL must be a whole number from 1 to 1000.'],
    ['DATABASE_POOL', '1001', '1000', 'DATABASE_POOL must be a whole number from 1 to 1000.'],
    ['DATABASE_PREPARE', 'no', 'off', 'DATABASE_PREPARE must be one of on, off.'],
    ['DATABASE_URL', 'mysql://u:p@h/db', 'postgres://u:p@h/db', 'DATABASE_URL must look like'],
    ['DATABASE_URL', 'h/db', 'postgres://h/db', 'DATABASE_URL must look like'],
    [
      'DATABASE_URL',
      'postgres://u:p/w@h/db',
      'postgres://u:p%2Fw@h/db',
      'In a password, write a slash as %2F',
    ],
    ['DATABASE_URL', 'postgres://u:p?w@h/db', 'postgres://u:p%3Fw@h/db', 'a question mark as %3F'],
    ...['sslrootcert', 'sslcert', 'sslkey'].map((parameter): [string, string, string, string] => [
      'DATABASE_URL',
      `postgres://u:p@h/db?sslmode=verify-full&${parameter}=/not/there.pem`,
      `postgres://u:p@h/db?sslmode=verify-full&${parameter}=${encodeURIComponent(import.meta.filename)}`,
      `DATABASE_URL: ${parameter} names "/not/there.pem", which cannot be read (ENOENT).`,
    ]),
    ['SECRET', 'x'.repeat(31), 'x'.repeat(32), 'SECRET must have at least 32 characters'],
    ['SECRET', `${SECRET},short`, `${SECRET},${SECRET}`, 'SECRET must have at least 32 characters'],
    ['SECRET', ' , ,', SECRET, 'SECRET must have at least 32 characters'],
    ['ACCOUNT_LINKING', 'always', 'verified', 'ACCOUNT_LINKING must be one of verified, explicit.'],
    ['SIGN_UP', '*.example.com', 'example.com', 'SIGN_UP must be open, closed, or list'],
    ['SIGN_UP', 'closed,example.com', 'closed', 'SIGN_UP must be open, closed, or list'],
    ['DEFAULT_ROLES', 'member,The Boss', 'member,the-boss', 'DEFAULT_ROLES'],
    ['DEFAULT_ROLES', rolesOf(54), rolesOf(53), 'DEFAULT_ROLES'],
    ['SIGNING_ALG', 'HS256', 'RS256', 'SIGNING_ALG must be one of ES256, RS256, EdDSA.'],
    ['SIGNING_ALG', 'none', 'ES256', 'SIGNING_ALG must be one of ES256, RS256, EdDSA.'],
    ['RATE_LIMIT', '60', 'on', 'RATE_LIMIT must be one of on, off.'],
    [
      'WEBHOOK_EVENTS',
      'user.*,user.foo',
      'user.*,session.ended',
      'names user.foo, which is not an event',
    ],
    ['WEBHOOK_EVENTS', 'nobody.*', 'grant.*', 'names nobody.*, which is not an event'],
    ['LOG_LEVEL', 'verbose', 'trace', 'LOG_LEVEL must be one of fatal,'],
    ['METRICS', 'yes', 'on', 'METRICS must be one of on, off.'],
    ['TRUST_PROXY', 'on', 'off', 'TRUST_PROXY must list IP addresses or CIDRs'],
    ['TRUST_PROXY', '10.0.0.1,proxy', '10.0.0.1', 'TRUST_PROXY must list IP addresses or CIDRs'],
    ['TRUST_PROXY', '10.0.0.0/33', '10.0.0.0/32', 'TRUST_PROXY must list IP addresses or CIDRs'],
    ['TRUST_PROXY', '0.0.0.0/0', '10.0.0.0/8', 'TRUST_PROXY must list IP addresses or CIDRs'],
    ['EMULATE', 'gogle', 'google', 'EMULATE names "gogle"'],
    ['EMULATE', '__proto__', 'google', 'EMULATE names "__proto__"'],
    ['HOST', '0.0.0.0', '127.0.0.1', 'HOST is 0.0.0.0, which other machines can reach'],
    ['HOST', '::', '::1', 'HOST is ::, which other machines can reach'],
    ['HOST', '192.0.2.1', 'localhost', 'HOST is 192.0.2.1, which other machines can reach'],
    [
      'PUBLIC_URL',
      'localhost:3000',
      'http://localhost:3000',
      'PUBLIC_URL must be an http or https URL',
    ],
    [
      'PUBLIC_URL',
      'ftp://localhost',
      'http://localhost',
      'PUBLIC_URL must be an http or https URL',
    ],
    ['PUBLIC_URL', 'http://', 'http://localhost', 'PUBLIC_URL must be an http or https URL'],
    [
      'PUBLIC_URL',
      'http://localhost/a%20b',
      'http://localhost/a.b/c_~d/',
      'PUBLIC_URL may have a path',
    ],
    ['PUBLIC_URL', 'http://localhost/?a=b', 'http://localhost/', 'PUBLIC_URL may have a path'],
    ['PUBLIC_URL', 'http://localhost/#a', 'http://localhost/', 'PUBLIC_URL may have a path'],
    ['PUBLIC_URL', 'http://u:p@localhost', 'http://localhost/', 'PUBLIC_URL may have a path'],
    ...duration('ACCESS_TOKEN_TTL'),
    ...duration('REFRESH_TOKEN_TTL'),
    ...duration('SESSION_TTL'),
    ...duration('SIGNING_KEY_ROTATION'),
  ])('%s=%s', (name, wrong, right, problem) => {
    expect(problemsOf({ [name]: wrong })).toEqual([expect.stringContaining(problem)])
    expect(problemsOf({ [name]: right })).toEqual([])
  })
})

describe('a provider', () => {
  test('is enabled by its client id and secret', () => {
    const { row, clientId, clientSecret } = providerOf(GOOGLE)
    expect([row.id, clientId, clientSecret]).toEqual(['google', 'google-id', 'google-secret'])
    expect(row.issuer).toBe('https://accounts.google.com')
    expect(row.issuerAliases).toEqual(['accounts.google.com'])
    expect(row.scopes).toEqual(['openid', 'profile', 'email'])
    expect(Object.isFrozen(row)).toBe(true)
  })

  test.each([
    ['GOOGLE_CLIENT_SECRET', { GOOGLE_CLIENT_ID: 'google-id' }],
    ['GOOGLE_CLIENT_ID', { GOOGLE_CLIENT_SECRET: 'google-secret' }],
  ])('with one of the two is told that %s is missing', (name, env) => {
    expect(problemsOf(env)).toEqual([`${name} is missing.`])
    expect(problemsOf(GOOGLE)).toEqual([])
  })

  test.each(['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'])('%s is printable ASCII', (name) => {
    for (const value of ['sécret', 'a\u0000b', 'a\nb']) {
      expect(problemsOf({ ...GOOGLE, [name]: value })).toEqual([`${name} must be printable ASCII.`])
    }
  })

  test('takes other scopes, separated as the operator likes', () => {
    const kakao = { KAKAO_CLIENT_ID: 'k', KAKAO_CLIENT_SECRET: 's' }
    expect(providerOf(kakao).row.scopes).toEqual([])
    for (const value of ['profile_nickname,profile_image', 'profile_nickname  profile_image']) {
      expect(providerOf({ ...kakao, KAKAO_SCOPES: value }).row.scopes).toEqual([
        'profile_nickname',
        'profile_image',
      ])
    }
  })

  test('that lives by its ID token is told when openid is dropped', () => {
    expect(problemsOf({ ...GOOGLE, GOOGLE_SCOPES: 'profile email' })).toEqual([
      'GOOGLE_SCOPES must contain openid.',
    ])
    expect(problemsOf({ ...GOOGLE, GOOGLE_SCOPES: 'openid' })).toEqual([])
  })

  test('can be aimed elsewhere, endpoint by endpoint', () => {
    const github = { GITHUB_CLIENT_ID: 'g', GITHUB_CLIENT_SECRET: 's' }
    const { row } = providerOf({
      ...github,
      GITHUB_AUTHORIZATION_ENDPOINT: 'https://git.example.com/login/oauth/authorize',
      GITHUB_TOKEN_ENDPOINT: 'http://127.0.0.1:9/token',
      GITHUB_EMAILS_ENDPOINT: 'http://localhost:9/emails',
      GITHUB_REVOCATION_ENDPOINT: 'http://[::1]:9/revoke',
    })
    expect(row.endpoints).toMatchObject({
      authorization_endpoint: 'https://git.example.com/login/oauth/authorize',
      token_endpoint: 'http://127.0.0.1:9/token',
      emails_endpoint: 'http://localhost:9/emails',
      revocation_endpoint: 'http://[::1]:9/revoke',
      userinfo_endpoint: providerOf(github).row.endpoints.userinfo_endpoint,
    })
  })

  test('of another issuer loses the other names of the real one', () => {
    const { row } = providerOf({ ...GOOGLE, GOOGLE_ISSUER: 'https://id.example.com' })
    expect([row.issuer, row.issuerAliases]).toEqual(['https://id.example.com', []])
  })

  test.each([
    'ISSUER',
    'AUTHORIZATION_ENDPOINT',
    'TOKEN_ENDPOINT',
    'USERINFO_ENDPOINT',
    'JWKS_URI',
    'END_SESSION_ENDPOINT',
    'REVOCATION_ENDPOINT',
  ])('refuses GOOGLE_%s on plain http beyond loopback', (suffix) => {
    const name = `GOOGLE_${suffix}`
    const wrong = [
      'http://id.example.com/x',
      'http://localhost.example.com/x',
      'http://10.0.0.1/x',
      'ftp://localhost/x',
      'id.example.com',
      '/x',
      'https://user:word@id.example.com/x',
      'https://id.example.com/x#y',
    ]
    for (const value of wrong) {
      expect(problemsOf({ ...GOOGLE, [name]: value })).toEqual([
        `${name} must be an https URL without a user or fragment (plain http is accepted for loopback hosts only).`,
      ])
    }
    for (const value of [
      'https://id.example.com/x',
      'http://localhost:1/x',
      'http://127.0.0.1/x',
    ]) {
      expect(problemsOf({ ...GOOGLE, [name]: value })).toEqual([])
    }
  })

  test('cannot be emulated and real at once', () => {
    expect(problemsOf({ ...GOOGLE, EMULATE: 'google' })).toEqual([
      expect.stringContaining('EMULATE names "google", but GOOGLE_CLIENT_ID is set too'),
    ])
    expect(problemsOf({ ...GOOGLE, EMULATE: 'kakao' })).toEqual([])
  })

  test('has its verified flag trusted as its row says, enabled or not', () => {
    const rows = builtInProviders.filter(({ trustsEmail }) => trustsEmail).map(({ id }) => id)
    expect(readSettings(GOOGLE).trustedProviders.toSorted()).toEqual(rows.toSorted())
    expect(rows).toContain('google')
  })

  test('is trusted no more where it is aimed elsewhere, until the operator says so', () => {
    const isTrusted = (id: string, changes: Environment) =>
      readSettings({ ...GOOGLE, ...changes }).trustedProviders.includes(id)
    for (const name of [
      ...['GOOGLE_ISSUER', 'GOOGLE_TOKEN_ENDPOINT', 'GOOGLE_USERINFO_ENDPOINT', 'GOOGLE_JWKS_URI'],
      ...['GITHUB_EMAILS_ENDPOINT', 'GITHUB_TOKEN_CHECK_ENDPOINT', 'GOOGLE_TOKEN_INFO_ENDPOINT'],
    ]) {
      const id = name.split('_')[0]?.toLowerCase() ?? ''
      const aimed = { [name]: 'https://elsewhere.example/x' }
      expect([name, isTrusted(id, aimed)]).toEqual([name, false])
      const said = { ...aimed, [`${id.toUpperCase()}_TRUST_EMAIL`]: 'on' }
      expect([name, isTrusted(id, said)]).toEqual([name, true])
    }
    // What a browser is sent to proves nothing; and who names the usual address changes nothing.
    expect(isTrusted('google', { GOOGLE_AUTHORIZATION_ENDPOINT: 'https://e.example/x' })).toBe(true)
    expect(isTrusted('google', { GOOGLE_ISSUER: 'https://accounts.google.com' })).toBe(true)
    expect(isTrusted('google', { GOOGLE_TRUST_EMAIL: 'off' })).toBe(false)
  })
})

describe('a further OpenID provider', () => {
  test('is aimed by its own settings', () => {
    const { row, clientId, clientSecret } = providerOf(OIDC)
    expect([row.id, row.name, clientId, clientSecret]).toEqual([
      'acme',
      'acme',
      'acme-id',
      'acme-secret',
    ])
    expect(row).toMatchObject({
      issuer: 'https://id.acme.example',
      scopes: ['openid', 'profile', 'email'],
      trustsEmail: false,
      issuerVaries: true,
      idToken: 'required',
    })
    expect(readSettings(OIDC).trustedProviders).not.toContain('acme')
  })

  test('takes a name, scopes and the operator’s trust in its verified flag', () => {
    const env = {
      ...OIDC,
      ACME_NAME: 'Acme 계정',
      ACME_SCOPES: 'openid email',
      ACME_TRUST_EMAIL: 'on',
    }
    expect(providerOf(env).row).toMatchObject({
      name: 'Acme 계정',
      scopes: ['openid', 'email'],
      trustsEmail: true,
    })
    expect(readSettings(env).trustedProviders).toContain('acme')
  })

  test('may have a hyphen, which is an underscore in its settings', () => {
    const env = {
      OIDC_PROVIDERS: 'acme-eu',
      ACME_EU_ISSUER: 'https://eu.acme.example',
      ACME_EU_CLIENT_ID: 'id',
      ACME_EU_CLIENT_SECRET: 'secret',
    }
    expect(providerOf(env).row.id).toBe('acme-eu')
  })

  test('names each of its settings that is missing', () => {
    expect(problemsOf({ OIDC_PROVIDERS: 'acme' })).toEqual([
      'ACME_ISSUER is missing.',
      'ACME_CLIENT_ID is missing.',
      'ACME_CLIENT_SECRET is missing.',
    ])
    expect(problemsOf(OIDC)).toEqual([])
  })

  test('whose issuer is missing is not said to share it with another', () => {
    expect(problemsOf({ OIDC_PROVIDERS: 'a,b' }).join()).not.toContain('same issuer')
  })

  test.each(['Acme', '1acme', '-acme', 'ac me', 'ac/me', '../x', '__proto__', 'é', 'a'.repeat(33)])(
    'is not called %s',
    (id) => {
      expect(problemsOf({ OIDC_PROVIDERS: id })).toEqual([
        expect.stringMatching(
          /^OIDC_PROVIDERS: ".+" is not an id: use at most 32 lower-case letters/,
        ),
      ])
    },
  )

  test('may have an underscore in its id, but not settings of the name of another’s', () => {
    const other = (prefix: string) => ({
      [`${prefix}_ISSUER`]: 'https://other.example',
      [`${prefix}_CLIENT_ID`]: 'other',
      [`${prefix}_CLIENT_SECRET`]: 'secret of the other',
    })
    const named = (ids: string) => ({ OIDC_PROVIDERS: ids, ...other('AC_ME') })
    expect(readSettings(named('ac_me')).providers[0]?.row.id).toBe('ac_me')
    expect(problemsOf(named('ac_me,ac-me'))).toEqual([
      'OIDC_PROVIDERS names "ac-me" twice, or it is the id of a built-in provider.',
    ])
  })

  test('is not called as another provider is', () => {
    expect(problemsOf({ ...OIDC, OIDC_PROVIDERS: 'acme,acme' })).toEqual([
      'OIDC_PROVIDERS names "acme" twice, or it is the id of a built-in provider.',
    ])
    for (const id of BUILT_IN) {
      expect(problemsOf({ OIDC_PROVIDERS: id })).toEqual([
        `OIDC_PROVIDERS names "${id}" twice, or it is the id of a built-in provider.`,
      ])
    }
  })

  test.each([
    ['ACME_TRUST_EMAIL', 'yes', 'on', 'ACME_TRUST_EMAIL must be one of on, off.'],
    [
      'ACME_ISSUER',
      'http://id.acme.example',
      'http://localhost:1',
      'ACME_ISSUER must be an https URL',
    ],
    ['ACME_SCOPES', 'email', 'openid', 'ACME_SCOPES must contain openid.'],
    [
      'ACME_ISSUER',
      'https://id.acme.example/.well-known/openid-configuration',
      'https://id.acme.example',
      'ACME_ISSUER must be the issuer, without /.well-known/… behind it.',
    ],
  ])('refuses %s=%s', (name, wrong, right, problem) => {
    expect(problemsOf({ ...OIDC, [name]: wrong })).toEqual([expect.stringContaining(problem)])
    expect(problemsOf({ ...OIDC, [name]: right })).toEqual([])
  })

  test('does not share its issuer with another provider', () => {
    const both = (issuer: string) => ({ ...OIDC, ...GOOGLE, ACME_ISSUER: issuer })
    expect(problemsOf(both('https://accounts.google.com'))).toEqual([
      'acme and google have the same issuer; each provider needs its own.',
    ])
    expect(problemsOf(both('https://id.acme.example'))).toEqual([])
    const two = {
      ...OIDC,
      OIDC_PROVIDERS: 'acme,other',
      OTHER_CLIENT_ID: 'id',
      OTHER_CLIENT_SECRET: 'secret',
    }
    expect(problemsOf({ ...two, OTHER_ISSUER: OIDC.ACME_ISSUER })).toEqual([
      'other and acme have the same issuer; each provider needs its own.',
    ])
    expect(problemsOf({ ...two, OTHER_ISSUER: 'https://other.example' })).toEqual([])
  })
})

describe('outside loopback', () => {
  test('a complete set of settings is accepted, and nothing is emulated', () => {
    expect(readSettings(PRODUCTION)).toMatchObject({
      publicUrl: 'https://login.example.com',
      secrets: [SECRET],
      emulate: [],
    })
    expect(problemsOf({ ...PRODUCTION, NODE_ENV: 'production', HOST: '0.0.0.0' })).toEqual([])
  })

  const needed = {
    SECRET: 'SECRET is missing',
    DATABASE_URL: 'DATABASE_URL is missing',
    GOOGLE_CLIENT_ID: 'GOOGLE_CLIENT_ID is missing.',
  }
  test.each(Object.entries(needed))('%s is needed', (name, problem) => {
    const { [name]: _, ...rest } = PRODUCTION as Record<string, string>
    expect(problemsOf(rest)).toEqual([expect.stringContaining(problem)])
    expect(problemsOf({ ...rest, [name]: '' })).toEqual([expect.stringContaining(problem)])
  })

  test('a provider is needed', () => {
    const { GOOGLE_CLIENT_ID: _, GOOGLE_CLIENT_SECRET: __, ...rest } = PRODUCTION
    expect(problemsOf(rest)).toEqual([expect.stringContaining('No provider is set')])
    expect(problemsOf({ ...rest, ...OIDC })).toEqual([])
  })

  test('https is needed', () => {
    expect(problemsOf({ ...PRODUCTION, PUBLIC_URL: 'http://login.example.com' })).toEqual([
      expect.stringContaining('PUBLIC_URL must be https'),
    ])
  })

  test.each(['http://localhost.example.com', 'http://192.168.1.2:3000', 'http://0.0.0.0:3000'])(
    '%s is outside',
    (url) => {
      expect(problemsOf({ PUBLIC_URL: url })).toEqual([
        expect.stringContaining('PUBLIC_URL must be https'),
        expect.stringContaining('SECRET is missing'),
        expect.stringContaining('DATABASE_URL is missing'),
        expect.stringContaining('No provider is set'),
      ])
    },
  )

  test('NODE_ENV=production asks for the same on loopback', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringContaining('PUBLIC_URL is missing'),
      expect.stringContaining('SECRET is missing'),
      expect.stringContaining('DATABASE_URL is missing'),
      expect.stringContaining('No provider is set'),
    ])
    const local = { ...PRODUCTION, NODE_ENV: 'production', PUBLIC_URL: 'http://localhost:3000' }
    expect(problemsOf(local)).toEqual([expect.stringContaining('PUBLIC_URL must be https')])
    expect(problemsOf({ ...local, NODE_ENV: 'development' })).toEqual([])
  })

  test('SECRET that holds nothing is not a secret', () => {
    expect(problemsOf({ ...PRODUCTION, SECRET: ',' })).toEqual([
      expect.stringContaining('SECRET must have at least 32 characters'),
    ])
  })

  test('emulation is refused, in whole and in part', () => {
    for (const EMULATE of ['all', 'kakao', 'kakao,github']) {
      expect(problemsOf({ ...PRODUCTION, EMULATE })).toEqual([
        expect.stringContaining('EMULATE must be empty'),
      ])
    }
    for (const EMULATE of ['', 'none']) {
      expect(problemsOf({ ...PRODUCTION, EMULATE })).toEqual([])
    }
    const local = { PUBLIC_URL: 'http://localhost:3000', EMULATE: 'kakao' }
    expect(problemsOf(local)).toEqual([])
    expect(problemsOf({ ...PRODUCTION, ...local, NODE_ENV: 'production' })).toEqual([
      expect.stringContaining('EMULATE must be empty'),
      expect.stringContaining('PUBLIC_URL must be https'),
    ])
  })
})

describe('on loopback', () => {
  test('a reachable HOST is refused while providers are emulated, and only then', () => {
    expect(problemsOf({ HOST: '0.0.0.0', EMULATE: 'kakao' })).toEqual([
      expect.stringContaining('HOST is 0.0.0.0'),
    ])
    expect(problemsOf({ HOST: '0.0.0.0', EMULATE: '' })).toEqual([])
    expect(problemsOf({ HOST: '0.0.0.0', ...GOOGLE })).toEqual([])
  })
})

describe('the message', () => {
  const hopeless = {
    PORT: 'abc',
    PUBLIC_URL: 'http://user:canary-url@login.example.com/path',
    DATABASE_URL: 'mysql://user:canary-database@h/db',
    SECRET: 'canary-secret',
    ACCESS_TOKEN_TTL: 'soon',
    SIGNING_ALG: 'HS256',
    GOOGLE_CLIENT_ID: 'canary-id-é',
    GOOGLE_CLIENT_SECRET: 'canary-client-é',
    GOOGLE_TOKEN_ENDPOINT: 'http://user:canary-endpoint@example.com',
    OIDC_PROVIDERS: 'A,B,acme',
    EMULATE: 'all',
  }

  const errorOf = (env: Environment): Error => {
    try {
      readSettings(env)
    } catch (error) {
      if (error instanceof SettingsError) return error
    }
    throw new Error('nothing was refused')
  }

  test('has what production needs below a line of its own', () => {
    const { message } = errorOf({ NODE_ENV: 'production', PORT: 'abc', EMULATE: '' })
    expect(message.split('\n').map((line) => line.split(/[ :]/, 4).join(' '))).toEqual([
      'Latchkey cannot start with',
      '  - PORT',
      'NODE_ENV=production needs ',
      '  - PUBLIC_URL',
      '  - SECRET',
      '  - DATABASE_URL',
      '  - No',
      'Each setting is explained',
    ])
    expect(errorOf({ PUBLIC_URL: 'https://a.example' }).message).toMatch(
      /^A PUBLIC_URL that is not on loopback needs:\n/,
    )
  })

  test('names every problem at once, each once', () => {
    const problems = problemsOf(hopeless)
    expect(new Set(problems).size).toBe(problems.length)
    const all = problems.join('\n')
    for (const name of Object.keys(hopeless)) expect(all).toContain(name)
    for (const name of ['ACME_ISSUER', 'ACME_CLIENT_ID', 'ACME_CLIENT_SECRET']) {
      expect(all).toContain(`${name} is missing.`)
    }
  })

  test('holds each problem in a line of its own and says where settings are explained', () => {
    const problems = problemsOf(hopeless)
    const error = errorOf(hopeless)
    const lines = error.message.split('\n')
    for (const problem of problems) expect(lines).toContain(`  - ${problem}`)
    expect(lines.at(-1)).toContain('.env.example')
    expect(error.message).not.toMatch(/^\s+at /m)
  })

  test('prints no secret', () => {
    expect(errorOf(hopeless).message).not.toContain('canary')
  })
})
