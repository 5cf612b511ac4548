import { beforeEach, describe, expect, test } from 'vitest'
import { endSession } from '../helpers/age.ts'
import { APPS, askMe, signIn, type Tokens } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })
const THEIRS = {
  name: 'Name of the provider',
  picture: 'https://provider.example/picture.png',
  locale: 'en',
}
let turn = 0
beforeEach(() => {
  provider.subject = `person-${++turn}`
  provider.person = { ...THEIRS, email: `${turn}@example.com`, email_verified: true }
})

const login = () => signIn(latchkey, provider)
const me = async ({ access_token }: Tokens) => (await askMe(latchkey, access_token)).json()
const patch = (tokens: Tokens, body: unknown, type = 'application/json') =>
  new Browser().send(`${latchkey.url}/me`, {
    method: 'PATCH',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${tokens.access_token}`, 'content-type': type },
  })

describe('PATCH /me', () => {
  test('changes what is sent and nothing else; /me says the same', async () => {
    const tokens = await login()
    const before = await me(tokens)
    const answer = await patch(tokens, { name: 'My own name' })
    expect(answer.status, answer.text).toBe(200)
    const { updated_at, ...after } = answer.json()
    expect({ ...after, updated_at: 0 }).toEqual({ ...before, name: 'My own name', updated_at: 0 })
    expect(Number(updated_at)).toBeGreaterThanOrEqual(Number(before.updated_at))
    expect(await me(tokens)).toEqual(answer.json())
  })

  test.each([
    ['name', 'a'],
    ['name', '김민지 🧑‍🚀'],
    ['name', '<script>alert(1)</script>'],
    ['name', "'; drop table latchkey.users; --"],
    ['name', '🚀'.repeat(255)],
    ['locale', 'ko'],
    ['locale', 'zh-Hant-TW'],
    ['picture', 'https://cdn.example.com/a.png?size=1#x'],
  ])('stores the %s %j as it was sent', async (field, value) => {
    const tokens = await login()
    const answer = await patch(tokens, { [field]: value })
    expect(answer.status, answer.text).toBe(200)
    expect((await me(tokens))[field]).toBe(value)
  })

  test.each([
    ['https://CDN.example.com', 'https://cdn.example.com/'],
    ['https://cdn.example.com/ü "x"', 'https://cdn.example.com/%C3%BC%20%22x%22'],
  ])('stores the picture %j as browsers write it', async (sent, stored) => {
    const tokens = await login()
    expect((await patch(tokens, { picture: sent })).json().picture).toBe(stored)
  })

  test('null goes back to what the provider says, an empty edit changes nothing', async () => {
    const tokens = await login()
    const own = { name: 'Mine', picture: 'https://mine.example/p.png', locale: 'ja' }
    expect((await patch(tokens, own)).json()).toMatchObject(own)
    expect((await patch(tokens, {})).json()).toMatchObject(own)
    const { picture, ...rest } = own
    expect((await patch(tokens, { picture: null })).json()).toMatchObject({
      ...rest,
      picture: THEIRS.picture,
    })
    expect((await patch(tokens, { name: null, locale: null })).json()).toMatchObject(THEIRS)
  })

  test('edits survive the next login and what the provider says by then', async () => {
    const tokens = await login()
    await patch(tokens, { name: 'Mine' })
    provider.person = { ...THEIRS, name: 'Renamed', locale: 'fr' }
    const again = await login()
    expect(again.sub).toBe(tokens.sub)
    expect(await me(again)).toMatchObject({ name: 'Mine', locale: 'fr' })
    await patch(again, { name: null })
    expect((await me(again)).name).toBe('Renamed')
  })

  test('changes one user only', async () => {
    const tokens = await login()
    provider.subject = `${provider.subject}-neighbour`
    provider.person = THEIRS
    const neighbour = await login()
    await patch(tokens, { name: 'Mine' })
    expect(await me(neighbour)).toMatchObject(THEIRS)
  })
})

describe('7.28 PATCH /me refuses', () => {
  const id = '01890000-0000-7000-8000-000000000000'
  test.each([
    ...['sub', 'id', 'email', 'email_verified', 'role', 'created_at', 'updated_at'],
    ...['disabled_at', 'identities', 'Name', 'name ', 'constructor', 'is_admin'],
  ])('the field %s, and the edit beside it', async (field) => {
    const tokens = await login()
    const before = await me(tokens)
    for (const value of ['x', true, null, id, { a: 1 }]) {
      const answer = await patch(tokens, { name: 'Mine', [field]: value })
      expectProblem(answer, 400, 'invalid_request')
      expect(answer.json().detail).toMatch(/Unrecognized key/)
    }
    expect(await me(tokens)).toEqual(before)
    expect((await patch(tokens, { name: 'Mine' })).status).toBe(200)
  })

  test.each<[string, unknown]>([
    ['name', ''],
    ['name', '   '],
    ['name', ' a'],
    ['name', 'a\0b'],
    ['name', 'a\nb'],
    ['name', 'a\u202eb'],
    ['name', '\ud800'],
    ['name', 'a'.repeat(256)],
    ['name', 1],
    ['name', ['a']],
    ['name', { toString: 'a' }],
    ['picture', ''],
    ['picture', 'http://example.com/p.png'],
    ['picture', 'javascript:alert(1)'],
    ['picture', 'data:image/png;base64,AA=='],
    ['picture', 'https://user:password@example.com/p.png'],
    ['picture', '//example.com/p.png'],
    ['picture', `https://example.com/${'a'.repeat(2048)}`],
    ['locale', 'not a tag'],
    ['locale', 'ko_KR'],
    ['locale', '"><script>'],
    ['locale', true],
  ])('the %s %j', async (field, value) => {
    const tokens = await login()
    const before = await me(tokens)
    const answer = await patch(tokens, { [field]: value })
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toContain(`"${field}"`)
    expect(answer.text).not.toMatch(/script|alert/)
    expect(await me(tokens)).toEqual(before)
  })

  test.each([
    ['an array', '[]', 'expected object, received array'],
    ['a string', '"name"', 'expected object, received string'],
    ['null', 'null', 'expected object, received null'],
    ['nothing', '', 'expected object'],
    ['half an object', '{"name":', 'cannot be read as JSON'],
    ['a poisoned prototype', '{"__proto__":{"name":"x"}}', 'cannot be read as JSON'],
    ['a poisoned constructor', '{"constructor":{"prototype":{}}}', 'cannot be read as JSON'],
  ])('a body that is %s, and says so', async (_name, body, detail) => {
    const tokens = await login()
    const answer = await patch(tokens, body)
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toContain(detail)
    expect(await me(tokens)).toMatchObject(THEIRS)
  })

  test('other content types, a large body, and whoever is not signed in', async () => {
    const tokens = await login()
    const body = JSON.stringify({ name: 'Mine' })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json x']) {
      const answer = await patch(tokens, body, type)
      expect([400, 415]).toContain(answer.status)
    }
    expectProblem(await patch(tokens, { name: 'a'.repeat(70_000) }), 413, 'payload_too_large')
    const nobody = { ...tokens, access_token: 'x' }
    expectProblem(await patch(nobody, body), 401, 'invalid_token')
    await endSession(latchkey)
    expectProblem(await patch(tokens, body), 401, 'invalid_token')
    expect((await me(await login())).name).toBe(THEIRS.name)
  })
})
