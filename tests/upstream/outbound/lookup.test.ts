import type { LookupAddress } from 'node:dns'
import { createServer } from 'node:http'
import { expect, test, vi } from 'vitest'
import { DIRECT } from '../../../src/core/settings/forward-proxy.ts'
import { createDelivery } from '../../../src/upstream/outbound/delivery.ts'
import { type AskForAddresses, createLookup } from '../../../src/upstream/outbound/lookup.ts'
import { createOutbound } from '../../../src/upstream/outbound/outbound.ts'

const HERE: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** A machine whose name server says nothing until it is told to. */
function hanging() {
  const asked: string[] = []
  const answers: Parameters<AskForAddresses>[2][] = []
  const ask: AskForAddresses = (name, _options, callback) => {
    asked.push(name)
    answers.push(callback)
  }
  const answer = (...told: Parameters<(typeof answers)[number]>) => {
    for (const callback of answers.splice(0)) callback(...told)
  }
  return { asked, ask, answer }
}

test('a name is looked up once for all who want it meanwhile, each in the form that it asked for', () => {
  const { asked, ask, answer } = hanging()
  const lookup = createLookup(ask)
  const got = vi.fn()
  lookup('id.example', { all: true }, got)
  lookup('id.example', { all: true }, got)
  lookup('id.example', {}, got)
  lookup('id.example', { family: 4 }, got)
  lookup('other.example', { all: true }, got)
  expect(asked).toEqual(['id.example', 'id.example', 'other.example'])
  answer(null, HERE)
  expect(got.mock.calls).toEqual([
    [null, HERE],
    [null, HERE],
    [null, '127.0.0.1', 4],
    [null, '127.0.0.1', 4],
    [null, HERE],
  ])
  // Nothing is kept: whoever comes later asks anew, and hears what went wrong then.
  lookup('id.example', { all: true }, got)
  expect(asked).toHaveLength(4)
  const error = Object.assign(new Error('none'), { code: 'ENOTFOUND' })
  answer(error, [])
  expect(got).toHaveBeenLastCalledWith(error)
})

test('6.23 a provider whose name hangs holds one look-up, however many sign in there', async () => {
  const server = createServer((_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { asked, ask, answer } = hanging()
  const outbound = createOutbound(DIRECT, (name, options, callback) =>
    name === 'hangs.test' ? ask(name, options, callback) : callback(null, HERE),
  )
  const at = (name: string) => outbound.get(`http://${name}:${port}/`, 'userinfo')
  const waiting = Promise.all(Array.from({ length: 8 }, () => at('hangs.test')))
  expect((await at('answers.test')).status).toBe(200)
  expect(asked).toEqual(['hangs.test'])
  answer(null, HERE)
  expect((await waiting).map(({ status }) => status)).toEqual(Array(8).fill(200))
  await outbound.close()
  server.close()
})

const VIA_PROXY = { ...DIRECT, http: 'http://proxy.test:3128' }
const BY_ADDRESS = 'http://10.0.0.1/'

test.each<[string, (ask: AskForAddresses) => { call(): Promise<unknown>; close(): unknown }]>([
  [
    'what is asked of providers',
    (ask) => {
      const outbound = createOutbound(VIA_PROXY, ask)
      return { ...outbound, call: () => outbound.get(BY_ADDRESS, 'userinfo') }
    },
  ],
  [
    'what is told to receivers',
    (ask) => {
      const delivery = createDelivery(VIA_PROXY, undefined, createLookup(ask) as AskForAddresses)
      const [sent, stop] = [{ type: 'text/plain', body: '' }, new AbortController().signal]
      return { ...delivery, call: () => delivery.post(BY_ADDRESS, sent, stop) }
    },
  ],
])('a proxy whose name hangs holds one look-up, too, for %s', async (_what, create) => {
  const { asked, ask, answer } = hanging()
  const { call, close } = create(ask)
  const waiting = Promise.allSettled(Array.from({ length: 8 }, call))
  await expect.poll(() => asked).toEqual(['proxy.test'])
  answer(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), [])
  const ends = (await waiting).map(({ status }) => status)
  expect(ends).toEqual(Array(8).fill('rejected'))
  expect(asked).toEqual(['proxy.test'])
  await close()
})
