import { expect, test } from 'vitest'
import { toProfile } from '../../src/core/identity/profile.ts'
import { apple } from '../../src/providers/apple.ts'
import { linkedin } from '../../src/providers/linkedin.ts'
import { microsoft } from '../../src/providers/microsoft.ts'

// What these three write for true, and nothing else, makes an address a verified one.

const person = { iss: 'https://issuer.example', sub: 'somebody', email: 'a@example.com' }
const tenant = {
  tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  oid: '6f4f4a0e-4b5c-4d2f-9f57-0ea9c0f0a001',
}

test.each([
  [apple, 'email_verified', [true, 'true', '1']],
  [linkedin, 'email_verified', [true, 'true', '1']],
  [microsoft, 'xms_edov', [true, 'true', '1', 1]],
] as const)('$id says true in its own ways by %s', async (row, flag, ways) => {
  const isVerified = async (value: unknown) => {
    const claims = { ...person, ...tenant, [flag]: value }
    const read = await row.readProfile({ claims, userinfo: async () => null } as never)
    return toProfile(read).emailVerified
  }
  for (const way of ways) expect(await isVerified(way), JSON.stringify(way)).toBe(true)
  const others = [1, 2, false, 'false', 0, '0', '', 'yes', 'True', [], [true], {}, null]
  for (const other of others.filter((one) => !(ways as readonly unknown[]).includes(one)))
    expect(await isVerified(other), JSON.stringify(other)).toBe(false)
})
