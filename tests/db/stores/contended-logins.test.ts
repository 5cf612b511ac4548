import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { Database } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

const { database, stores } = useStores()

/** Somebody new comes with this address. */
const google = (email: string) => {
  const subject = randomUUID()
  return stores.signIns.signIn(
    { provider: 'google', issuer: '', subject },
    toProfile({ subject, email, emailVerified: true }),
    newSession(),
  )
}

test.each([
  // The control: nobody is in the way.
  [0, 'create'],
  [1, 'create'],
  [8, 'create'],
])(
  'a login whose address changes hands %s times while it is looked at comes in',
  async (most, action) => {
    const email = `eve-${randomUUID()}@example.com`
    let holder = (await google(email)).account.sub
    let moved = 0
    const leaves = () => database.query('delete from latchkey.users where id = $1', [holder])
    const moving: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((run) => {
          let sent = 0
          return work(async (...statement) => {
            sent += 1
            // Before it is looked who holds the address, and before the new user is made.
            if (sent === 3) await leaves()
            if (sent === 5 && moved < most) {
              moved += 1
              holder = (await google(email)).account.sub
            }
            return run(...statement)
          })
        }),
    }
    const came = await createStores(moving, RULES).signIns.signIn(
      { provider: 'kakao', issuer: '', subject: email },
      toProfile({ subject: email, email, emailVerified: true }),
      newSession(),
    )
    expect([came.decision.action, moved]).toEqual([action, most])
  },
)

test.each([
  ['goes again', 'create'],
  // The control: it stays.
  ['stays', 'known'],
])(
  'an identity that somebody makes while it signs in, and that %s, comes in',
  async (what, action) => {
    const [subject, userId] = [randomUUID(), randomUUID()]
    let asked = 0
    const moving: Database = {
      ...database,
      query: async (...statement) => {
        asked += 1
        if (asked === 2 && what === 'goes again')
          await database.query('delete from latchkey.users where id = $1', [userId])
        return database.query(...statement)
      },
    }
    const { signIns: meanwhile } = createStores(moving, RULES)
    const came = await database.sql.begin(async (other) => {
      await other.unsafe('insert into latchkey.users (id) values ($1)', [userId])
      await other.unsafe(
        `insert into latchkey.identities (provider, issuer, subject, user_id, email_verified)
       values ('kakao', '', $1, $2, false)`,
        [subject, userId],
      )
      const key = { provider: 'kakao', issuer: '', subject }
      const coming = meanwhile.signIn(key, toProfile({ subject }), newSession())
      await untilHeldUp({ database })
      return [coming]
    })
    expect((await came[0])?.decision.action).toBe(action)
  },
)
