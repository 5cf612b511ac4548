import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { addressOf, trustedBy } from '../../src/http/requests/address.ts'

describe('the proxies of TRUST_PROXY', () => {
  const isTrusted = trustedBy([
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    '::ffff:198.51.100.0/120',
  ])

  test.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['::ffff:10.1.2.3', true],
    ['2001:DB8:1::9', true],
    ['2001:db9::1', false],
    ['198.51.100.7', true],
    ['198.51.101.7', false],
    // As some proxies write whom they have it from.
    ['10.1.2.3:4711', true],
    ['[2001:db8::1]:443', true],
    ['11.1.2.3:4711', false],
    ['unknown', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    expect(isTrusted(address)).toBe(expected)
  })
})

describe('an address behind proxies', () => {
  const ask = async (forwarded: string) => {
    const app = Fastify({ trustProxy: trustedBy(['127.0.0.1', '10.0.0.0/8']) })
    app.get('/', (request) => ({ address: addressOf(request) }))
    const answer = await app.inject({ url: '/', headers: { 'x-forwarded-for': forwarded } })
    return answer.json().address
  }

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['203.0.113.9:4711, 10.0.0.7:4712', '203.0.113.9'],
    // What a stranger put before it does not count.
    ['192.0.2.66, 203.0.113.9:4711, 10.0.0.7:4712', '203.0.113.9'],
    ['[2001:db8::5]:4711, 10.0.0.7:4712', '2001:db8::5'],
    // What is no address is not believed: the one who passed it on is the last that is known.
    ['unknown', '127.0.0.1'],
    ['_hidden, 10.0.0.7', '10.0.0.7'],
    ['203.0.113.9, <script>, 10.0.0.7:4712', '10.0.0.7'],
    ['7', '127.0.0.1'],
    ['203.0.113.9.evil', '127.0.0.1'],
    ['fe80::1%zone1', 'fe80::1'],
    [`fe80::1%${'z'.repeat(60)}`, 'fe80::1'],
    // As a server that listens to both kinds sees IPv4; what only begins so is another.
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['[::FFFF:203.0.113.9]:4711, ::ffff:10.0.0.7', '203.0.113.9'],
    ['::fffe:203.0.113.9', '::fffe:203.0.113.9'],
  ])('of %s is %s', async (forwarded, expected) => {
    expect(await ask(forwarded)).toBe(expected)
  })
})
