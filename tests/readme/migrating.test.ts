import { afterAll, beforeAll, expect, test } from 'vitest'
import { importInto } from '../commands/import/importing.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { blockWith, english } from './texts.ts'

let old: Latchkey
let next: Latchkey
beforeAll(async () => {
  ;[old, next] = [await startLatchkey({ EMULATE: 'kakao' }), await startLatchkey({})]
})
afterAll(async () => {
  await old?.close()
  await next?.close()
})

/** What the statement of docs/migrating.md gives. */
async function usersOf({ database }: Latchkey) {
  const statement = blockWith(english('migrating'), 'sql', 'latchkey.users')
  const rows = await database.query<{ jsonb_build_object: Record<string, unknown> }>(statement)
  return rows.map((row) => row.jsonb_build_object)
}

test('the statement for those who leave Latchkey gives each user with identities, no secret, and another Latchkey reads it', async () => {
  const people = ['one', 'two'].map((subject, at) => ({
    ...{ id: String(at), name: `Person ${subject}`, disabled: subject === 'two' },
    identities: [
      { provider: 'kakao', subject, email: `${subject}@example.com` },
      { provider: 'naver', subject: `naver-${subject}` },
    ],
  }))
  await importInto(old, 'latchkey', { 'people.json': people })
  await old.database.query("update latchkey.identities set sealed_refresh_token = 'a-secret'")
  const users = await usersOf(old)
  expect(users).toHaveLength(2)
  expect(JSON.stringify(users)).not.toContain('a-secret')

  await importInto(next, 'latchkey', {
    'users.json': users.map((user) => JSON.stringify(user)).join('\n'),
  })
  const kept = (list: Record<string, unknown>[]) =>
    list.map(({ id, name, disabled, created_at, identities }) => ({
      ...{ id, name, disabled, created_at },
      identities: (identities as Record<string, unknown>[])
        .map(({ provider, subject, email }) => ({ provider, subject, email }))
        .sort((a, b) => String(a.provider).localeCompare(String(b.provider))),
    }))
  expect(kept(await usersOf(next))).toEqual(kept(users))
  expect(
    kept(users)
      .map(({ disabled }) => disabled)
      .sort(),
  ).toEqual([false, true])
})
