import { v7 as uuidv7 } from 'uuid'
import { beforeAll } from 'vitest'
import type { NewSession } from '../../src/core/identity/sign-ins.ts'
import { hashToken, randomToken } from '../../src/core/secrets.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { createStores, type Stores } from '../../src/db/stores/index.ts'
import type { SignInRules } from '../../src/db/stores/sign-in/sign-ins.ts'
import { createTestDatabase } from './database.ts'
import { RULES } from './rules.ts'

/** The stores over an empty database, for the tests of a file; their fields are there when these run. */
export function useStores(rules: Partial<SignInRules> = {}): {
  database: Database
  stores: Stores
} {
  const [database, stores] = [{} as Database, {} as Stores]
  beforeAll(async () => {
    const testDatabase = await createTestDatabase()
    Object.assign(
      database,
      openDatabase(testDatabase.connection, { connections: 8, prepare: true }),
    )
    Object.assign(stores, createStores(database, { ...RULES, ...rules }))
    return async () => {
      await database.close()
      await testDatabase.drop()
    }
  })
  return { database, stores }
}

/** A session that begins with a refresh token, at one app. */
export const newSession = (changes: Partial<NewSession> = {}): NewSession => ({
  id: uuidv7(),
  clientId: 'spa',
  scope: 'openid account',
  resource: null,
  cookieMode: false,
  authTime: null,
  silent: false,
  userAgent: null,
  address: null,
  ttlSeconds: 3600,
  refreshToken: { hash: hashToken(randomToken()), ttlSeconds: 3600 },
  ...changes,
})
