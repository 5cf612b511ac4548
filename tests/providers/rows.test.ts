import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ZodError } from 'zod'
import { toProfile } from '../../src/core/identity/profile.ts'
import type { IdTokenClaims } from '../../src/core/provider/row-inputs.ts'
import { builtInProviders } from '../../src/providers/index.ts'
import { fixtures } from './fixtures.ts'

describe.each(builtInProviders.map((row) => [row.id, row] as const))('the row of %s', (id, row) => {
  const read = (
    change: (name: string, document: unknown) => unknown = (_, document) => document,
  ) => {
    const { claims = null, documents = {}, formUser = null } = fixtures[id] ?? {}
    return row
      .readProfile({
        tokenResponse: {
          accessToken: 'token',
          tokenType: 'bearer',
          expiresInSeconds: null,
          scope: null,
          refreshToken: null,
          idToken: null,
        },
        claims: change('claims', claims) as IdTokenClaims | null,
        client: { id: 'client', secret: 'secret' },
        formUser,
        userinfo: async () => {
          const document = documents.userinfo_endpoint
          return document === undefined ? null : (change('userinfo', document) as never)
        },
        get: async (name) => change(name, documents[name]),
      })
      .then(toProfile)
  }

  test('reads the documented documents', async () => {
    expect(fixtures, 'a row needs a fixture in its documented form').toHaveProperty(id)
    expect(await read()).toEqual(fixtures[id]?.profile)
  })

  test('refuses documents of another shape', async () => {
    await expect(read(() => ({ error: 'nothing here' }))).rejects.toThrow(ZodError)
    await expect(read(() => [])).rejects.toThrow(ZodError)
  })

  test('has its file, its console and what the README says of it', () => {
    expect(readFileSync(`src/providers/${id}.ts`, 'utf8').split('\n').length).toBeLessThan(120)
    expect(row.console.url).toMatch(/^https:/)
    expect(row.emailVerifiedWhen).not.toBe('')
    expect(Object.isFrozen(row)).toBe(true)
  })
})

test('Naver: a resultcode other than "00" is refused', async () => {
  const naver = builtInProviders.find(({ id }) => id === 'naver')
  const get = (resultcode: string) => async () => ({ resultcode, response: { id: 'a' } })
  const source = { claims: null, formUser: null, userinfo: async () => null }
  const rest = { ...source, tokenResponse: {} as never, client: { id: '', secret: '' } }
  await expect(naver?.readProfile({ ...rest, get: get('00') })).resolves.toHaveProperty('subject')
  await expect(naver?.readProfile({ ...rest, get: get('024') })).rejects.toThrow(ZodError)
})
