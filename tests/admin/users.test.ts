import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { mint, openOwnKeys } from '../helpers/minting.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { useLatchkey } from '../helpers/stage.ts'

const SECRET = 'secret-of-the-operators-program'
const BASIC = `Basic ${Buffer.from(`ops:${SECRET}`).toString('base64')}`

const SETTINGS = {
  EMULATE: 'kakao,naver',
  CLIENTS: 'ops',
  CLIENT_OPS_SECRET: SECRET,
  CLIENT_OPS_ADMIN: 'on',
}

const latchkey = useLatchkey(SETTINGS)
let adminToken: string
beforeAll(async () => {
  adminToken = await tokenOf(latchkey)
})

async function tokenOf({ url }: Latchkey): Promise<string> {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { authorization: BASIC },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { access_token: string }).access_token
}

async function call(method: string, path: string, body?: unknown, token = adminToken) {
  const response = await fetch(`${latchkey.url}/admin/users${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    json: text ? JSON.parse(text) : null,
  }
}

/** Why credentials of the admin API did not count, as the log alone says. */
const reasonsOf = ({ logs }: Latchkey) =>
  logs
    .map((line) => JSON.parse(line))
    .filter(({ route, code }) => route?.startsWith('/admin') && code === 'invalid_token')
    .map(({ reason }) => reason)

interface SignedIn {
  access_token: string
  user: { sub: string }
}

async function signIn(persona: string) {
  const answer = await new Browser().follow(`${latchkey.url}/login/kakao?login_hint=${persona}`)
  return { status: answer.status, body: answer.json() as unknown as SignedIn }
}

test('its token counts in one Authorization header, and not in one of two', async () => {
  const ask = (...headers: string[]) => rawRequest(`${latchkey.url}/admin/users`, { headers })
  const own = ['authorization', `Bearer ${adminToken}`]
  expect((await ask(...own)).status).toBe(200)
  expect((await ask(...own, 'Authorization', 'Bearer x')).status).toBe(401)
})

test('a client of the operator finds, shows, changes and deletes users', async () => {
  const { body } = await signIn('minji')
  const { sub } = body.user
  const me = () =>
    fetch(`${latchkey.url}/me`, { headers: { authorization: `Bearer ${body.access_token}` } })
  const all = await call('GET', '')
  expect(all.json).toMatchObject({ users: [{ sub, roles: [], disabled_at: null }], next: null })
  expect((await call('GET', `?q=${sub}`)).json.users).toHaveLength(1)
  expect((await call('GET', '?q=nobody')).json.users).toEqual([])

  const roles = ['editor', 'support:read']
  expect((await call('PATCH', `/${sub}`, { roles })).json.roles).toEqual(roles)
  expect((await call('PATCH', `/${sub}`, { roles: ['Editor!'] })).status).toBe(400)
  // As many as an access token in a cookie holds, and one character more.
  for (const [length, status] of [
    [53, 200],
    [54, 400],
  ] as const) {
    const many = Array.from({ length: 29 }, (_, place) => `r${place}-`.padEnd(64, 'x'))
    const answer = await call('PATCH', `/${sub}`, { roles: [...many, 'x'.repeat(length)] })
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.json.detail).toContain('2,000 characters')
  }
  expect((await call('PATCH', `/${sub}`, { roles })).json.roles).toEqual(roles)
  expect((await call('PATCH', `/${sub}`, { email: 'a@b.example' })).status).toBe(400)
  expect((await call('GET', `/${sub}`)).json.roles).toEqual(roles)

  expect((await me()).status).toBe(200)
  expect((await call('PATCH', `/${sub}`, { disabled: true })).json.disabled_at).not.toBeNull()
  expect((await me()).status).toBe(401)
  expect((await signIn('minji')).status).toBe(403)
  expect((await call('PATCH', `/${sub}`, { disabled: false })).json.disabled_at).toBeNull()
  expect((await signIn('minji')).status).toBe(200)

  expect((await call('DELETE', `/${sub}/sessions`)).status).toBe(204)
  expect((await me()).status).toBe(401)
  expect((await call('DELETE', `/${sub}`)).status).toBe(204)
  for (const method of ['GET', 'DELETE']) {
    expect((await call(method, `/${sub}`)).json).toMatchObject({ code: 'not_found', status: 404 })
  }
  expect((await call('GET', '/not-a-uuid')).status).toBe(404)
})

test('users come a hundred a page, in the order of their ids', async () => {
  await latchkey.database.query(
    `insert into latchkey.users (id)
     select ('01890000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series(1, 205) n`,
    [],
  )
  const seen: string[] = []
  let path = ''
  for (let pages = 0; pages < 5; pages++) {
    const { json } = await call('GET', path)
    seen.push(...json.users.map(({ sub }: { sub: string }) => sub))
    expect(json.users.length).toBeLessThanOrEqual(100)
    if (json.next === null) break
    path = `?cursor=${json.next}`
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.filter((id) => id.startsWith('01890000'))).toHaveLength(205)
  expect([...seen].sort()).toEqual(seen)
  // One page that is full is the last one.
  const named = (name: string, until: number) =>
    latchkey.database.query(
      'update latchkey.users set name = $1 where id::text <= $2 and name is null',
      [name, `01890000-0000-7000-8000-${String(until).padStart(12, '0')}`],
    )
  await named('full page', 100)
  await named('and one more', 201)
  const full = (await call('GET', '?q=full+page')).json
  expect([full.users.length, full.next]).toEqual([100, null])
  const more = (await call('GET', '?q=and+one+more')).json
  expect([more.users.length, more.next]).toEqual([100, more.users.at(-1).sub])
})

