import { describe, expect, test } from 'vitest'
import { createTokenFamilies } from '../../../src/tokens/grants/token-family.ts'

const OLD = 'the secret of yesterday with more than 32 characters'
const NEW = 'the secret of tomorrow with more than 32 characters'
const SESSION = '0199f3a2-6b44-7d18-a5c0-93e7f1b2d604'
const OTHER = '0199f3a2-6b44-7d18-a5c0-93e7f1b2d605'

const families = createTokenFamilies([OLD])
const [code] = families.codesOf('a seed', SESSION)
const [first] = families.firstOf(code, SESSION)
const [second] = families.successorsOf(first, SESSION)

test('the same thing gives the same token everywhere, and nothing else does', () => {
  const elsewhere = createTokenFamilies([OLD])
  expect(elsewhere.codesOf('a seed', SESSION)).toEqual([code])
  expect(elsewhere.firstOf(code, SESSION)).toEqual([first])
  expect(elsewhere.successorsOf(first, SESSION)).toEqual([second])
  const others = [
    ...elsewhere.codesOf('another seed', SESSION),
    ...elsewhere.codesOf('a seed', OTHER),
    ...elsewhere.firstOf(first, SESSION),
    ...createTokenFamilies([NEW]).codesOf('a seed', SESSION),
  ]
  expect(new Set([code, first, second, ...others]).size).toBe(7)
})

test('while SECRET is rotated the old one’s tokens are found among the candidates', () => {
  const both = createTokenFamilies([NEW, OLD])
  expect(both.firstOf(code, SESSION)[1]).toBe(first)
  expect(both.firstOf(code, SESSION)[0]).not.toBe(first)
  expect(both.sessionOfToken(first)).toBe(SESSION)
  expect(createTokenFamilies([NEW]).sessionOfToken(first)).toBeNull()
})

describe('the mark', () => {
  test.each([
    ['code', code, SESSION, null],
    ['first refresh token', first, null, SESSION],
    ['successor', second, null, SESSION],
  ])('of a %s names its session, and only as what it is', (_kind, token, ofCode, ofToken) => {
    expect(token).toMatch(/^[\w-]{43}\.[\w-]{43}$/)
    expect(families.sessionOfCode(token)).toBe(ofCode)
    expect(families.sessionOfToken(token)).toBe(ofToken)
  })

  test('does not show it, and differs from token to token', () => {
    const marks = [code, first, second].map((token) => token.split('.')[1] ?? '')
    expect(new Set(marks).size).toBe(3)
    for (const mark of marks) {
      expect(Buffer.from(mark, 'base64url').toString('hex')).not.toContain('6b447d18')
    }
  })

  test('counts for its own token only, to the last bit and in one way of writing', () => {
    const [random = '', mark = ''] = first.split('.')
    const changed = [
      `${second.split('.')[0]}.${mark}`,
      ...[...first].map((letter, place) => {
        if (letter === '.') return first.replace('.', '')
        const other = letter === 'A' ? 'B' : String.fromCharCode(letter.charCodeAt(0) ^ 1)
        return first.slice(0, place) + other + first.slice(place + 1)
      }),
      ...[random, mark, `${first} `, `${first}=`, `${first}\n`, first.replaceAll('-', '+')],
    ].filter((token) => token !== first)
    for (const token of changed)
      expect([token, families.sessionOfToken(token)]).toEqual([token, null])
    expect(families.sessionOfToken(first)).toBe(SESSION)
  })
})
