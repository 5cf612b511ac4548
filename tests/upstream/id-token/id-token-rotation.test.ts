import { describe, expect, test } from 'vitest'
import { flood, hang, reset } from '../../helpers/bad-answers.ts'
import { letPass, setClock } from '../../helpers/clocks.ts'
import type { FakeKey, Reply } from '../../helpers/fake-provider.ts'
import { makeKey } from '../../helpers/fake-provider.ts'
import { answerByCode, loginByCode } from '../../helpers/id-token.ts'
import { login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, failed, type Refusal, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

const passMinutes = (minutes: number) => letPass(minutes * 60_000)

describe('a provider that changes its key', () => {
  const stage = setStage()

  test('4.19 the new key is used in the login after the last one, with one more fetch', async () => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.calls.length = 0
    provider.keys = [await makeKey('key-2'), ...provider.keys]
    expect((await login(latchkey, provider)).status).toBe(200)
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
    // What the old key signed is still accepted while it is published.
    provider.keys.reverse()
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
  })

  test('4.19 the key is exchanged between code and token, for one that was not published before', async () => {
    passMinutes(1)
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.calls.length = 0
    const next = await makeKey('key-3')
    answerByCode(provider, () => {
      provider.keys = [next]
      return {}
    })
    expect((await loginByCode(latchkey)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
  })

  test('4.19 the new key has the name of the old one, as where a provider is set up anew', async () => {
    passMinutes(2)
    const { latchkey, provider } = stage
    provider.keys = [await makeKey('always-the-same')]
    expect((await login(latchkey, provider)).status).toBe(200)
    passMinutes(1)
    provider.calls.length = 0
    provider.keys = [await makeKey('always-the-same')]
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
    // What none of the provider's keys signed is refused, and asks no more often than that.
    const forged = await provider.sign(provider.claims(), await makeKey('always-the-same'))
    const { idToken } = provider
    provider.idToken = () => forged
    await expectRefused(stage, unusable('id_token', 'signature'), () => login(latchkey, provider))
    expect(provider.count('jwks')).toBe(1)
    // Nor does it matter that the keys cannot be had at that moment.
    passMinutes(1)
    provider.answers.jwks = { status: 500 }
    await expectRefused(stage, unusable('id_token', 'signature'), () => login(latchkey, provider))
    delete provider.answers.jwks
    provider.idToken = idToken
    expect((await login(latchkey, provider)).status).toBe(200)
    // Just after such forgeries, a key with a name of its own is fetched at once all the same.
    provider.keys = [await makeKey('a new name')]
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('4.19 a key that was withdrawn is refused once the keys were fetched again', async () => {
    passMinutes(2)
    const { latchkey, provider } = stage
    const withdrawn = provider.keys[0] as FakeKey
    expect((await login(latchkey, provider)).status, latchkey.logs.at(-1)).toBe(200)
    provider.keys = [await makeKey('key-4')]
    passMinutes(11)
    expect((await login(latchkey, provider)).status, latchkey.logs.at(-1)).toBe(200)
    provider.idToken = () => signedByWithdrawn
    const signedByWithdrawn = await provider.sign(provider.claims(), withdrawn)
    await expectRefused(stage, unusable('id_token', 'no_matching_key'), () =>
      login(latchkey, provider),
    )
  })

  test('4.19 this machine’s clock was wrong when the keys were fetched, and is set back', async () => {
    setClock(Date.now() + 30_000)
    const { start, provider } = stage
    const latchkey = await start()
    expect((await login(latchkey, provider)).status).toBe(200)
    provider.keys = [await makeKey('key-before'), ...provider.keys]
    expect((await login(latchkey, provider)).status).toBe(200)
    setClock(Date.now() - 50_000)
    passMinutes(1)
    provider.calls.length = 0
    provider.keys = [await makeKey('key-after'), ...provider.keys]
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
  })
})

describe('keys that cannot be fetched', () => {
  const stage = setStage()
  const faults: [string, Reply, Refusal][] = [
    ['a 500', { status: 500 }, failed('jwks', { status: 500 })],
    ['a 404', { status: 404 }, failed('jwks', { status: 404 })],
    ['a reset', reset, failed('jwks')],
    [
      'HTML',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      unusable('jwks', 'content_type'),
    ],
    ['a redirect', { status: 302, headers: { location: '/other' } }, unusable('jwks', 'redirect')],
    ['an empty object', { body: {} }, unusable('jwks', 'shape')],
    ['half of a document', { body: '{"keys":[' }, unusable('jwks', 'not_json')],
    ['5 MB', { body: { keys: ['x'.repeat(5_000_000)] } }, unusable('jwks', 'too_large')],
    ['an endless answer', flood(), unusable('jwks', 'too_large')],
  ]

  test.each(faults)(
    '4.20 %s where no keys are known yet ends the login, and the next one heals',
    async (_title, reply, refusal) => {
      const { provider, latchkey } = stage
      const fresh = await startLatchkey(provider.settings(), {
        testDatabase: latchkey.testDatabase,
      })
      provider.answers.jwks = reply
      await expectRefused({ provider, latchkey: fresh }, refusal, () => login(fresh, provider))
      delete provider.answers.jwks
      expect((await login(fresh, provider)).status).toBe(200)
      await fresh.close()
    },
  )

  test.each(faults)(
    '4.20 %s where keys are known but old leaves them in use',
    async (_title, reply) => {
      const { provider, latchkey } = stage
      const fresh = await startLatchkey(provider.settings(), {
        testDatabase: latchkey.testDatabase,
      })
      expect((await login(fresh, provider)).status).toBe(200)
      provider.answers.jwks = reply
      provider.calls.length = 0
      passMinutes(11)
      expect((await login(fresh, provider)).status).toBe(200)
      expect((await login(fresh, provider)).status).toBe(200)
      expect(provider.count('jwks')).toBeGreaterThanOrEqual(1)
      await fresh.close()
    },
  )

  test('4.20 keys that hang where some are known but old hold a login up for a while, and the next ones not', async () => {
    const { provider, start } = stage
    // One that has fetched no keys yet, whatever the tests before did with the clock.
    const fresh = await start()
    expect((await login(fresh, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
    provider.answers.jwks = hang
    answerByCode(provider)
    passMinutes(11)
    const answers = await Promise.all(Array.from({ length: 3 }, () => loginByCode(fresh)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(provider.count('jwks')).toBe(2)
    expect((await loginByCode(fresh)).status).toBe(200)
    expect(provider.count('jwks')).toBe(2)
  })
})
