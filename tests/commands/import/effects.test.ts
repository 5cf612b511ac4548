import { beforeEach, expect, test } from 'vitest'
import { ADMIN_CLI } from '../../../src/core/events/audit.ts'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { login } from '../../helpers/latchkey.ts'
import { RULES } from '../../helpers/rules.ts'
import { setStage } from '../../helpers/stage.ts'
import { importInto, leftOf } from './importing.ts'

const other = new FakeProvider()
let turn = 0
const stage = setStage({
  others: { other },
  settings: { SIGN_UP: 'closed', FAKE_TRUST_EMAIL: 'on', OTHER_TRUST_EMAIL: 'on' },
})
const { provider } = stage
let minji = ''
beforeEach(() => {
  turn += 1
  minji = `minji-${turn}`
  provider.subject = minji
})

const env = () => ({
  ...provider.settings(),
  ...other.settings('other'),
  OIDC_PROVIDERS: 'fake,other',
})
const take = (people: object[], options: { isDryRun?: boolean } = {}) =>
  importInto(
    stage.latchkey,
    'latchkey',
    { 'people.ndjson': people.map((one) => JSON.stringify(one)).join('\n') },
    { env: env(), ...options },
  )
const person = (id: string, ...identities: [provider: string, subject: string][]) => ({
  ...{ id, email: `${id}@example.com` },
  identities: identities.map(([name, subject]) => ({ provider: name, subject })),
})
const signIn = async (latchkey = stage.latchkey, at = provider, id = 'fake') => {
  const answer = await login(latchkey, at, new Browser(), id)
  return answer.status === 200
    ? (answer.json() as unknown as { access_token: string; user: { sub: string; email?: string } })
    : answer.status
}
const count = async (table: string) => {
  const sql = `select count(*)::int as count from latchkey.${table}`
  const [row] = await stage.latchkey.database.query<{ count: number }>(sql)
  return row?.count ?? 0
}
const counts = async () => [
  await count('users'),
  await count('identities'),
  await count('audit_events'),
]

test('an imported person signs in with SIGN_UP=closed and is that user; anybody else is not let in', async () => {
  const report = await take([person(minji, ['fake', minji])])
  const signedIn = await signIn()
  expect(signedIn).toMatchObject({ user: { sub: report.users[0]?.sub } })
  provider.subject = `${minji}-and-not-imported`
  expect(await signIn()).toBe(403)
})

test('a second import changes nothing; a dry run changes nothing and says the same as the import', async () => {
  const people = [
    person(`${minji}-a`, ['kakao', `${minji}-1`], ['github', `${minji}-1`]),
    person(`${minji}-b`, ['kakao', `${minji}-2`], ['github', `${minji}-1`]),
    person(`${minji}-c`, ['kakao', `${minji}-1`]),
    person(`${minji}-d`),
  ]
  const before = await counts()
  const dry = await take(people, { isDryRun: true })
  expect(await counts()).toEqual(before)
  const real = await take(people)
  const kakao = `kakao ${minji}-1`
  const github = `github ${minji}-1`
  expect(leftOf(real)).toEqual([
    'no_social_identity',
    `${github} identity_of_another_user`,
    `${kakao} identity_of_another_user`,
  ])
  expect({ ...dry, dry_run: false }).toEqual(real)
  const after = await counts()
  expect(after.slice(0, 2)).toEqual([(before[0] ?? 0) + 2, (before[1] ?? 0) + 3])
  const again = await take(people)
  expect(await counts()).toEqual(after)
  expect(again.counts).toMatchObject({ users_new: 0, users_known: 2, identities_new: 0 })
})

test('an address that was imported joins nobody, and joins once its provider has said that it is verified', async () => {
  const email = `${minji}@example.com`
  await take([person(minji, ['fake', minji]), person(`${minji}-2`, ['other', minji])])
  const open = await stage.start({ SIGN_UP: 'open' })
  const verified = { email, email_verified: true }
  const stranger = new Browser()
  other.subject = `${minji}-elsewhere`
  other.person = verified
  const before = await count('users')
  const joined = await login(open, other, stranger, 'other')
  expect(joined.status).toBe(200)
  expect(await count('users')).toBe(before + 1)

  // The control: the same once the imported person has come in with an address that is vouched for.
  const next = `${minji}-next`
  await take([person(next, ['fake', next])])
  provider.subject = next
  provider.person = { email: `${next}@example.com`, email_verified: true }
  const owner = await signIn()
  other.subject = `${next}-elsewhere`
  other.person = provider.person
  const second = await signIn(open, other, 'other')
  expect(second).toMatchObject({ user: { sub: (owner as { user: { sub: string } }).user.sub } })
})

