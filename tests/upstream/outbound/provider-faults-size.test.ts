import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { flood, flooded, gzipped, makeBomb, sendBytes } from '../../helpers/bad-answers.ts'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { login, startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

const MEGABYTE = 1024 * 1024
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }

let bomb: Buffer
beforeAll(async () => {
  bomb = await makeBomb(300)
})

describe.each(['token', 'userinfo'] as const)('the size of the %s answer', (step) => {
  const stage = setStage()
  const calls = step === 'token' ? { token: 1 } : { token: 1, userinfo: 1 }
  /** The correct document, with as much space behind it. */
  const padded = async (bytes: number) =>
    JSON.stringify(await stage.provider.correct(step)).padEnd(bytes, ' ')

  test('6.10 a small gzip answer is read', async () => {
    const { latchkey, provider } = stage
    provider.answers[step] = async (call, response) =>
      gzipped(await provider.correct(step))(call, response)
    expect((await login(latchkey, provider)).status).toBe(200)
    const [call] = provider.calls.filter((one) => one.step === step)
    expect(call?.headers['accept-encoding']).toBe('gzip')
  })

  test('6.10 a bomb of 300 MB in 300 kB is cut at 1 MiB and never held', async () => {
    const { latchkey, provider } = stage
    expect(bomb.length).toBeLessThan(MEGABYTE)
    provider.answers[step] = (_call, response) => sendBytes(response, bomb, 'gzip')
    const before = process.memoryUsage().rss
    await expectRefused(
      stage,
      unusable(step, 'content_encoding'),
      () => login(latchkey, provider),
      calls,
    )
    expect((process.memoryUsage().rss - before) / MEGABYTE).toBeLessThan(150)
    provider.reset()
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test.each([
    ['two layers of gzip', 2],
    ['twenty layers of gzip', 20],
    ['64 MB under Brotli, which was not offered,', 0],
  ])('6.10 %s are refused', async (_title, layers) => {
    const { latchkey, provider } = stage
    provider.answers[step] = async (_call, response) => {
      let body: Buffer = Buffer.from(await padded(0))
      for (let layer = 0; layer < layers; layer++) body = gzipSync(body)
      if (layers === 0) body = brotliCompressSync(await padded(64 * MEGABYTE), FAST)
      sendBytes(response, body, layers === 0 ? 'br' : Array(layers).fill('gzip').join(', '))
    }
    await expectRefused(
      stage,
      unusable(step, 'content_encoding'),
      () => login(latchkey, provider),
      calls,
    )
    provider.reset()
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('6.10 what is called gzip and is not is refused', async () => {
    const { latchkey, provider } = stage
    provider.answers[step] = async (_call, response) =>
      sendBytes(response, Buffer.from(await padded(0)), 'gzip')
    await expectRefused(
      stage,
      unusable(step, 'content_encoding'),
      () => login(latchkey, provider),
      calls,
    )
  })

  test.each([
    ['of 100 MB', 100 * MEGABYTE],
    ['without an end', Number.POSITIVE_INFINITY],
  ])('6.11 an answer %s is cut off soon after 1 MiB', async (_title, bytes) => {
    const { latchkey, provider } = stage
    provider.answers[step] = flood(bytes)
    await expectRefused(stage, unusable(step, 'too_large'), () => login(latchkey, provider), calls)
    // What the two ends of a connection buffer comes on top.
    expect(flooded.bytes / MEGABYTE).toBeLessThan(24)
    provider.reset()
    expect((await login(latchkey, provider)).status).toBe(200)
  })

  test('6.11 an answer just below 1 MiB is read, and one just above is not', async () => {
    const { latchkey, provider } = stage
    for (const bytes of [MEGABYTE - 1, MEGABYTE + 1]) {
      provider.answers[step] = async (_call, response) => {
        response.setHeader('content-type', 'application/json')
        response.end(await padded(bytes))
      }
      if (bytes < MEGABYTE) expect((await login(latchkey, provider)).status).toBe(200)
      else {
        provider.calls.length = 0
        const attempt = () => login(latchkey, provider)
        await expectRefused(stage, unusable(step, 'too_large'), attempt, calls)
      }
    }
  })
})

describe('the size of the discovery document', () => {
  const stage = setStage()

  test.each([
    [
      '6.10 a bomb',
      () => (_call: unknown, response: never) => sendBytes(response, bomb, 'gzip'),
      'content_encoding',
    ],
    ['6.11 100 MB', () => flood(100 * MEGABYTE), 'too_large'],
    ['6.11 an endless document', () => flood(), 'too_large'],
  ])('%s is refused before anybody is sent to the provider', async (_title, reply, reason) => {
    const provider = await new FakeProvider().listen()
    const { testDatabase } = stage.latchkey
    provider.answers.discovery = reply() as never
    const latchkey = await startLatchkey(provider.settings(), { testDatabase })
    const start = () => new Browser().send(`${latchkey.url}/login/fake`)
    await expectRefused({ provider, latchkey }, unusable('discovery', reason), start)
    provider.answers.discovery = async (call, response) =>
      gzipped(await provider.correct('discovery'))(call, response)
    expect((await login(latchkey, provider)).status).toBe(200)
    await latchkey.close()
    await provider.close()
  })
})
