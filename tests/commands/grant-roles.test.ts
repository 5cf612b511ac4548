import { expect, test } from 'vitest'
import type { AdminRun } from '../../src/commands/admin/open-stores.ts'
import { runUsers } from '../../src/commands/admin/users.ts'
import { ADMIN_CLI } from '../../src/core/events/audit.ts'
import { toProfile } from '../../src/core/identity/profile.ts'
import { newSession, useStores } from '../helpers/stores.ts'

const { stores } = useStores()

test('a user is granted as many roles as an access token in a cookie holds, and a role that is there again', async () => {
  const { account } = await stores.signIns.signIn(
    { provider: 'kakao', issuer: '', subject: '1' },
    toProfile({ subject: '1' }),
    newSession(),
  )
  const grant = (role: string) =>
    runUsers({
      stores,
      words: ['grant', account.sub, role],
      flags: { json: true },
    } as unknown as AdminRun)
  const many = Array.from({ length: 29 }, (_, place) => `r${place}-`.padEnd(64, 'x'))
  await stores.adminUsers.change(account.sub, { roles: many }, ADMIN_CLI)
  // One more character than 2,000, with the quotes, commas and brackets of the list in a token.
  await expect(grant('x'.repeat(54))).rejects.toThrow('at most 2,000 characters together')
  for (const role of ['x'.repeat(53), 'x'.repeat(53), many[0] as string]) {
    expect(await grant(role)).toMatchObject({ one: { roles: expect.arrayContaining([role]) } })
  }
  await expect(grant('y')).rejects.toThrow('y is one too many')
})
