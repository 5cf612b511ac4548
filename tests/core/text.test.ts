import { describe, expect, test } from 'vitest'
import {
  asciiLowerCase,
  cleanEmail,
  cleanLocale,
  cleanPicture,
  cleanText,
} from '../../src/core/text.ts'

describe('7.23 a name from outside', () => {
  test.each([
    ['a plain name', 'Ann Lee', 'Ann Lee'],
    ['Hangul', '김민지', '김민지'],
    ['a name with spaces around it', '  Ann  ', 'Ann'],
    ['an emoji joined by ZWJ', 'Zoë 👩‍👩‍👧‍👦', 'Zoë 👩‍👩‍👧‍👦'],
    ['markup', '<b>&"\'', '<b>&"\''],
  ])('%s stays', (_, name, kept) => {
    expect(cleanText(name)).toBe(kept)
  })

  test.each([
    ['7.24 NUL', 'A\u0000nn', 'Ann'],
    ['line ends and tabs', 'A\r\nn\tn', 'Ann'],
    ['C1 controls', 'A\u0085\u009fnn', 'Ann'],
    ['a right-to-left override', 'Ann\u202Eeel', 'Anneel'],
    [
      'isolates and marks',
      '\u2066\u2067\u2068\u2069\u200e\u200fAnn\u202a\u202b\u202c\u202d',
      'Ann',
    ],
  ])('%s is taken out', (_, name, kept) => {
    expect(cleanText(name)).toBe(kept)
  })

  test.each([
    ['a high surrogate alone', 'A\ud83d', 'A\ufffd'],
    ['a low surrogate alone', '\ude00A', '\ufffdA'],
    ['a pair the wrong way round', '\ude00\ud83d', '\ufffd\ufffd'],
  ])('%s becomes a replacement character', (_, name, kept) => {
    expect(cleanText(name)).toBe(kept)
    expect(cleanText(name)?.isWellFormed()).toBe(true)
  })

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['nothing', ''],
    ['spaces only', '   \u3000'],
    ['control characters only', '\u0000\u0007\u202e'],
  ])('%s is no name', (_, name) => {
    expect(cleanText(name)).toBeNull()
  })

  test('255 code points are kept, the 256th is not', () => {
    expect(cleanText('a'.repeat(255))).toBe('a'.repeat(255))
    expect(cleanText('a'.repeat(256))).toBe('a'.repeat(255))
  })

  test('10 kB of astral characters are cut between code points, not within one', () => {
    const cleaned = cleanText('😀'.repeat(10_000)) ?? ''
    expect([...cleaned]).toHaveLength(255)
    expect(cleaned.isWellFormed()).toBe(true)
    expect(cleaned).toBe('😀'.repeat(255))
  })

  test('a storm of combining marks is cut to 255 code points', () => {
    expect([...(cleanText(`Z${'\u0301'.repeat(10_000)}`) ?? '')]).toHaveLength(255)
  })

  test('a cut that ends in a space leaves none', () => {
    expect(cleanText(`${'a'.repeat(254)} b`)).toBe('a'.repeat(254))
  })

  test('another length can be asked for', () => {
    expect(cleanText('a'.repeat(600), 512)).toHaveLength(512)
  })
})

/** An address of 251 characters and what its domain ends in. */
const longWith = (end: string) => `${'a'.repeat(64)}@${`${'b'.repeat(61)}.`.repeat(3)}${end}`

