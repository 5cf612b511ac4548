import { describe, expect, test } from 'vitest'
import { NumericSubject, TextSubject, toProfile } from '../../../src/core/identity/profile.ts'

describe('a subject given as text', () => {
  test.each(['1', '42', 'a b', '{x}|~!', '000123.abc', 'a'.repeat(255), '__proto__', "'; --"])(
    '%s is taken as it is',
    (subject) => {
      expect(TextSubject.parse(subject)).toBe(subject)
    },
  )

  test.each([
    ['nothing', ''],
    ['a space at the start', ' 1'],
    ['a space at the end', '1 '],
    ['a space alone', ' '],
    ['7.24 NUL', '1\u0000'],
    ['NUL within', '1\u00002'],
    ['a line end', '1\n'],
    ['a tab', '1\t2'],
    ['DEL', '1\u007f'],
    ['a letter outside ASCII', 'ı'],
    ['a lone surrogate', '\ud800'],
    ['256 characters', 'a'.repeat(256)],
    ['10 kB', 'a'.repeat(10_000)],
    ['a number', 42],
    ['null', null],
    ['an object', { toString: () => '1' }],
    ['an array', ['1']],
  ])('%s is refused', (_, subject) => {
    expect(TextSubject.safeParse(subject).success).toBe(false)
  })
})

describe('a subject given as a number', () => {
  test.each([
    [42, '42'],
    ['42', '42'],
    [0, '0'],
    [-5, '-5'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['9223372036854775807', '9223372036854775807'],
  ])('%s becomes the text %s', (subject, text) => {
    expect(NumericSubject.parse(subject)).toBe(text)
  })

  test.each([
    ['a fraction', 4.2],
    ['a number that a double cannot hold', 2 ** 53],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a word', 'bob'],
    ['digits and a letter', '42a'],
    ['an exponent', '1e3'],
    ['7.24 NUL', '42\u0000'],
    ['a line end', '42\n'],
    ['digits of another script', '４２'],
    ['21 digits', '1'.repeat(21)],
    ['nothing', ''],
    ['null', null],
    ['true', true],
  ])('%s is refused', (_, subject) => {
    expect(NumericSubject.safeParse(subject).success).toBe(false)
  })
})

describe('a profile', () => {
  test('is cleaned field by field', () => {
    expect(
      toProfile({
        subject: '1',
        email: 'Ann@Example.com',
        emailVerified: true,
        name: ' A\u0000nn ',
        picture: 'https://img.example.com/a',
        locale: 'en_US',
      }),
    ).toEqual({
      subject: '1',
      email: 'Ann@Example.com',
      emailVerified: true,
      name: 'Ann',
      picture: 'https://img.example.com/a',
      locale: 'en-US',
    })
  })

  test('has null for whatever is not given or not usable', () => {
    const nothing = { email: null, emailVerified: false, name: null, picture: null, locale: null }
    expect(toProfile({ subject: '1' })).toEqual({ subject: '1', ...nothing })
    expect(
      toProfile({ subject: '1', email: '', name: '', picture: 'http://x.com/a', locale: '?' }),
    ).toEqual({ subject: '1', ...nothing })
  })

  test('7.21 an address that is refused takes its verified flag along', () => {
    const read = { subject: '1', emailVerified: true }
    expect(toProfile({ ...read, email: 'a@b@c.com' })).toMatchObject({
      email: null,
      emailVerified: false,
    })
    expect(toProfile({ ...read, email: 'a@c.com' })).toMatchObject({ emailVerified: true })
  })

  test('an address is verified only by the value true', () => {
    for (const flag of ['true', 'false', 1, {}, undefined]) {
      const read = { subject: '1', email: 'a@c.com', emailVerified: flag as boolean }
      expect(toProfile(read).emailVerified).toBe(false)
    }
    // Null says that the document cannot tell, and counts as verified nowhere.
    const untold = { subject: '1', email: 'a@c.com', emailVerified: null }
    expect(toProfile(untold).emailVerified).toBeNull()
    expect(toProfile({ ...untold, emailVerified: true }).emailVerified).toBe(true)
  })

  test('without a usable subject is an error', () => {
    expect(() => toProfile({ subject: '1\u0000' })).toThrow(/not a subject/)
    expect(toProfile({ subject: '1' }).subject).toBe('1')
  })
})
