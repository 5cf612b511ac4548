import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../../src/settings/index.ts'
import { applePrivateKey } from '../helpers/apple-key.ts'

const apple = (key: string) => ({
  APPLE_CLIENT_ID: 'com.example.web',
  APPLE_TEAM_ID: 'TEAM000001',
  APPLE_KEY_ID: 'KEY0000001',
  APPLE_PRIVATE_KEY: key,
})
const corp = (changes: Record<string, string>) => ({
  OIDC_PROVIDERS: 'corp',
  CORP_ISSUER: 'https://id.example',
  CORP_CLIENT_ID: 'latchkey',
  ...changes,
})
const pemOf = (pair: { privateKey: ReturnType<typeof createPrivateKey> }) =>
  pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

test('the ids of an Apple team and key may have the form of a double: only the doctor wonders', () => {
  const others = { APPLE_TEAM_ID: 'team-id', APPLE_KEY_ID: 'a-longer-key-id' }
  const { providers } = readSettings({ ...apple(applePrivateKey()), ...others })
  expect(providers[0]?.values).toMatchObject({ TEAM_ID: 'team-id', KEY_ID: 'a-longer-key-id' })
  const start = () => readSettings({ ...apple(applePrivateKey()), APPLE_TEAM_ID: 'team id' })
  expect(start).toThrow('APPLE_TEAM_ID must be the id of the team, without spaces.')
})

describe('a private key in a setting', () => {
  const pem = applePrivateKey()
  test.each([
    ['as it is in the file', pem],
    ['with the line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['in one line, its line ends as \\n', pem.replaceAll('\n', '\\n')],
    ['in one line in quotes, its line ends as \\r\\n', `"${pem.replaceAll('\n', '\\r\\n')}"`],
    ['in single quotes, in one line without any', `'${pem.replaceAll('\n', ' ')}'`],
    ['with spaces before each line', pem.replaceAll('\n', '\n   ')],
  ])('%s is the same key', (_title, text) => {
    const { providers } = readSettings(apple(text))
    const key = createPrivateKey(providers[0]?.values.PRIVATE_KEY ?? '')
    expect(key.equals(createPrivateKey(pem))).toBe(true)
  })

  test.each([
    ['without its end', pem.slice(0, 60)],
    ['that is none', pem.replace('MIG', 'XXX')],
    ['of another kind than Apple’s', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['that is public', pem.replaceAll('PRIVATE', 'PUBLIC')],
  ])('%s stops the start with a word, and is not repeated', (_title, text) => {
    const start = () => readSettings(apple(text))
    expect(start).toThrow(SettingsError)
    expect(start).toThrow(/APPLE_PRIVATE_KEY must be the content of the \.p8 file/)
    expect(start).not.toThrow(text.slice(40, 60))
  })

  test('of an OpenID provider stands in place of the secret, which is needed else', () => {
    const rsa = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))
    const { providers } = readSettings(corp({ CORP_PRIVATE_KEY: rsa, CORP_KEY_ID: 'key-7' }))
    expect(providers[0]).toMatchObject({ clientSecret: '', values: { KEY_ID: 'key-7' } })
    expect(() => readSettings(corp({}))).toThrow(/CORP_CLIENT_SECRET is missing/)
    const weak = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))
    expect(() => readSettings(corp({ CORP_PRIVATE_KEY: weak }))).toThrow(/CORP_PRIVATE_KEY must be/)
  })
})
