import { describe, expect, test } from 'vitest'
import { oidcProvider } from '../../../src/providers/index.ts'
import { readDiscovery } from '../../../src/upstream/metadata/discovery.ts'

describe('11.16 an endpoint on loopback that a discovery document names', () => {
  const read = (issuer: string, change: Record<string, unknown>) =>
    readDiscovery(oidcProvider({ id: 'corp', name: 'Corp', issuer }), {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      ...change,
    })
  const here = [
    'http://localhost:9200/',
    'http://127.0.0.1/x',
    'https://[::1]/x',
    'http://127.8.9.1/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://0.0.0.0/x',
    'https://[::]/x',
    'https://localhost./x',
    'https://id.localhost/x',
  ]

  test.each(here)('%s is refused where the issuer is elsewhere', (url) => {
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
      expect(() => read('https://id.example', { [name]: url })).toThrow(
        expect.objectContaining({ evidence: expect.objectContaining({ field: name }) }),
      )
    }
    const { endpoints, ignored } = read('https://id.example', { userinfo_endpoint: url })
    expect(endpoints).not.toHaveProperty('userinfo_endpoint')
    expect(ignored).toEqual(['userinfo_endpoint'])
  })

  test.each(['https://169.254.169.254/x', 'https://[fe80::1]/x'])(
    '%s, link-local, is refused wherever the issuer is',
    (url) => {
      for (const issuer of ['https://id.example', 'http://localhost:4000']) {
        expect(() => read(issuer, { token_endpoint: url })).toThrow(
          expect.objectContaining({
            evidence: expect.objectContaining({ field: 'token_endpoint' }),
          }),
        )
      }
      // Controls: a private address, as companies have it, and a name that only sounds like this machine.
      for (const other of ['https://10.0.0.5/x', 'https://localhost.example/x']) {
        const { endpoints } = read('https://id.example', { token_endpoint: other })
        expect(endpoints.token_endpoint).toBe(other)
      }
    },
  )

  test.each(here)('%s is accepted where the issuer is on loopback itself', (url) => {
    for (const issuer of ['http://localhost:4000', 'http://127.0.0.1:4000']) {
      const { endpoints } = read(issuer, { token_endpoint: url, userinfo_endpoint: url })
      expect(endpoints).toMatchObject({ token_endpoint: url, userinfo_endpoint: url })
    }
  })
})
