import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EnvironmentFileError, readEnvironmentFile } from '../../src/settings/environment.ts'
import { readOrMakeSecret, SecretFileError } from '../../src/settings/secret-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a .env', () => {
  const TEXT = 'PORT=4000\n'
  const read = (bytes: Buffer) => {
    writeFileSync(join(folder, '.env'), bytes)
    return readEnvironmentFile(join(folder, '.env'))
  }

  test('in UTF-8 counts, with a byte order mark or without; none at all says nothing', () => {
    expect(readEnvironmentFile(join(folder, '.env'))).toEqual({})
    expect(read(Buffer.from(TEXT))).toEqual({ PORT: '4000' })
    expect(read(Buffer.from(`\ufeff${TEXT}`))).toEqual({ PORT: '4000' })
  })

  test.each([
    ['with a byte order mark', `\ufeff${TEXT}`],
    ['without one', TEXT],
  ])('in UTF-16 is refused and named: %s', (_, text) => {
    expect(() => read(Buffer.from(text, 'utf16le'))).toThrow(EnvironmentFileError)
    expect(() => read(Buffer.from(text, 'utf16le'))).toThrow('it looks like UTF-16')
  })

  test('that cannot be read is refused and not overlooked', () => {
    mkdirSync(join(folder, '.env'))
    const reading = () => readEnvironmentFile(join(folder, '.env'))
    expect(reading).toThrow(EnvironmentFileError)
    expect(reading).toThrow('is there and cannot be read')
  })
})

describe('the secret in the data folder', () => {
  const path = () => join(folder, 'data/secret')

  test('is made once, for its owner only', () => {
    const secret = readOrMakeSecret(join(folder, 'data'))
    expect(secret.length).toBeGreaterThan(32)
    expect((statSync(path()).mode & 0o777).toString(8)).toBe('600')
    expect(readOrMakeSecret(join(folder, 'data'))).toBe(secret)
  })

  test.each([
    ['', 'empty'],
    ['short\n', 'too short'],
  ])('that is %j is refused: it is %s', (content, words) => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(path(), content)
    const reading = () => readOrMakeSecret(join(folder, 'data'))
    expect(reading).toThrow(SecretFileError)
    expect(reading).toThrow(`The secret in ${path()} is ${words}`)
  })
})
