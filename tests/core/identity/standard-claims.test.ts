import { describe, expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { readStandardClaims } from '../../../src/core/identity/standard-claims.ts'
import type { IdTokenClaims } from '../../../src/core/provider/row-inputs.ts'

const tokenResponse = {
  accessToken: 't',
  tokenType: 'bearer',
  expiresInSeconds: null,
  scope: null,
  refreshToken: null,
  idToken: null,
}

function read(claims: object | null, userinfo?: unknown) {
  return readStandardClaims({
    tokenResponse,
    claims: claims && ({ iss: 'https://issuer', sub: '1', ...claims } as IdTokenClaims),
    client: { id: 'ours', secret: 'ours' },
    formUser: null,
    userinfo: async () => (userinfo === undefined ? null : (userinfo as never)),
    get: async () => userinfo,
  })
}

describe('OpenID claims', () => {
  test('come from the ID token where there is no userinfo', async () => {
    expect(await read({ name: 'Ann', email: 'a@x.com', email_verified: true })).toMatchObject({
      subject: '1',
      name: 'Ann',
      email: 'a@x.com',
      emailVerified: true,
    })
  })

  test('of userinfo win one by one', async () => {
    const userinfo = { sub: '1', name: 'Ann at userinfo', locale: null, picture: ' ' }
    expect(await read({ name: 'Ann', locale: 'ko', picture: 'p' }, userinfo)).toMatchObject({
      name: 'Ann at userinfo',
      locale: 'ko',
      picture: 'p',
    })
  })

  test('an address of userinfo does not take the flag of another address', async () => {
    const token = { email: 'a@x.com', email_verified: true }
    expect(await read(token, { sub: '1', email: 'b@x.com' })).toMatchObject({
      email: 'b@x.com',
      emailVerified: false,
    })
    expect(await read(token, { sub: '1', email: 'a@x.com' })).toMatchObject({
      email: 'a@x.com',
      emailVerified: true,
    })
    expect(await read(token, { sub: '1', email: 'a@x.com', email_verified: false })).toMatchObject({
      emailVerified: false,
    })
  })

  test.each([{}, { email: null }, { email: ' ' }])(
    '4.28 a flag of userinfo beside %j is not one of the token’s address',
    async (address) => {
      for (const [inToken, inUserinfo] of [
        [false, true],
        [true, false],
        [true, true],
      ]) {
        const token = { email: 'a@x.com', email_verified: inToken }
        const userinfo = { sub: '1', ...address, email_verified: inUserinfo }
        expect(await read(token, userinfo)).toMatchObject({
          email: 'a@x.com',
          emailVerified: inToken,
        })
      }
    },
  )

  test.each<[Record<string, unknown>, string | null]>([
    [{ given_name: 'Ada', family_name: 'Lovelace' }, 'Ada Lovelace'],
    [{ given_name: '민지', family_name: '김' }, '김민지'],
    [{ given_name: 'マリー', family_name: '佐々木' }, '佐々木マリー'],
    [{ given_name: 'Marie', family_name: '佐々木' }, 'Marie 佐々木'],
    [{ given_name: 'Ada', family_name: '' }, 'Ada'],
    [{ name: ' ', given_name: ' ', family_name: '\t', preferred_username: 'ada1' }, 'ada1'],
    [{ given_name: ' ', family_name: 'Lovelace' }, 'Lovelace'],
    [{ family_name: 'Lovelace', nickname: 'ada' }, 'Lovelace'],
    [{ name: null, given_name: 'Ada', preferred_username: 'ada1' }, 'Ada'],
    [{ name: 'Ada L.', given_name: 'Ada', family_name: 'Lovelace' }, 'Ada L.'],
    [{ given_name: ['Ada'], family_name: 1, nickname: 'ada' }, 'ada'],
    [{ given_name: null, family_name: null }, null],
  ])('of %j make the name %j', async (claims, name) => {
    expect(toProfile(await read(claims)).name).toBe(name)
    expect(toProfile(await read({}, { sub: '1', ...claims })).name).toBe(name)
  })

  test('may be missing one and all but for `sub`', async () => {
    const nothing = { email: null, emailVerified: false, name: null, picture: null, locale: null }
    expect(toProfile(await read({}))).toEqual({ subject: '1', ...nothing })
    expect(toProfile(await read({}, { sub: '1' }))).toEqual({ subject: '1', ...nothing })
    expect(toProfile(await read(null, { sub: '1' }))).toEqual({ subject: '1', ...nothing })
    await expect(read(null, {})).rejects.toThrow(/sub/)
  })

  test('of another type than they should be count as not given', async () => {
    const wrong = { name: 1, nickname: [], picture: {}, locale: true, email: ['a@x.com'] }
    const nothing = { email: null, emailVerified: false, name: null, picture: null, locale: null }
    expect(toProfile(await read({ ...wrong, email_verified: true }))).toEqual({
      subject: '1',
      ...nothing,
    })
  })

  test.each([true, 'true'])('are verified by %j', async (flag) => {
    expect(await read({ email: 'a@x.com', email_verified: flag })).toMatchObject({
      emailVerified: true,
    })
  })

  test.each(['TRUE', 'false', 1, '1', 'yes', {}])('are not verified by %j', async (flag) => {
    expect(await read({ email: 'a@x.com', email_verified: flag })).toMatchObject({
      emailVerified: false,
    })
  })

  test('need a usable subject in userinfo too', async () => {
    await expect(read({}, { sub: '1\u0000' })).rejects.toThrow(/not a subject/)
    await expect(read({}, { name: 'Ann' })).rejects.toThrow()
    await expect(read({}, [])).rejects.toThrow()
    expect(await read({}, { sub: '1' })).toMatchObject({ subject: '1' })
  })

  test('7.26 named like parts of the object prototype change no object', async () => {
    const hostile = JSON.parse('{"sub":"1","__proto__":{"admin":true},"name":"Ann"}')
    expect(await read({}, hostile)).toMatchObject({ name: 'Ann' })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})
