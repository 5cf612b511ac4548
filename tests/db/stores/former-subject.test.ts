import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { defined } from '../../../src/core/defined.ts'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { openDatabase } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

test('an identity that was unlinked joins nobody back by the newer name that its provider gives it', async () => {
  const testDatabase = await createTestDatabase()
  const database = openDatabase(testDatabase.connection, { connections: 4, prepare: true })
  const { signIns, identities } = createStores(database, RULES)
  const keyOf = (provider: string, subject: string) => ({ provider, issuer: '', subject })

  const comesAsNewer = async (name: string, isUnlinked: boolean) => {
    const profileOf = (subject: string, formerSubject?: string) =>
      toProfile({ subject, formerSubject, email: `${name}@example.com`, emailVerified: true })
    const first = newSession()
    const { account } = await signIns.signIn(keyOf('google', name), profileOf(name), first)
    const caller = { userId: account.sub, sessionId: first.id }
    if (isUnlinked) {
      const former = { key: keyOf('github', `old ${name}`), profile: profileOf(`old ${name}`) }
      await identities.link(caller, { ...former, tokens: null }, null)
      const taking = { revocable: [], reauthSeconds: null }
      expect(await identities.unlink(caller, 'github', taking)).toMatchObject({
        outcome: 'unlinked',
      })
    }
    const came = await signIns.signIn(
      ...([
        keyOf('github', `new ${name}`),
        profileOf(`new ${name}`, `old ${name}`),
        newSession(),
      ] as const),
    )
    return [came.account.sub === account.sub, came.decision]
  }

  expect(await comesAsNewer('ann', true)).toEqual([
    ...[false, { action: 'create', reason: 'user_has_unlinked_it' }],
  ])
  // The control: nothing was unlinked.
  expect(await comesAsNewer('bob', false)).toMatchObject([true, { action: 'join' }])
  await database.close()
  await testDatabase.drop()
})

describe('an identity whose provider names it anew', () => {
  const { database, stores } = useStores()
  const keyOf = (subject: string) => ({ provider: 'spotify', issuer: '', subject })
  const comes = (subject: string, formerSubject?: string) =>
    stores.signIns.signIn(
      keyOf(subject),
      toProfile(defined({ subject, formerSubject })),
      newSession(),
    )

  test.each([
    // Somebody makes the newer one at this moment: it is there, and nothing is renamed.
    ['meets a first login by that name', 'commit', 'theirs'],
    // The control: the same waiting, and in the end nobody made it.
    ['meets one that comes to nothing', 'rollback', 'own'],
  ] as const)('%s, and both come in', async (_, end, expected) => {
    const [old, next] = [randomUUID(), randomUUID()]
    const { account } = await comes(old)
    const theirs = randomUUID()
    const insert = `insert into latchkey.identities (provider, issuer, subject, user_id, email_verified)
      values ('spotify', '', $1, $2, false)`
    let came: ReturnType<typeof comes> | undefined
    await database.sql
      .begin(async (other) => {
        await other.unsafe('insert into latchkey.users (id) values ($1)', [theirs])
        await other.unsafe(insert, [next, theirs])
        came = comes(next, old)
        came.catch(() => {})
        await untilHeldUp({ database })
        if (end === 'rollback') throw new Error(end)
      })
      .catch((error: Error) => expect(error.message).toBe('rollback'))
    const { sub } = ((await came) as Awaited<typeof came & object>).account
    expect(sub).toBe(expected === 'theirs' ? theirs : account.sub)
    expect((await comes(old)).account.sub === account.sub).toBe(expected === 'theirs')
  })
})
