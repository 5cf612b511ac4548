import { expect, test } from 'vitest'
import { APPS, signIn } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { countRows, type Latchkey, login, startLogin } from '../helpers/latchkey.ts'
import { getLinkCode, linkByCode } from '../helpers/linking.ts'
import { exchange, nativeClaims } from '../helpers/native.ts'
import { setStage } from '../helpers/stage.ts'

const second = new FakeProvider()
const { provider, latchkey, start } = setStage({
  settings: {
    ...APPS,
    FAKE_TRUST_EMAIL: 'on',
    SECOND_TRUST_EMAIL: 'on',
    FAKE_NATIVE_CLIENT_IDS: 'ios-app',
    DEFAULT_ROLES: 'member',
  },
  others: { second },
  people: (turn) => ({ email: `person-${turn}@example.com`, email_verified: true }),
})

/** Signs in there; gives whether somebody may, or the reason why not. */
async function tried(at: Latchkey, from = provider, id = 'fake') {
  const before = await countRows(at)
  const { status, json } = await login(at, from, new Browser(), id)
  if (status === 200) return 'in'
  expect([status, json().code]).toEqual([403, 'access_denied'])
  expect(await countRows(at)).toEqual(before)
  const line = at.logs.findLast((one) => one.includes('"event":"problem"')) ?? '{}'
  return JSON.parse(line).reason
}

test('where sign-up is closed, who is known comes in, by another provider too, and nobody new', async () => {
  const closed = await start({ SIGN_UP: 'closed' })
  expect(await tried(closed)).toBe('sign_up_closed')
  expect(await tried(latchkey)).toBe('in')
  expect(await tried(closed)).toBe('in')
  // A join is no sign-up, and neither is a link.
  expect(await tried(closed, second, 'second')).toBe('in')
  provider.subject = 'linker'
  provider.person = {}
  const mine = await signIn(latchkey, provider)
  second.subject = 'linked'
  second.person = {}
  expect(await tried(closed, second, 'second')).toBe('sign_up_closed')
  const code = await getLinkCode(closed, second, 'second')
  expect((await linkByCode(closed, mine.access_token, code)).status).toBe(200)
  expect(await tried(closed, second, 'second')).toBe('in')
})

test('domains let in whoever has an address there that a trusted provider vouches for now', async () => {
  const some = await start({ SIGN_UP: 'corp.example, example.org' })
  const untrusting = await start({ SIGN_UP: 'corp.example', FAKE_TRUST_EMAIL: 'off' })
  const tell = (email: string | undefined, email_verified = true) => {
    provider.subject += 'x'
    provider.person = { email, email_verified }
  }
  for (const [email, verified, outcome] of [
    ['ann@corp.example', true, 'in'],
    ['ANN2@CORP.EXAMPLE', true, 'in'],
    ['ann@example.org', true, 'in'],
    ['ann@sub.corp.example', true, 'sign_up_domain'],
    ['ann@evilcorp.example', true, 'sign_up_domain'],
    ['ann3@corp.example', false, 'sign_up_domain'],
    [undefined, true, 'sign_up_domain'],
  ] as const) {
    tell(email, verified)
    expect([email, await tried(some)]).toEqual([email, outcome])
  }
  tell('ann4@corp.example')
  expect(await tried(untrusting)).toBe('sign_up_domain')
  expect(await tried(some)).toBe('in')
})

test('a native sign-in and a login of an app are refused alike', async () => {
  const closed = await start({ SIGN_UP: 'closed' })
  const token = () =>
    provider.sign({ ...nativeClaims(provider), sub: 'native-person', aud: 'ios-app' })
  const refused = await exchange(closed, await token())
  expect([refused.status, refused.json().error]).toEqual([400, 'invalid_grant'])
  expect((await exchange(latchkey, await token())).status).toBe(200)
  const browser = new Browser()
  const started = await startLogin(
    closed,
    browser,
    'fake',
    `?${new URLSearchParams({
      client_id: 'spa',
      redirect_uri: 'https://app.example.com/cb',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      response_type: 'code',
    })}`,
  )
  provider.nonce = started.nonce ?? ''
  const { location } = await browser.send(started.callback())
  expect(location?.searchParams.get('error')).toBe('access_denied')
})

test('a new user has the roles of DEFAULT_ROLES', async () => {
  const { sub } = await signIn(latchkey, provider)
  const [user] = await latchkey.database.query('select roles from latchkey.users where id = $1', [
    sub,
  ])
  expect(user).toEqual({ roles: ['member'] })
})
