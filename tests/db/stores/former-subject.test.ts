import { expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { openDatabase } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession } from '../../helpers/stores.ts'

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
