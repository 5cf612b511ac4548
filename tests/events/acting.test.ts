import { createHmac } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { setDisabled } from '../helpers/age.ts'
import { APPS, signIn } from '../helpers/apps.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

const SECRET = 'the secret of the facebook app'
const fake = new FakeProvider()
await fake.listen()

const settings = {
  ...APPS,
  ...fake.settings(),
  FACEBOOK_CLIENT_ID: 'app-at-facebook',
  FACEBOOK_CLIENT_SECRET: SECRET,
}
const latchkey = useLatchkey(settings)
const deleting = useLatchkey({ ...settings, FACEBOOK_ON_ACCOUNT_GONE: 'delete' })

type Running = typeof latchkey

const signedRequest = (userId: string, issuedAt: number, secret = SECRET) => {
  const data = { user_id: userId, algorithm: 'HMAC-SHA256', issued_at: issuedAt }
  const payload = Buffer.from(JSON.stringify(data)).toString('base64url')
  const mac = createHmac('sha256', secret).update(payload).digest('base64url')
  return new URLSearchParams({ signed_request: `${mac}.${payload}` })
}
const now = () => Math.floor(Date.now() / 1000)

/** Somebody who signed in a minute ago, or when it is said, with an identity at Facebook. */
async function person({ database, ...running }: Running, subject: string, ago = '1 minute') {
  fake.subject = subject
  const tokens = await signIn({ database, ...running } as Running, fake)
  await database.query(
    `update latchkey.identities set provider = 'facebook', issuer = '', subject = $2, name = 'Somebody',
       last_login_at = now() - $3::interval where user_id = $1`,
    [tokens.sub, subject, ago],
  )
  await database.query(
    `update latchkey.sessions set provider = 'facebook', issuer = '', subject = $2,
       created_at = now() - $3::interval where user_id = $1`,
    [tokens.sub, subject, ago],
  )
  return tokens
}

const ask = ({ url }: Running, token: string) =>
  fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })
const post = ({ url }: Running, path: string, body: URLSearchParams) =>
  fetch(`${url}/providers/facebook/events${path}`, { method: 'POST', body })

describe('a person who asks for deletion', () => {
  test('is signed out and forgotten, and finds a page that says so', async () => {
    const { access_token, sub } = await person(latchkey, 'fb-1')
    const answer = await post(latchkey, '/data-deletion', signedRequest('fb-1', now()))
    expect(answer.status).toBe(200)
    const { url, confirmation_code: code } = (await answer.json()) as Record<string, string>
    expect(url).toBe(`${latchkey.url}/providers/facebook/events/data-deletion/${code}`)
    expect((await ask(latchkey, access_token)).status).toBe(401)
    const [identity] = await latchkey.database.query(
      'select name, gone_at is not null as gone from latchkey.identities where user_id = $1',
      [sub],
    )
    expect(identity).toEqual({ name: null, gone: true })
    const page = await fetch(url ?? '', { headers: { 'accept-language': 'ko' } })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('데이터를 삭제했습니다')
    for (const other of ['x', '%00', "'", '%F0%9F%A7%91']) {
      expect((await fetch(`${url}${other}`)).status).toBe(404)
    }
    const rows = await createAudit(latchkey.database).list({ userId: sub, limit: 100 })
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['provider_event.received', 'session.ended']),
    )
  })

  test('is deleted with the last identity where the operator wants it, and only then', async () => {
    const { sub } = await person(deleting, 'fb-2')
    const users = async () =>
      (await deleting.database.query('select id from latchkey.users where id = $1', [sub])).length
    await post(deleting, '', signedRequest('fb-2', now()))
    expect(await users()).toBe(1)
    await post(deleting, '/data-deletion', signedRequest('fb-2', now()))
    expect(await users()).toBe(0)
  })

  test('who has been disabled stays so', async () => {
    const { sub, access_token } = await person(deleting, 'fb-3')
    const bystander = await person(deleting, 'fb-5')
    for (const one of [sub, bystander.sub]) await setDisabled(deleting, true, one)
    const answer = await post(deleting, '/data-deletion', signedRequest('fb-3', now()))
    expect(answer.status).toBe(200)
    await setDisabled(deleting, false)
    // What was told meanwhile counts: the grant is gone, and so are its sessions.
    expect((await ask(deleting, access_token)).status).toBe(401)
    expect((await ask(deleting, bystander.access_token)).status).toBe(200)
    const left = await deleting.database.query('select id from latchkey.users where id = $1', [sub])
    expect(left).toHaveLength(1)
  })
})

test('an event of more than thirty days ago is acknowledged and changes nothing', async () => {
  const { access_token } = await person(latchkey, 'fb-6', '40 days')
  const day = 86_400
  for (const [ago, status] of [
    [30 * day + 60, 200],
    [30 * day - 60, 401],
  ] as const) {
    expect((await post(latchkey, '', signedRequest('fb-6', now() - ago))).status).toBe(200)
    expect((await ask(latchkey, access_token)).status).toBe(status)
  }
})

test('an event about nobody is acknowledged as one about somebody is', async () => {
  await person(latchkey, 'fb-4')
  const known = await post(latchkey, '', signedRequest('fb-4', now()))
  const unknown = await post(latchkey, '', signedRequest('fb-nobody', now()))
  expect([unknown.status, await unknown.text()]).toEqual([known.status, await known.text()])
  const forged = await post(latchkey, '', signedRequest('fb-4', now(), 'another secret'))
  expect(forged.status).toBe(401)
})

test('a kind whose proof is not set, and a provider that tells nothing, are not there', async () => {
  const statusOf = async (provider: string) =>
    (await fetch(`${latchkey.url}/providers/${provider}/events`, { method: 'POST' })).status
  expect(await statusOf('kakao')).toBe(404)
  expect(await statusOf('fake')).toBe(404)
  expect(await statusOf('facebook')).toBe(401)
})

test('forged events are refused after thirty a minute from one address, and proven ones are not', async () => {
  const limited = await startLatchkey({ ...settings, RATE_LIMIT: 'on' })
  onTestFinished(() => limited.close())
  const send = (secret?: string) => post(limited, '', signedRequest('nobody', now(), secret))
  const statuses: number[] = []
  for (let sent = 0; sent < 31; sent++) statuses.push((await send('a wrong secret')).status)
  expect(statuses.slice(0, 30).every((status) => status < 429)).toBe(true)
  expect(statuses[30]).toBe(429)
  expect((await send()).status).toBe(200)
})
