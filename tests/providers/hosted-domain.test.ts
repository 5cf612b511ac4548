import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../../src/settings/index.ts'
import { Browser } from '../helpers/browser.ts'
import { countRows, type Latchkey, login, startLogin } from '../helpers/latchkey.ts'
import { exchange, expectSignedIn, nativeClaims } from '../helpers/native.ts'
import { lastOAuthError } from '../helpers/oauth.ts'
import { expectProblem, lastProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const registration = { GOOGLE_CLIENT_ID: 'client-at-fake', GOOGLE_CLIENT_SECRET: 'secret-at-fake' }
const stageOf = (domain: string | undefined, changes: Record<string, string> = {}) =>
  setStage({
    aim: ({ issuer }) => ({
      ...registration,
      GOOGLE_ISSUER: issuer,
      GOOGLE_TOKEN_INFO_ENDPOINT: `${issuer}/token-info`,
      ...(domain === undefined ? {} : { GOOGLE_HOSTED_DOMAIN: domain }),
      ...changes,
    }),
  })

describe('GOOGLE_HOSTED_DOMAIN', () => {
  const of = { example: stageOf('example.com'), any: stageOf('*'), none: stageOf(undefined) }
  const hinted = async (latchkey: Latchkey) => {
    const { authorization } = await startLogin(latchkey, new Browser(), 'google')
    return authorization.searchParams.get('hd')
  }

  test('is sent as a hint, and not where it is not set', async () => {
    expect(await hinted(of.example.latchkey)).toBe('example.com')
    expect(await hinted(of.any.latchkey)).toBe('*')
    expect(await hinted(of.none.latchkey)).toBe(null)
  })

  test.each<[keyof typeof of, unknown, boolean]>([
    ['example', 'example.com', true],
    ['example', 'EXAMPLE.com', true],
    ['example', 'other.example.com', false],
    ['example', 'example.com.evil.example', false],
    ['example', ['example.com'], false],
    ['example', '', false],
    ['example', undefined, false],
    ['any', 'whatever.example', true],
    ['any', '', false],
    ['any', undefined, false],
    ['none', undefined, true],
    ['none', 'whatever.example', true],
  ])('of %s: an account whose hd is %j is let in: %s', async (name, hd, isIn) => {
    const { latchkey, provider } = of[name]
    provider.idToken = (claims) => ({ ...claims, hd })
    // Only the signed claim counts.
    provider.userinfo = (document) => ({ ...document, hd: 'example.com' })
    const rows = await countRows(latchkey)
    const answer = await login(latchkey, provider, new Browser(), 'google')
    const token = await provider.sign({ ...nativeClaims(provider), hd })
    const native = await exchange(latchkey, token, { subject_issuer: 'google' })
    if (isIn) {
      expect(answer.status).toBe(200)
      expectSignedIn(native)
      return
    }
    expectProblem(answer, 403, 'access_denied')
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'not_of_organisation' })
    expect(native.status).toBe(400)
    expect(lastOAuthError(latchkey)).toMatchObject({ reason: 'not_of_organisation' })
    expect(await countRows(latchkey)).toEqual(rows)
  })

  test('holds for access tokens of apps, by userinfo', async () => {
    const { latchkey, provider } = of.example
    for (const [hd, status] of [
      ['example.com', 200],
      ['other.example', 400],
    ] as const) {
      provider.answers.other = { body: { aud: 'client-at-fake', sub: 'person-1' } }
      provider.userinfo = (document) => ({ ...document, hd })
      const answer = await exchange(latchkey, `access-${hd}`, {
        subject_issuer: 'google',
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      })
      expect(answer.status, answer.text).toBe(status)
    }
  })

  test.each([
    'example',
    'https://example.com',
    'Example.com',
    'a.example,b.example',
    '*.example.com',
  ])('is not %s', (value) => {
    const start = () => readSettings({ ...registration, GOOGLE_HOSTED_DOMAIN: value })
    expect(start).toThrow(SettingsError)
  })
})

test('MICROSOFT_TENANT is a GUID in small letters or one of three words', () => {
  const read = (tenant: string) =>
    readSettings({
      MICROSOFT_CLIENT_ID: 'id',
      MICROSOFT_CLIENT_SECRET: 'secret',
      MICROSOFT_TENANT: tenant,
    })
  const guid = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  for (const tenant of [guid, 'common', 'organizations', 'consumers']) read(tenant)
  for (const tenant of [
    'contoso.com',
    'contoso.onmicrosoft.com',
    'Common',
    guid.slice(1),
    `${guid}0`,
  ]) {
    expect(() => read(tenant)).toThrow(/MICROSOFT_TENANT must be/)
  }
})
