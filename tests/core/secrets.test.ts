import { describe, expect, test } from 'vitest'
import {
  createSealer,
  equalInConstantTime,
  hashToken,
  randomToken,
} from '../../src/core/secrets.ts'

const OLD = 'an old secret with more than 32 characters'
const NEW = 'a new secret that also has more than 32 characters'
const sealer = createSealer([NEW], 'tests')

describe('what is sealed', () => {
  test.each([
    ['a text', 'hello'],
    ['nothing', ''],
    ['Hangul and emoji', '김민지 👩‍👩‍👧‍👦'],
    ['10 kB', 'x'.repeat(10_000)],
  ])('opens again: %s', (_, text) => {
    expect(sealer.open(sealer.seal(text, 'a context'), 'a context')).toBe(text)
  })

  test('fits into a cookie and tells nothing of the text', () => {
    const sealed = sealer.seal('hello hello hello', 'a context')
    expect(sealed).toMatch(/^[\w-]{6}\.[\w-]+$/)
    expect(Buffer.from(sealed, 'base64url').toString()).not.toContain('hello')
  })

  test('is different each time', () => {
    const all = Array.from({ length: 100 }, () => sealer.seal('hello', 'a context'))
    expect(new Set(all).size).toBe(100)
  })

  test('does not open in another context', () => {
    const sealed = sealer.seal('hello', 'a context')
    for (const other of ['another context', '', 'a context ', 'A context']) {
      expect(sealer.open(sealed, other)).toBeNull()
    }
    expect(sealer.open(sealed, 'a context')).toBe('hello')
  })

  test('does not open for another purpose of the same secret', () => {
    const sealed = sealer.seal('hello', 'a context')
    expect(createSealer([NEW], 'other tests').open(sealed, 'a context')).toBeNull()
    expect(createSealer([NEW], 'tests').open(sealed, 'a context')).toBe('hello')
  })

  test('does not open with another secret', () => {
    const sealed = sealer.seal('hello', 'a context')
    expect(createSealer([OLD], 'tests').open(sealed, 'a context')).toBeNull()
  })

  test('does not open with any one bit of any byte changed', () => {
    const sealed = sealer.seal('hello', 'a context')
    const [id, text = ''] = sealed.split('.')
    const bytes = Buffer.from(text, 'base64url')
    for (let place = 0; place < bytes.length; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes)
        changed[place] = (changed[place] ?? 0) ^ (1 << bit)
        expect(sealer.open(`${id}.${changed.toString('base64url')}`, 'a context')).toBeNull()
      }
    }
    expect(sealer.open(`${id}.${bytes.toString('base64url')}`, 'a context')).toBe('hello')
  })

  test('does not open with any one character changed', () => {
    const sealed = sealer.seal('hello', 'a context')
    for (let place = 0; place < sealed.length; place++) {
      for (const other of ['A', 'B', '_', '=', '.', '+', '\u0000']) {
        if (sealed[place] === other) continue
        const changed = sealed.slice(0, place) + other + sealed.slice(place + 1)
        expect(sealer.open(changed, 'a context')).toBeNull()
      }
    }
  })

  test('does not open when cut at any place or made longer', () => {
    const sealed = sealer.seal('hello', 'a context')
    for (let end = 0; end < sealed.length; end++) {
      expect(sealer.open(sealed.slice(0, end), 'a context')).toBeNull()
    }
    for (const more of ['A', '=', ' ', '\n', '.', sealed]) {
      expect(sealer.open(sealed + more, 'a context')).toBeNull()
    }
    expect(sealer.open(sealed, 'a context')).toBe('hello')
  })

  test('is not anything that somebody else made up', () => {
    for (const made of ['', '.', 'a.b', 'null', '__proto__', 'eyJhbGciOiJub25lIn0.e30.']) {
      expect(sealer.open(made, 'a context')).toBeNull()
    }
  })
})

describe('a rotation of SECRET', () => {
  const before = createSealer([OLD], 'tests')
  const during = createSealer([NEW, OLD], 'tests')
  const after = createSealer([NEW], 'tests')

  test('the old secret still opens what it sealed, and that is stale', () => {
    const sealed = before.seal('hello', 'a context')
    expect(during.open(sealed, 'a context')).toBe('hello')
    expect(during.isStale(sealed)).toBe(true)
    expect(before.isStale(sealed)).toBe(false)
  })

  test('the first secret seals, so that the old one can be dropped', () => {
    const sealed = during.seal('hello', 'a context')
    expect(during.isStale(sealed)).toBe(false)
    expect(after.open(sealed, 'a context')).toBe('hello')
    expect(before.open(sealed, 'a context')).toBeNull()
  })

  test('a secret that is dropped opens nothing any more', () => {
    expect(after.open(before.seal('hello', 'a context'), 'a context')).toBeNull()
  })

  test('without any secret there is no sealer', () => {
    expect(() => createSealer([], 'tests')).toThrow('at least one secret')
  })
})

describe('tokens', () => {
  test('are 256 random bits in base64url', () => {
    const all = Array.from({ length: 1000 }, randomToken)
    expect(new Set(all).size).toBe(1000)
    for (const token of all) expect(token).toMatch(/^[\w-]{43}$/)
  })

  test('are hashed by SHA-256', () => {
    expect(hashToken('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  test('are compared as a whole, whatever their length', () => {
    expect(equalInConstantTime('abc', 'abc')).toBe(true)
    for (const other of ['abd', 'ab', 'abcd', '', 'ABC', 'abc\u0000']) {
      expect(equalInConstantTime('abc', other)).toBe(false)
    }
  })
})