test('who is disabled over there is refused here, and by a later import too, unless enabled here meanwhile', async () => {
  const banned = { ...person(minji, ['fake', minji]), disabled: true }
  await take([person(minji, ['fake', minji])])
  expect(await signIn()).toMatchObject({ user: expect.anything() })
  const report = await take([banned])
  expect(await signIn()).toBe(403)
  const sub = report.users[0]?.sub ?? ''
  const { createAdminUsers } = await import('../../../src/db/stores/account/admin-users.ts')
  await createAdminUsers(stage.latchkey.database, RULES).change(
    sub,
    { isDisabled: false },
    ADMIN_CLI,
  )
  await take([banned])
  expect(await signIn()).toMatchObject({ user: { sub } })
})

test('an account that was linked over there comes along later; what was unlinked or deleted here stays so', async () => {
  const all = person(minji, ['fake', minji], ['other', minji], ['github', minji])
  await take([{ ...all, identities: all.identities.slice(0, 2) }])
  const me = await signIn()
  if (typeof me === 'number') throw new Error(`refused with ${me}`)
  const headers = { authorization: `Bearer ${me.access_token}` }
  const call = (method: string, path: string) =>
    fetch(`${stage.latchkey.url}${path}`, { method, headers })
  expect((await call('DELETE', '/me/identities/other')).status).toBe(204)
  const later = await take([all])
  expect(leftOf(later)).toEqual([`other ${minji} unlinked_here`])
  expect(later.users[0]).toMatchObject({ sub: me.user.sub, outcome: 'known', identities: 1 })
  expect((await call('DELETE', '/me')).status).toBe(204)
  const last = await take([all])
  expect(new Set(leftOf(last).map((line) => line.split(' ').at(-1)))).toEqual(
    new Set(['deleted_here']),
  )
  expect(await signIn()).toBe(403)
})

test('a person who came here first stays that user, and what else the export has of them is a user of its own', async () => {
  const open = await stage.start({ SIGN_UP: 'open' })
  const first = await signIn(open)
  const report = await take([person(minji, ['fake', minji], ['kakao', minji])])
  expect(leftOf(report)).toEqual([`fake ${minji} identity_of_another_user`])
  expect(report.counts).toMatchObject({ users_new: 1, identities_new: 1, faults: 1 })
  expect(await signIn()).toMatchObject({
    user: { sub: (first as { user: { sub: string } }).user.sub },
  })
})

test('two systems whose users have the same numbers make no user of two', async () => {
  const one = await take([person('1', ['kakao', `${minji}-1`])])
  const two = await take([person('1', ['kakao', `${minji}-2`])])
  const again = await take([person('1', ['kakao', `${minji}-2`])])
  expect(two.users[0]).toMatchObject({ outcome: 'new' })
  expect(two.users[0]?.sub).not.toBe(one.users[0]?.sub)
  expect(again.users[0]).toMatchObject({ outcome: 'known', sub: two.users[0]?.sub })
})

test('a line that comes twice is one user, with an id of its own or without', async () => {
  const { id: _, ...nameless } = person(minji, ['kakao', minji])
  const once = await take([nameless, nameless])
  expect(once.counts).toMatchObject({ users_new: 1, users_known: 1, not_taken: 0 })
  const named = person(`${minji}-b`, ['kakao', `${minji}-b`])
  expect((await take([named, named])).counts).toMatchObject({ users_new: 1, not_taken: 0 })
})

test('two imports at once end in one user each', async () => {
  const people = Array.from({ length: 150 }, (_, place) =>
    person(`${minji}-${place}`, ['kakao', `${minji}-${place}`], ['github', `${minji}-${place}`]),
  )
  const before = await count('users')
  const reports = await Promise.all([take(people), take([...people].reverse())])
  expect(await count('users')).toBe(before + 150)
  const total = reports.reduce((sum, { counts: { identities_new } }) => sum + identities_new, 0)
  expect(total).toBe(300)
  // Nobody is another user for having been made by the other import.
  expect(reports.map(({ counts }) => counts.not_taken)).toEqual([0, 0])
})
