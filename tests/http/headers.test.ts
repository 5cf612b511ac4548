import { expect, test } from 'vitest'
import { securityHeaders } from '../../src/http/headers.ts'

test.each([
  ['https://login.example.com', 'max-age=31536000; includeSubDomains'],
  // The host has other pages, or another server at another port.
  ['https://example.com/auth', 'max-age=31536000'],
  ['https://example.com:8443', 'max-age=31536000'],
  // It holds for all ports: in Safari, no other server of the developer's could be opened by http.
  ['https://localhost:3000', undefined],
  ['https://127.0.0.1:3000', undefined],
  ['https://[::1]:3000', undefined],
  ['http://login.example.com', undefined],
])('%s asks browsers for https as far as the host is its own: %s', (publicUrl, expected) => {
  expect(securityHeaders(publicUrl)['strict-transport-security']).toBe(expected)
})