test('nobody else may: a user’s token, one that was revoked, a cookie, another client’s, or one whose right was taken', async () => {
  expect((await call('GET', '')).status).toBe(200)
  const { body } = await signIn('sora')
  const asUser = await call('GET', '', undefined, body.access_token)
  expect(asUser).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } })
  const token = new URLSearchParams({ token: body.access_token })
  await fetch(`${latchkey.url}/revoke`, { method: 'POST', body: token })
  const asOver = await call('GET', '', undefined, body.access_token)
  expect(asOver).toMatchObject({ status: 401, json: { code: 'invalid_token' } })
  const asNobody = await call('GET', '', undefined, 'not.a.token')
  expect(asNobody).toMatchObject({ status: 401, json: { code: 'invalid_token' } })
  expect(asNobody.headers.get('www-authenticate')).toContain('invalid_token')
  expect(reasonsOf(latchkey).slice(-2)).toEqual(['session_over', 'not_ours_or_expired'])
  const byCookie = await fetch(`${latchkey.url}/admin/users`, {
    headers: { cookie: `latchkey-access=${adminToken}` },
  })
  expect(byCookie.status).toBe(401)
  expect(reasonsOf(latchkey).at(-1)).toBe('missing')
  // The same claims for another API.
  const { alg, kid } = decodeProtectedHeader(adminToken)
  const key = (await openOwnKeys(latchkey)).find((own) => own.kid === kid && own.alg === alg)
  if (key === undefined) throw new Error('there is no key')
  const withAudience = async (aud: string) =>
    (await call('GET', '', undefined, await mint(key, { ...decodeJwt(adminToken), aud }))).status
  expect(await withAudience(latchkey.url)).toBe(200)
  expect(await withAudience('https://orders.example')).toBe(401)
  expect(reasonsOf(latchkey).at(-1)).toBe('not_for_these_routes')
  // The same token at a replica where the client may no longer ask.
  const { CLIENT_OPS_ADMIN: _, ...without } = SETTINGS
  const other = await startLatchkey(
    { ...without, CLIENT_OPS_REDIRECT_URIS: 'https://ops.example/callback' },
    { testDatabase: latchkey.testDatabase, publicUrl: latchkey.url },
  )
  const headers = { authorization: `Bearer ${adminToken}` }
  const refused = await fetch(`${other.url}/admin/users`, { headers })
  expect(refused.status).toBe(401)
  expect(reasonsOf(other)).toEqual(['client_not_allowed'])
  await other.app.close()
  await other.database.close()
})

test('pages of other origins are not let in', async () => {
  const preflight = await fetch(`${latchkey.url}/admin/users`, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'GET' },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  expect((await call('GET', '')).headers.get('access-control-allow-origin')).toBeNull()
})

test('the operator’s address is in the audit, and not in what the user may read of it', async () => {
  const { body } = await signIn('alex')
  const { sub } = body.user
  expect((await call('PATCH', `/${sub}`, { roles: ['vip'] })).status).toBe(200)
  const kept = await latchkey.database.query<{ address: string | null }>(
    `select address from latchkey.audit_events where user_id = $1 and reason = 'admin_api'`,
    [sub],
  )
  expect(kept.map(({ address }) => address)).toEqual(['127.0.0.1'])
  const answer = await fetch(`${latchkey.url}/me/export`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  const { events } = (await answer.json()) as { events: Record<string, unknown>[] }
  const of = (type: string) => events.find((event) => event.type === type)
  expect(of('user.updated')).toMatchObject({
    ...{ reason: 'admin_api', client_id: 'ops', address: null, user_agent: null },
  })
  // The person's own is told.
  expect(of('session.created')?.address).toBe('127.0.0.1')
})
