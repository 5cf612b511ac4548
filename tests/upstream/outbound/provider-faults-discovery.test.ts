import { describe, expect, test } from 'vitest'
import { cut, redirect, reset } from '../../helpers/bad-answers.ts'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider, type Reply } from '../../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, failed, type Refusal, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

type Document = Record<string, unknown>
const shape = unusable('discovery', 'shape')
const noObject = unusable('discovery', 'not_an_object')
const mismatch = unusable('discovery', 'issuer_mismatch')

describe('the discovery document', () => {
  const stage = setStage()

  /** Plays with a Latchkey that first meets the provider with this fault. */
  async function meet(
    fault: (provider: FakeProvider) => void,
    play: (latchkey: Latchkey, provider: FakeProvider) => Promise<void>,
  ): Promise<void> {
    const provider = new FakeProvider()
    provider.keys = stage.provider.keys
    await provider.listen()
    fault(provider)
    const { testDatabase } = stage.latchkey
    const latchkey = await startLatchkey(provider.settings(), { testDatabase })
    await play(latchkey, provider)
    await latchkey.close()
    await provider.close()
  }
  const start = (latchkey: Latchkey) => new Browser().send(`${latchkey.url}/login/fake`)

  /** Refused before any redirect, and the same provider accepted once the fault is gone. */
  async function refusedUntilHealed(refusal: Refusal, fault: (provider: FakeProvider) => void) {
    await meet(fault, async (latchkey, provider) => {
      await expectRefused({ latchkey, provider }, refusal, () => start(latchkey))
      expect(provider.count('other')).toBe(0)
      provider.reset()
      expect((await login(latchkey, provider)).status).toBe(200)
    })
  }

  test.each<[string, (it: Document) => unknown, Refusal]>([
    ['6.19 another issuer', (it) => ({ ...it, issuer: 'https://other.example' }), mismatch],
    ['6.19 the issuer with a slash', (it) => ({ ...it, issuer: `${it.issuer}/` }), mismatch],
    [
      '6.19 the issuer in another case',
      (it) => ({ ...it, issuer: String(it.issuer).toUpperCase() }),
      mismatch,
    ],
    ['6.19 no issuer', ({ issuer, ...rest }) => rest, shape],
    ['6.19 a list of issuers', (it) => ({ ...it, issuer: [it.issuer] }), shape],
    ['6.20 a list in place of the document', (it) => [it], noObject],
    ['6.20 null in place of the document', () => 'null', noObject],
    [
      '6.20 half of the document',
      (it) => JSON.stringify(it).slice(0, -9),
      unusable('discovery', 'not_json'),
    ],
    ['6.20 no jwks_uri', ({ jwks_uri, ...rest }) => rest, shape],
    [
      '6.12 an issuer that stands in __proto__ only',
      ({ issuer, ...rest }) =>
        JSON.stringify(rest).replace('{', `{"__proto__":{"issuer":"${issuer}"},`),
      shape,
    ],
    ['6.20 no token endpoint', ({ token_endpoint, ...rest }) => rest, shape],
    ['6.20 no authorization endpoint', ({ authorization_endpoint, ...rest }) => rest, shape],
    [
      '6.20 a token endpoint on plain http',
      (it) => ({ ...it, token_endpoint: 'http://other.example/token' }),
      shape,
    ],
    [
      '6.20 a JWKS on plain http',
      (it) => ({ ...it, jwks_uri: 'http://other.example/jwks' }),
      shape,
    ],
    ['6.20 a JWKS in a file', (it) => ({ ...it, jwks_uri: 'file:///etc/passwd' }), shape],
    [
      '6.20 a javascript: authorization endpoint',
      (it) => ({ ...it, authorization_endpoint: 'javascript:alert(1)' }),
      shape,
    ],
    [
      '6.20 a data: authorization endpoint',
      (it) => ({ ...it, authorization_endpoint: 'data:text/html,x' }),
      shape,
    ],
    [
      '6.20 an endpoint with a password',
      (it) => ({ ...it, token_endpoint: 'https://u:p@other.example/' }),
      shape,
    ],
    ['6.20 a relative endpoint', (it) => ({ ...it, token_endpoint: '/token' }), shape],
    ['6.20 a number as endpoint', (it) => ({ ...it, token_endpoint: 7 }), shape],
  ])('%s is refused before anybody is sent to the provider', async (_title, change, refusal) => {
    await refusedUntilHealed(refusal, (provider) => {
      provider.discovery = change
    })
  })

  test.each<[string, Reply, Refusal]>([
    ['6.18 a 500', { status: 500 }, failed('discovery', { status: 500 })],
    ['6.18 a 404', { status: 404 }, failed('discovery', { status: 404 })],
    ['6.18 a reset', reset, failed('discovery')],
    ['6.18 half of an answer', cut, failed('discovery')],
    [
      '6.13 a page',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      unusable('discovery', 'content_type'),
    ],
    ['6.05 a 301', redirect(301, '/elsewhere'), unusable('discovery', 'redirect')],
    ['6.05 a 302', redirect(302, '/elsewhere'), unusable('discovery', 'redirect')],
    ['6.05 a 307', redirect(307, '/elsewhere'), unusable('discovery', 'redirect')],
    ['6.05 a 308', redirect(308, '/elsewhere'), unusable('discovery', 'redirect')],
  ])('%s is refused before anybody is sent to the provider', async (_title, reply, refusal) => {
    await refusedUntilHealed(refusal, (provider) => {
      provider.answers.discovery = reply
    })
  })

  test('6.20 an ID token is refused where only unsafe algorithms are advertised', async () => {
    await meet(
      (provider) => {
        provider.discovery = (document) => ({
          ...document,
          id_token_signing_alg_values_supported: ['none', 'HS256'],
        })
      },
      async (latchkey, provider) => {
        await expectRefused({ latchkey, provider }, unusable('id_token', 'alg_not_allowed'), () =>
          login(latchkey, provider),
        )
      },
    )
  })

  test('6.18 a provider that is down at the start delays nobody and heals by itself', async () => {
    const down = await new FakeProvider().listen()
    const { issuer } = down
    const settings = down.settings('down')
    await down.close()
    const { provider: up, latchkey: other } = stage
    const begin = performance.now()
    const latchkey = await startLatchkey(
      { ...up.settings(), ...settings, OIDC_PROVIDERS: 'down,fake' },
      { testDatabase: other.testDatabase },
    )
    expect((await fetch(`${latchkey.url}/readyz`)).status).toBe(200)
    expect((await login(latchkey, up)).status).toBe(200)
    expect(performance.now() - begin).toBeLessThan(8_000)
    const start = () => new Browser().send(`${latchkey.url}/login/down`)
    await expectRefused({ latchkey, provider: up }, failed('discovery'), start)
    // Back under the address that it had.
    down.keys = up.keys
    await down.listen(Number(new URL(issuer).port))
    expect((await login(latchkey, down, new Browser(), 'down')).status).toBe(200)
    await latchkey.close()
    await down.close()
  })

  test('6.18 what was discovered stays in use while the document cannot be had', async () => {
    await meet(
      () => {},
      async (latchkey, provider) => {
        expect((await login(latchkey, provider)).status).toBe(200)
        provider.answers.discovery = { status: 500 }
        expect((await login(latchkey, provider)).status).toBe(200)
        expect(provider.count('discovery')).toBe(1)
      },
    )
  })
})
