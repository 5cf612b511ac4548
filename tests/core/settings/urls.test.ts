import { describe, expect, test } from 'vitest'
import { isLoopbackHost, isSafeEndpoint } from '../../../src/core/settings/urls.ts'

describe('where secrets may be sent', () => {
  test.each([
    'https://example.com/a?b=c',
    'http://localhost:1/a',
    'http://127.0.0.1/a',
    'http://127.9.9.9/a',
    'http://[::1]:3000/a',
    'http://127.1/a',
  ])('%s', (url) => {
    expect(isSafeEndpoint(url)).toBe(true)
  })

  test.each([
    'http://example.com/a',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://localhost@example.com/',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://[::]/',
    'https://user:word@example.com/',
    'https://example.com/#a',
    'ftp://localhost/',
    'javascript:alert(1)',
    '//example.com',
    'example.com',
    '',
  ])('not %s', (url) => {
    expect(isSafeEndpoint(url)).toBe(false)
  })

  test('a loopback host is named exactly', () => {
    for (const host of ['localhost', '127.0.0.1', '::1', '[::1]']) {
      expect(isLoopbackHost(host)).toBe(true)
    }
    for (const host of [
      '0.0.0.0',
      '::',
      'localhost.evil.com',
      '127.0.0.1.evil.com',
      '1127.0.0.1',
      '',
    ]) {
      expect(isLoopbackHost(host)).toBe(false)
    }
  })
})
