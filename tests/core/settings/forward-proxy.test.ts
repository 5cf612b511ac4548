import { describe, expect, test } from 'vitest'
import { proxyFor } from '../../../src/core/settings/forward-proxy.ts'

const proxies = (except: string[] = []) => ({
  https: 'http://secure.proxy:3128/',
  http: 'http://plain.proxy:3128/',
  except,
})
const at = (url: string, except?: string[]) => proxyFor(new URL(url), proxies(except))

describe('a call goes out', () => {
  test('through the proxy of its scheme, and directly where there is none', () => {
    expect(at('https://id.example/token')).toBe('http://secure.proxy:3128/')
    expect(at('http://hooks.example/')).toBe('http://plain.proxy:3128/')
    const none = { https: null, http: 'http://plain.proxy:3128/', except: [] }
    expect(proxyFor(new URL('https://id.example/'), none)).toBe(null)
  })

  test.each([
    'http://localhost:9000/',
    'https://127.0.0.1/',
    'http://127.9.9.9:1/',
    'http://[::1]:4000/',
    'http://app.localhost/',
  ])('never through it to this machine: %s', (url) => {
    expect(at(url)).toBe(null)
  })

  test.each<[string, string, boolean]>([
    ['*', 'https://id.example/', true],
    ['id.example', 'https://id.example/', true],
    ['ID.Example', 'https://id.example/', true],
    ['id.example', 'https://a.id.example/', true],
    ['.id.example', 'https://a.id.example/', true],
    ['*.id.example', 'https://a.id.example/', true],
    ['id.example', 'https://evilid.example/', false],
    ['id.example', 'https://id.example.evil.example/', false],
    ['id.example:443', 'https://id.example/', true],
    ['id.example:8443', 'https://id.example/', false],
    ['id.example:8443', 'https://id.example:8443/', true],
    ['10.0.0.5', 'https://10.0.0.5/', true],
    ['fd00::5', 'https://[fd00::5]/', true],
    ['[fd00::5]:8443', 'https://[fd00::5]:8443/', true],
    ['[fd00::5]:8443', 'https://[fd00::5]/', false],
    ['other.example', 'https://id.example/', false],
  ])('with NO_PROXY=%s to %s directly: %s', (entry, url, isDirect) => {
    expect(at(url, ['nowhere.example', entry]) === null).toBe(isDirect)
  })
})
