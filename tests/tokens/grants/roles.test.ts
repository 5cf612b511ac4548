import { describe, expect, test } from 'vitest'
import {
  API,
  APPS,
  claimsOf,
  getCode,
  post,
  readTokens,
  redeem,
  refresh,
  signIn,
} from '../../helpers/apps.ts'
import { exchange, nativeClaims } from '../../helpers/native.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey, provider } = setStage({
  settings: { ...APPS, DEFAULT_ROLES: 'member' },
  people: (turn) => ({ name: `Person ${turn}` }),
})

const grant = (roles: string[], user: string) =>
  latchkey.database.query('update latchkey.users set roles = $1::text[] where id = $2', [
    roles,
    user,
  ])

describe('roles', () => {
  test('are in the access token where the scope was granted, and a change bites at the next one', async () => {
    const tokens = await signIn(latchkey, provider, { scope: 'openid roles' })
    expect(claimsOf(tokens.access_token).roles).toEqual(['member'])
    expect(claimsOf(tokens.id_token)).not.toHaveProperty('roles')
    await grant(['member', 'editor'], tokens.sub)
    const next = readTokens(await refresh(latchkey, tokens.refresh_token))
    expect(claimsOf(next.access_token).roles).toEqual(['member', 'editor'])
    const { client_id, client_secret } = API
    const form = { client_id, client_secret, token: next.access_token }
    const told = (await post(`${latchkey.url}/introspect`, form)).json()
    expect(told).toMatchObject({ active: true, roles: ['member', 'editor'] })
    await grant([], tokens.sub)
    const last = readTokens(await refresh(latchkey, next.refresh_token))
    expect(claimsOf(last.access_token).roles).toEqual([])
  })

  test('come by native sign-in too', async () => {
    const token = await provider.sign(nativeClaims(provider))
    const tokens = readTokens(await exchange(latchkey, token, { client_id: 'spa', scope: 'roles' }))
    expect(tokens.scope).toBe('roles')
    expect(claimsOf(tokens.access_token).roles).toEqual(['member'])
  })

  test.each([null, 'openid profile email', 'openid admin'])(
    'are in no token of the scope %j',
    async (scope) => {
      const code = await getCode(latchkey, provider, { scope })
      const tokens = readTokens(await redeem(latchkey, code))
      expect(claimsOf(tokens.access_token)).not.toHaveProperty('roles')
      expect(tokens.scope.split(' ')).not.toContain('admin')
    },
  )
})
