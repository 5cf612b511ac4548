import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import type { IdentityKey } from '../../../src/core/identity/identity-key.ts'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

const { database, stores } = useStores()

const GOOGLE: IdentityKey = { provider: 'google', issuer: '', subject: 'ann' }
const APPLE: IdentityKey = { provider: 'apple', issuer: '', subject: 'ann' }

function signIn(identity: IdentityKey) {
  const session = newSession()
  const facts = { email: 'ann@example.com', emailVerified: true, name: 'Ann' }
  return stores.signIns
    .signIn(identity, toProfile({ subject: identity.subject, ...facts }), session)
    .then(({ account, decision }) => ({ session: session.id, user: account.sub, decision }))
}

test('a first login that would join somebody who leaves that moment is somebody new', async () => {
  const { user } = await signIn(GOOGLE)
  let joining: ReturnType<typeof signIn> | undefined
  await database.sql.begin(async (leaving) => {
    await leaving`delete from latchkey.users where id = ${user}`
    joining = signIn(APPLE)
    // It waits for the one who leaves.
    await untilHeldUp({ database })
    expect(await Promise.race([joining, 'waits'])).toBe('waits')
  })
  const joined = await joining
  expect(joined?.user).not.toBe(user)
  expect(joined?.decision).toMatchObject({ action: 'create' })
  // The control: whoever stays is joined.
  expect(await signIn(GOOGLE)).toMatchObject({ user: joined?.user, decision: { action: 'join' } })
})

test('only a session that is alive deletes its user, and all identities go', async () => {
  const { user, session } = await signIn(GOOGLE)
  const remove = (userId: string, sessionId: string) =>
    stores.accounts.remove({ userId, sessionId }, { revocable: [], reauthSeconds: null })
  expect(await remove(user, uuidv7())).toEqual({ outcome: 'session_over' })
  expect(await remove(uuidv7(), session)).toEqual({ outcome: 'session_over' })
  expect(await database.query('select from latchkey.identities', [])).toHaveLength(2)
  expect(await remove(user, session)).toEqual({ outcome: 'removed' })
  expect(await database.query('select from latchkey.identities', [])).toEqual([])
  expect(await database.query('select from latchkey.users', [])).toEqual([])
})
