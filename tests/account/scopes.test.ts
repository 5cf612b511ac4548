import { expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
import { APPS, claimsOf, signIn } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey, start } = setStage({
  settings: { ...APPS, FAKE_TRUST_EMAIL: 'on' },
  people: (turn) => ({ name: 'Ann', email: `ann-${turn}@example.com`, email_verified: true }),
})

const ask = (token: string, path: string, method = 'GET', at = latchkey): Promise<Answer> => {
  const hasBody = method === 'PATCH' || (method === 'POST' && path !== '')
  return new Browser().send(`${at.url}/me${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: '{}' } : {}),
  })
}

test.each<[scope: string, claims: string[]]>([
  ['openid', ['sub']],
  ['openid profile', ['name', 'sub', 'updated_at']],
  ['openid email', ['email', 'email_verified', 'sub']],
  ['openid account', ['created_at', 'identities', 'sub']],
  [
    'openid profile email account',
    ['created_at', 'email', 'email_verified', 'identities', 'name', 'sub', 'updated_at'],
  ],
])(
  '/me with the scope %s has these claims and no others, by GET and by POST',
  async (scope, claims) => {
    const { access_token, id_token } = await signIn(latchkey, provider, { scope })
    const me = (await ask(access_token, '')).json()
    expect(Object.keys(me).sort()).toEqual(claims)
    expect((await ask(access_token, '', 'POST')).json()).toEqual(me)
    expect(Object.values(me)).not.toContain(null)
    const [identity] = (me.identities ?? []) as Record<string, unknown>[]
    if (identity !== undefined) {
      expect('email' in identity).toBe(scope.includes('email'))
      expect('email_verified' in identity).toBe(scope.includes('email'))
    }
    const said = claimsOf(String(id_token))
    for (const claim of ['name', 'email', 'email_verified']) {
      expect([claim, claim in said]).toEqual([claim, claims.includes(claim)])
    }
  },
)

const BELOW: [method: string, path: string][] = [
  ['PATCH', ''],
  ['DELETE', ''],
  ['GET', '/export'],
  ['GET', '/identities'],
  ['POST', '/identities'],
  ['DELETE', '/identities/fake'],
  ['GET', '/sessions'],
  ['DELETE', '/sessions'],
  ['DELETE', '/sessions/00000000-0000-7000-8000-000000000000'],
]

test('what is below /me, and every write, needs the scope account: 403 that names it', async () => {
  const narrow = await signIn(latchkey, provider, { scope: 'openid profile email' })
  for (const [method, path] of BELOW) {
    const answer = await ask(narrow.access_token, path, method)
    expectProblem(answer, 403, 'insufficient_scope')
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="account"',
    )
  }
  expect((await ask(narrow.access_token, '')).status).toBe(200)
  const wide = await signIn(latchkey, provider, { scope: 'account' })
  for (const [method, path] of BELOW.filter(([method]) => method === 'GET')) {
    expect([path, (await ask(wide.access_token, path, method)).status]).toEqual([path, 200])
  }
})

test('what cannot be undone needs a sign-in that is recent: 401 with max_age (RFC 9470)', async () => {
  const { access_token } = await signIn(latchkey, provider)
  await age(latchkey, '31 minutes')
  const undone: [string, string][] = [
    ['DELETE', ''],
    ['DELETE', '/identities/fake'],
  ]
  for (const [method, path] of undone) {
    const answer = await ask(access_token, path, method)
    expectProblem(answer, 401, 'insufficient_user_authentication')
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="1800"',
    )
  }
  const link = await new Browser().send(`${latchkey.url}/me/identities`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      code: 'x',
      redirect_uri: 'https://a.example',
      code_verifier: 'x'.repeat(43),
    }),
  })
  expectProblem(link, 401, 'insufficient_user_authentication')
  // All else goes on, and so does this where the operator says so.
  expect((await ask(access_token, '/export')).status).toBe(200)
  const off = await start({ REAUTH_MAX_AGE: 'off' })
  expectProblem(await ask(access_token, '/identities/fake', 'DELETE', off), 409, 'last_identity')
  const { access_token: again } = await signIn(latchkey, provider)
  expectProblem(await ask(again, '/identities/fake', 'DELETE'), 409, 'last_identity')
})

test('what the provider signed of the sign-in counts, and one that asked nobody does not', async () => {
  const { access_token, sid } = await signIn(latchkey, provider)
  const set = (column: string, value: string) =>
    latchkey.database.query(`update latchkey.sessions set ${column} = ${value} where id = $1`, [
      sid,
    ])
  const unlink = async (token = access_token) =>
    (await ask(token, '/identities/fake', 'DELETE')).json().code
  expect(await unlink()).toBe('last_identity')
  await set('auth_time', "now() - interval '40 minutes'")
  expect(await unlink()).toBe('insufficient_user_authentication')
  await set('auth_time', "now() - interval '20 minutes'")
  expect(await unlink()).toBe('last_identity')
  // A provider's clock that is ahead makes no sign-in later than its session's begin.
  await set('auth_time', "now() + interval '1 minute'")
  expect(await unlink()).toBe('last_identity')
  await set('created_at', "now() - interval '40 minutes'")
  expect(await unlink()).toBe('insufficient_user_authentication')
  const silent = await signIn(latchkey, provider, { prompt: 'none' })
  expect(await unlink(silent.access_token)).toBe('insufficient_user_authentication')
  const asked = await signIn(latchkey, provider, { prompt: 'consent' })
  expect(await unlink(asked.access_token)).toBe('last_identity')
})

test('one user asks 300 times a minute for what is below /me, and six times an hour for an export', async () => {
  const limited = await start({ RATE_LIMIT: 'on' })
  const [mine, other] = [await signIn(limited, provider), await signIn(limited, provider)]
  provider.subject = 'neighbour'
  const theirs = await signIn(limited, provider)
  const statuses = async (count: number, token: string, path: string) => {
    const answers = await Promise.all(
      Array.from({ length: count }, () => ask(token, path, 'GET', limited)),
    )
    return answers.filter(({ status }) => status === 429).length
  }
  expect(await statuses(7, mine.access_token, '/export')).toBe(1)
  expect(await statuses(1, other.access_token, '/export')).toBe(1)
  expect(await statuses(1, theirs.access_token, '/export')).toBe(0)
  expect(await statuses(292, mine.access_token, '/identities')).toBe(0)
  expect(await statuses(2, other.access_token, '/identities')).toBe(2)
  const refused = await ask(mine.access_token, '/identities', 'GET', limited)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  // /me itself is not counted, nor are other users.
  expect(await statuses(20, mine.access_token, '')).toBe(0)
  expect(await statuses(1, theirs.access_token, '/identities')).toBe(0)
})
