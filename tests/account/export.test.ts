import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { describe, expect, test } from 'vitest'
import * as schema from '../../src/db/schema.ts'
import { endSession } from '../helpers/age.ts'
import { APPS, askMe, getCode, signIn, type Tokens } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { expectProblem, expectProtected } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

const ask = ({ access_token }: Tokens) => askMe(latchkey, access_token, '/export')

type Row = Record<string, unknown>
type Export = {
  exported_at: string
  user: Row
  identities: Row[]
  unlinked_identities: Row[]
  sessions: Row[]
  events: Row[]
}

/**
 * What the export leaves out, and why: a table or column that is added must be decided upon here.
 * `owner` is the user itself; `secret` stands for a token or code; `nobody` is about no user.
 */
const LEFT_OUT: Record<string, 'owner' | 'secret' | 'nobody'> = {
  'identities.user_id': 'owner',
  'identities.sealed_access_token': 'secret',
  'identities.sealed_refresh_token': 'secret',
  'unlinked_identities.user_id': 'owner',
  'identities.grant_leased_until': 'nobody',
  // What an index keeps of the address, which is exported itself.
  'identities.address_claim': 'nobody',
  'sessions.user_id': 'owner',
  refresh_tokens: 'secret',
  login_codes: 'secret',
  // Of an identity that is nobody's yet, for a minute.
  link_codes: 'secret',
  finished_flows: 'nobody',
  outbox: 'nobody',
  outbox_targets: 'nobody',
  received_events: 'nobody',
  'audit_events.user_id': 'owner',
  request_counts: 'nobody',
  signing_keys: 'nobody',
}
const PLACES: Record<
  string,
  'user' | 'identities' | 'sessions' | 'unlinked_identities' | 'events'
> = {
  users: 'user',
  identities: 'identities',
  sessions: 'sessions',
  unlinked_identities: 'unlinked_identities',
  audit_events: 'events',
}

describe('GET /me/export', () => {
  test('is a file of every stored column that is about the user', async () => {
    const tokens = await signIn(latchkey, provider)
    await latchkey.database.query(
      `insert into latchkey.unlinked_identities (user_id, provider, issuer, subject)
       values ($1, 'gone', '', 'x')`,
      [tokens.sub],
    )
    const answer = await ask(tokens)
    expect(answer.status, answer.text).toBe(200)
    expectProtected(answer)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="latchkey-export.json"',
    })
    const exported = answer.json() as unknown as Export
    const tables = (Object.values(schema) as unknown[]).filter((one) => is(one, PgTable))
    expect(tables.length).toBeGreaterThanOrEqual(8)
    const decided = new Set<string>()
    for (const table of tables) {
      const { name, columns } = getTableConfig(table)
      if (name in LEFT_OUT) {
        decided.add(name)
        continue
      }
      const place = exported[PLACES[name] as 'user']
      const [row = {}] = [place].flat() as Row[]
      const kept = columns
        .map((column) => column.name)
        .filter((column) => {
          if (!(`${name}.${column}` in LEFT_OUT)) return true
          decided.add(`${name}.${column}`)
          return false
        })
      expect(Object.keys(row).sort(), name).toEqual(kept.sort())
    }
    expect([...decided].sort()).toEqual(Object.keys(LEFT_OUT).sort())
  })

  test('holds own edits, what the provider said, and sessions that are over', async () => {
    provider.subject = 'person-of-the-export'
    provider.person = { name: 'Their name', email: 'export@example.com', email_verified: true }
    const mine = await signIn(latchkey, provider)
    const ended = await signIn(latchkey, provider, { scope: 'openid email' })
    const headers = { authorization: `Bearer ${mine.access_token}` }
    await new Browser().send(`${latchkey.url}/me`, {
      method: 'PATCH',
      body: JSON.stringify({ name: 'My name' }),
      headers: { ...headers, 'content-type': 'application/json' },
    })
    const path = `/me/sessions/${ended.sid}`
    await new Browser().send(latchkey.url + path, { method: 'DELETE', headers })
    provider.subject = 'somebody-else'
    await signIn(latchkey, provider)
    const { exported_at, user, identities, sessions } = (await ask(mine)).json() as never as Export
    expect(Math.abs(Date.parse(exported_at) - Date.now())).toBeLessThan(60_000)
    expect(user).toMatchObject({
      ...{ id: mine.sub, name: 'My name', picture: null, locale: null },
      ...{ roles: [], disabled_at: null },
    })
    expect(identities).toMatchObject([
      {
        ...{
          provider: 'fake',
          issuer: provider.issuer,
          subject: 'person-of-the-export',
          name: 'Their name',
        },
        ...{ email: 'export@example.com', email_verified: true, gives_email: true },
        ...{ linked_by: 'created', link_reason: 'provider_not_trusted' },
      },
    ])
    const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(sessions).toMatchObject([
      {
        id: mine.sid,
        client_id: 'spa',
        scope: 'profile email account offline_access',
        ended_at: null,
      },
      { id: ended.sid, scope: 'openid email', created_at: moment, ended_at: moment },
    ])
  })

  test('holds no token, no code and no hash', async () => {
    provider.subject = 'person-with-secrets'
    const tokens = await signIn(latchkey, provider, { scope: 'openid account' })
    await getCode(latchkey, provider)
    const { text } = await ask(tokens)
    const hashes = await latchkey.database.query<{ hash: string }>(
      `select encode(hash, 'hex') as hash from latchkey.refresh_tokens
       union all select encode(hash, 'hex') from latchkey.login_codes`,
      [],
    )
    expect(hashes.length).toBeGreaterThan(2)
    const secrets = [tokens.access_token, tokens.refresh_token, 'access-token-of-fake', 'hash']
    for (const secret of [...secrets, ...hashes.map(({ hash }) => hash)]) {
      expect(text.includes(secret)).toBe(false)
    }
    expect(text).toContain(tokens.sid)
  })

  test('needs a living session', async () => {
    const tokens = await signIn(latchkey, provider)
    expect((await ask(tokens)).status).toBe(200)
    await endSession(latchkey, tokens.sid)
    expectProblem(await ask(tokens), 401, 'invalid_token')
    expectProblem(await new Browser().send(`${latchkey.url}/me/export`), 401, 'invalid_token')
  })
})