describe('7.21 an e-mail from outside', () => {
  test.each([
    'ann@example.com',
    'Ann.Lee+tag@Example.COM',
    "o'brien@example.com",
    '_-1!#$%&*/=?^{|}~+@example.com',
    'ann@mail.example.co.kr',
    'mıke@example.org',
    'straße@example.org',
    `${'a'.repeat(64)}@example.com`,
    longWith('com'),
  ])('%s stays as it is', (email) => {
    expect(cleanEmail(email)).toBe(email)
  })

  test.each([
    ['two @', 'a@b@c.com'],
    ['two @ without a dot', 'a@b@c'],
    ['a quoted local part', '"a@x.com"@evil.com'],
    ['quotes without @', '"ann"@example.com'],
    ['a fullwidth @ in the domain', 'victim@x.com＠evil.com'],
    ['a fullwidth @ in the local part', 'victim＠x.com@evil.com'],
    ['a small @ in the local part', 'victim﹫x.com@evil.com'],
    ['a comma and a line end', 'x@evil.com,\n'],
    ['a line end', 'ann@example.com\n'],
    ['a space at the end', 'ann@example.com '],
    ['a space at the start', ' ann@example.com'],
    ['a no-break space', 'a\u00a0nn@example.com'],
    ['angle brackets', 'Ann <ann@example.com>'],
    ['two addresses', 'ann@example.com;ben@example.com'],
    ['7.24 NUL', 'ann\u0000@example.com'],
    ['NUL in the domain', 'ann@example.com\u0000.evil.com'],
    ['a right-to-left override', 'ann\u202e@example.com'],
    ['a zero-width space', 'ann\u200b@example.com'],
    ['a lone surrogate', 'ann\ud800@example.com'],
    ['a Cyrillic letter in the domain', 'ann@ex\u0430mple.com'],
    ['a fullwidth domain', 'ann@ｅｘａｍｐｌｅ.com'],
    ['an ideographic full stop', 'ann@example。com'],
    ['an address literal', 'ann@[127.0.0.1]'],
    ['no domain', 'ann@'],
    ['no local part', '@example.com'],
    ['a host without a dot', 'ann@localhost'],
    ['a dot at the end', 'ann@example.com.'],
    ['two dots', 'ann@example..com'],
    ['a label that starts with a hyphen', 'ann@-example.com'],
    ['a backslash', 'a\\nn@example.com'],
    ['a comment', 'ann(x)@example.com'],
    ['a local part of 65 characters', `${'a'.repeat(65)}@example.com`],
    ['255 characters', longWith('comm')],
    ['10 kB', `${'a'.repeat(10_000)}@example.com`],
    ['10 kB of domain', `ann@${'a.'.repeat(5_000)}com`],
    ['nothing', ''],
    ['no @', 'ann'],
    ['null', null],
    ['undefined', undefined],
  ])('with %s is none', (_, email) => {
    expect(cleanEmail(email)).toBeNull()
  })

  test('a hostile text of any length is refused at once', () => {
    const before = process.cpuUsage()
    for (const part of ['a', 'a.', '-', 'a@', '.']) cleanEmail(`a@${part.repeat(100_000)}`)
    cleanEmail(`a@${'a-'.repeat(120)}!`)
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500)
  })
})

describe('7.20 lower case', () => {
  test('touches the letters A to Z and nothing else', () => {
    expect(asciiLowerCase('A@X.com')).toBe('a@x.com')
    for (const text of ['ı', 'İ', 'ß', 'ẞ', 'Ａ', '\u212A', 'É', 'E\u0301'.toLowerCase(), 'Σ']) {
      expect(asciiLowerCase(text)).toBe(text)
    }
  })
})

describe('7.27 a picture from outside', () => {
  test.each([
    ['https://img.example.com/a.png?size=1#x', 'https://img.example.com/a.png?size=1#x'],
    ['https://img.example.com/a b"c', 'https://img.example.com/a%20b%22c'],
    ['HTTPS://IMG.example.com', 'https://img.example.com/'],
  ])('%s is kept as a URL', (url, kept) => {
    expect(cleanPicture(url)).toBe(kept)
  })

  test.each([
    'http://img.example.com/a.png',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//https://',
    'java\nscript:alert(1)',
    'data:image/png;base64,AAAA',
    'file:///etc/passwd',
    '//img.example.com/a.png',
    '/a.png',
    'a.png',
    '',
    'https://',
    'https://user:word@img.example.com/a.png',
    null,
    undefined,
  ])('%j is none', (url) => {
    expect(cleanPicture(url)).toBeNull()
  })

  test('a URL of 2049 characters is none', () => {
    const url = `https://img.example.com/${'a'.repeat(2048)}`
    expect(cleanPicture(url.slice(0, 2049))).toBeNull()
    expect(cleanPicture(url.slice(0, 2048))).toBe(url.slice(0, 2048))
    // Each of these becomes nine: what is stored may be sent back as it was read.
    const letters = 'https://img.example.com/'.padEnd(24 + 224, '한')
    expect(cleanPicture(letters)).toHaveLength(24 + 9 * 224)
    expect(cleanPicture(`${letters}한`)).toBeNull()
  })

  test('what is kept holds no quote, bracket, line end or NUL', () => {
    const kept = cleanPicture('https://img.example.com/"><script>\u0000\n?q="><x#"><y') ?? ''
    expect(kept).toMatch(/^https:\/\/img\.example\.com\//)
    expect(kept).not.toMatch(/["<>\s\0]/)
  })
})

describe('a locale from outside', () => {
  test.each([
    ['ko', 'ko'],
    ['en-US', 'en-US'],
    ['en_US', 'en-US'],
    ['zh-Hant-TW', 'zh-Hant-TW'],
  ])('%s is a language tag', (locale, kept) => {
    expect(cleanLocale(locale)).toBe(kept)
  })

  test.each(['', 'e', '한국어', 'en-', 'en US', '../en', 'en\u0000', null, undefined])(
    '%j is none',
    (locale) => {
      expect(cleanLocale(locale)).toBeNull()
    },
  )
})
