import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { login, type User } from '../helpers/latchkey.ts'
import { exchange, nativeClaims } from '../helpers/native.ts'
import { setStage } from '../helpers/stage.ts'

// 11.6 Google verified an address once; it knows who has it now at gmail.com and in a Workspace (`hd`) only.

const other = new FakeProvider()
const { provider: google, latchkey } = setStage({
  aim: ({ issuer, clientId }) => ({
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET: 'secret-at-fake',
    GOOGLE_ISSUER: issuer,
    GOOGLE_TRUST_EMAIL: 'on',
    OTHER_TRUST_EMAIL: 'on',
  }),
  others: { other },
})

let turn = 0
/** One login of somebody at a provider, as whom Latchkey takes them. */
async function signIn(
  at: FakeProvider,
  subject: string,
  person: Record<string, unknown>,
): Promise<User> {
  at.subject = subject
  at.person = { email_verified: true, ...person }
  const answer = await login(latchkey, at, new Browser(), at === google ? 'google' : 'other')
  expect(answer.status, answer.text).toBe(200)
  return answer.json().user as User
}
const lastDecision = () => {
  const line = latchkey.logs.findLast((one) => one.includes('"event":"signed_in"')) ?? '{}'
  const { identity, reason } = JSON.parse(line)
  return [identity, reason]
}
const UNVERIFIED = ['create', 'email_not_verified']

describe('a Google account with somebody’s verified address', () => {
  test.each<[address: string, hd: unknown, joins: boolean]>([
    ['example.com', 'example.com', true],
    ['example.com', undefined, false],
    ['example.com', '', false],
    ['example.com', null, false],
    ['example.com', ['example.com'], false],
    ['example.com', true, false],
    ['gmail.com', undefined, true],
    ['GoogleMail.com', undefined, true],
    ['gmail.com.evil.example', undefined, false],
    ['notgmail.com', undefined, false],
    ['gmail.co', undefined, false],
  ])('at %s, with hd %j, is joined to them: %s', async (domain, hd, joins) => {
    const email = `ada-${++turn}@${domain}`
    const ada = await signIn(other, `ada-${turn}`, { email })
    const came = await signIn(google, `came-${turn}`, { email, hd })
    expect(came.sub === ada.sub).toBe(joins)
    expect(lastDecision()).toEqual(joins ? ['join', 'same_verified_email'] : UNVERIFIED)
    // Apps are told the same of it.
    const own = came.identities.find(({ provider }) => provider === 'google')
    expect(own).toMatchObject({ email, email_verified: joins })
    // And an SDK's token says no more.
    google.subject = `native-${turn}`
    const token = await google.sign({ ...nativeClaims(google), email, hd })
    const native = await exchange(latchkey, token, { subject_issuer: 'google' })
    expect(native.status, native.text).toBe(200)
    if (joins) expect(lastDecision()).toEqual(['create', 'user_has_identity_at_provider'])
    else expect(lastDecision()).toEqual(UNVERIFIED)
  })

  test.each([
    ['has left the Workspace', { hd: undefined }],
    ['has an address that is not verified', { hd: 'example.com', email_verified: false }],
    ['has no address any more', { hd: 'example.com', email: undefined, email_verified: undefined }],
  ])('vouches for nobody once it %s; control: until then it does', async (_, change) => {
    const email = `bob-${++turn}@example.com`
    const bob = await signIn(google, `bob-${turn}`, { email, hd: 'example.com' })
    expect(bob.email_verified).toBe(true)
    expect((await signIn(other, `first-${turn}`, { email })).sub).toBe(bob.sub)
    const later = `later-${turn}@example.com`
    const carl = await signIn(google, `carl-${turn}`, { email: later, hd: 'example.com' })
    const changed = await signIn(google, `carl-${turn}`, { email: later, ...change })
    expect([changed.sub, changed.email_verified]).toEqual([carl.sub, false])
    expect((await signIn(other, `second-${turn}`, { email: later })).sub).not.toBe(carl.sub)
    expect(lastDecision()).toEqual(['create', 'nobody_with_this_email'])
  })
})
