import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drip, hang, stall } from '../../helpers/bad-answers.ts'
import { type Answer, Browser } from '../../helpers/browser.ts'
import { FakeProvider, makeKey, type Reply, type Step } from '../../helpers/fake-provider.ts'
import { answerByCode, loginByCode } from '../../helpers/id-token.ts'
import { type Latchkey, startLatchkey } from '../../helpers/latchkey.ts'
import { expectProblem } from '../../helpers/problems.ts'

/** A fault that lasts, all of them played at once: each test waits for the outcome of its own. */
const faults: [title: string, id: string, step: Step, reply: Reply][] = [
  ['6.06 a token endpoint that takes the call and says nothing', 'hanging-token', 'token', hang],
  ['6.06 a token endpoint that stops after its headers', 'stalling-token', 'token', stall],
  ['6.07 a token endpoint that gives one byte each second', 'dripping-token', 'token', drip],
  ['6.06 a userinfo endpoint that says nothing', 'hanging-userinfo', 'userinfo', hang],
  ['6.06 a userinfo endpoint that stops after its headers', 'stalling-userinfo', 'userinfo', stall],
  [
    '6.07 a userinfo endpoint that gives one byte each second',
    'dripping-userinfo',
    'userinfo',
    drip,
  ],
  ['6.18 a discovery document that never comes', 'hanging-discovery', 'discovery', hang],
  ['6.18 a discovery document of one byte each second', 'dripping-discovery', 'discovery', drip],
]

describe('a provider that takes its time', () => {
  const providers = new Map<string, FakeProvider>()
  const healthy = new FakeProvider()
  const outcomes = new Map<string, Promise<{ answer: Answer; seconds: number }>>()
  /** Speaks neither HTTP nor anything else: for a provider whose TLS handshake never ends. */
  const silent = createServer((socket) => sockets.push(socket))
  const sockets: Socket[] = []
  let latchkey: Latchkey
  /** How long ten seconds take here, begun with the first of them: on a busy machine longer. */
  let tenSeconds: Promise<number>

  const timed = async <T>(work: () => Promise<T>) => {
    const start = performance.now()
    const answer = await work()
    return { answer, seconds: (performance.now() - start) / 1000 }
  }

  beforeAll(async () => {
    const key = await makeKey('key-1')
    const settings: Record<string, string> = {}
    const ids: string[] = []
    const enlist = async (id: string, provider: FakeProvider) => {
      provider.keys = [key]
      await provider.listen()
      answerByCode(provider)
      const mine = provider.settings(id)
      for (const name of Object.keys(mine)) {
        settings[name.replaceAll('-', '_')] = mine[name] ?? ''
      }
      ids.push(id)
    }
    for (const [, id, step, reply] of faults) {
      const provider = new FakeProvider()
      providers.set(id, provider)
      await enlist(id, provider)
      provider.answers[step] = reply
    }
    await enlist('healthy', healthy)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const mute = healthy.settings('mute')
    Object.assign(settings, mute, {
      MUTE_ISSUER: 'https://mute.example',
      MUTE_AUTHORIZATION_ENDPOINT: 'https://mute.example/authorize',
      MUTE_TOKEN_ENDPOINT: `https://127.0.0.1:${port}/token`,
      MUTE_JWKS_URI: 'https://mute.example/jwks',
    })
    latchkey = await startLatchkey({ ...settings, OIDC_PROVIDERS: [...ids, 'mute'].join(',') })
    tenSeconds = timed(() => sleep(10_000)).then(({ seconds }) => seconds)
    for (const [, id, step] of faults) {
      const start = () => new Browser().send(`${latchkey.url}/login/${id}`)
      const play = step === 'discovery' ? start : () => loginByCode(latchkey, id)
      outcomes.set(id, timed(play))
    }
    outcomes.set(
      'mute',
      timed(() => loginByCode(latchkey, 'mute')),
    )
  })
  afterAll(async () => {
    await latchkey.close()
    for (const socket of sockets) socket.destroy()
    silent.close()
    for (const provider of [...providers.values(), healthy]) await provider.close()
  })

  test('6.06 and 6.23 meanwhile logins elsewhere and /me wait for none of them, on a single database connection', async () => {
    const hanging: [Step, FakeProvider][] = [
      ['token', new FakeProvider()],
      ['userinfo', new FakeProvider()],
    ]
    const env: Record<string, string> = { ...healthy.settings('healthy'), DATABASE_POOL: '1' }
    for (const [step, provider] of hanging) {
      provider.keys = healthy.keys
      await provider.listen()
      answerByCode(provider)
      provider.answers[step] = hang
      Object.assign(env, provider.settings(step))
    }
    env.OIDC_PROVIDERS = 'token,userinfo,healthy'
    // For as long as this test lasts.
    const patient = await startLatchkey(env, { outboundMs: 60_000 })
    const held = hanging.map(([id]) => loginByCode(patient, id))
    for (const [step, provider] of hanging) {
      await expect.poll(() => provider.count(step), { interval: 10 }).toBe(1)
    }
    const first = await loginByCode(patient, 'healthy')
    expect(first.status).toBe(200)
    const headers = { authorization: `Bearer ${first.json().access_token}` }
    expect((await new Browser().send(`${patient.url}/me`, { headers })).status).toBe(200)
    // All the others wait for their providers still.
    expect(await Promise.race([...held, sleep(0, 'waiting')])).toBe('waiting')
    const [row] = await patient.database.query<{ open: number }>(
      `select count(*)::int as open from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`,
      [],
    )
    expect(row).toEqual({ open: 0 })
    // What hangs is cut off.
    await Promise.all(hanging.map(([, provider]) => provider.close()))
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([502, 502])
    await patient.close()
  })

  test.each(faults)(
    '%s is given up when ten seconds are over in total',
    async (_title, id, step) => {
      const { answer, seconds } = (await outcomes.get(id)) as { answer: Answer; seconds: number }
      expectProblem(answer, 504, 'provider_timeout')
      expect(seconds).toBeGreaterThan(8)
      expect(seconds).toBeLessThan((await tenSeconds) + 8)
      expect(providers.get(id)?.count(step)).toBe(1)
    },
  )

  test('6.06 a TLS handshake that never ends is given up as well', async () => {
    const { answer, seconds } = (await outcomes.get('mute')) as { answer: Answer; seconds: number }
    expect(answer.status).toBe(504)
    expect(answer.json().code).toBe('provider_timeout')
    expect(seconds).toBeLessThan((await tenSeconds) + 8)
    expect(sockets).toHaveLength(1)
  })

  test('6.18 each of them heals by itself, and only then signs somebody in', async () => {
    const [row] = await latchkey.database.query<{ providers: string[] }>(
      'select array_agg(provider order by provider) as providers from latchkey.identities',
      [],
    )
    expect(row).toEqual({ providers: null })
    for (const [id, provider] of providers) {
      provider.reset()
      answerByCode(provider)
      expect((await loginByCode(latchkey, id)).status).toBe(200)
    }
  })
})
