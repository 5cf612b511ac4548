import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { APPS, signIn, type Tokens } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { countRows } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

// 11.14 One person with forty thousand sessions once stopped the whole service.

const MANY = 6_000
const { provider, latchkey } = setStage({
  settings: { ...APPS, DATABASE_POOL: '1' },
  people: (turn) => ({ name: `Person ${turn}` }),
})

/** Somebody whose sessions of a year were never swept. */
async function withManySessions(): Promise<Tokens> {
  const tokens = await signIn(latchkey, provider)
  await latchkey.database.query(
    `insert into latchkey.sessions (id, user_id, client_id, provider, scope, expires_at, ended_at, end_reason)
     select gen_random_uuid(), $1, 'spa', 'fake', 'openid', now(), now(), 'signed_out'
     from generate_series(1, ${MANY})`,
    [tokens.sub],
  )
  return tokens
}
const ask = ({ access_token: token }: Tokens, path: string, method = 'GET') =>
  new Browser().send(`${latchkey.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })

test('the export of thousands of sessions holds nobody up on the only connection, nor does its reader', async () => {
  const many = await withManySessions()
  provider.subject = 'bystander'
  const bystander = await signIn(latchkey, provider)
  // A reader who never reads on.
  const { hostname, port } = new URL(latchkey.url)
  const stuck = connect(Number(port), hostname)
  stuck.pause()
  stuck.write(
    `GET /me/export HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${many.access_token}\r\n\r\n`,
  )
  await wait(300)
  let isOver = false
  const exported = ask(many, '/me/export').finally(() => {
    isOver = true
  })
  const took: number[] = []
  while (!isOver) {
    const before = performance.now()
    const answer = await ask(bystander, '/me')
    expect([answer.status, answer.json().sub]).toEqual([200, bystander.sub])
    took.push(performance.now() - before)
  }
  stuck.destroy()
  const { sessions } = (await exported).json() as { sessions: { id: string }[] }
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(MANY + 1)
  expect(took.length).toBeGreaterThan(3)
  // The reader who never reads on would hold them for good.
  expect(Math.max(...took)).toBeLessThan(10_000)
})

test('whoever has as many may list them, end them and leave', async () => {
  const many = await withManySessions()
  expect((await ask(many, '/me/sessions')).json()).toHaveLength(1)
  expect((await ask(many, '/me/sessions', 'DELETE')).status).toBe(204)
  const before = await countRows(latchkey)
  const left = await ask(many, '/me', 'DELETE')
  expect(left.status, left.text).toBe(204)
  expect((await countRows(latchkey)).sessions).toBe((before.sessions ?? 0) - MANY - 1)
})
