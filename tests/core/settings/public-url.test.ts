import { expect, test } from 'vitest'
import { calledFromHere } from '../../../src/core/settings/public-url.ts'

const https = { publicUrl: 'https://localhost:8443/auth', host: 'localhost', port: 3000 }
const own = 'https://localhost:8443/auth/a?b=c'

test.each([
  ['ours, behind https: where it listens', own, https, 'http://localhost:3000/auth/a?b=c'],
  ['by IPv6', own, { ...https, host: '::1' }, 'http://[::1]:3000/auth/a?b=c'],
  ['by IPv6 in brackets', own, { ...https, host: '[::1]' }, 'http://[::1]:3000/auth/a?b=c'],
  [
    'ours without https',
    'http://localhost:3000/a',
    { ...https, publicUrl: 'http://localhost:3000' },
    null,
  ],
  ['another port', 'https://localhost:84431/a', https, null],
  ['a longer name', 'https://localhost:8443.example/a', https, null],
])('an address is called from this machine: %s', (_what, url, settings, called) => {
  expect(calledFromHere(url, settings)).toBe(called ?? url)
})
