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

  test.each(here)('%s is accepted where the issuer is on loopback itself', (url) => {
    for (const issuer of ['http://localhost:4000', 'http://127.0.0.1:4000']) {
      const { endpoints } = read(issuer, { token_endpoint: url, userinfo_endpoint: url })
      expect(endpoints).toMatchObject({ token_endpoint: url, userinfo_endpoint: url })
    }
  })
})
