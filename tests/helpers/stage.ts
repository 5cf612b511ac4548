import { afterEach, beforeAll, beforeEach } from 'vitest'
import { defined } from '../../src/core/defined.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { FakeProvider } from './fake-provider.ts'
import { type Latchkey, type LatchkeyOptions, startLatchkey } from './latchkey.ts'

/** A fake provider and a Latchkey that is aimed at it, for the tests of a file or of a `describe`. */
export interface Stage {
  provider: FakeProvider
  /** Its fields are there when the tests run. */
  latchkey: Latchkey
  /** Starts one more process over the same database, with these settings changed, until the test ends. */
  start(changes?: Environment): Promise<Latchkey>
}

/** A stage with a second process over the same database. */
export interface StageOfTwo extends Stage {
  replica: Latchkey
}

/** How a stage differs from the usual one, which has one OpenID provider `fake` and no client. */
export interface StageOptions {
  /** What the provider is before Latchkey first looks at it. */
  prepare?: (provider: FakeProvider) => void | Promise<void>
  /** Settings beside those that name the providers; a function where they need the provider's address. */
  settings?: Environment | ((provider: FakeProvider) => Environment)
  /** Settings that aim Latchkey at the provider, in place of those that make it `fake`. */
  aim?: (provider: FakeProvider) => Environment
  /** Further OpenID providers, by their ids. */
  others?: Readonly<Record<string, FakeProvider>>
  /** How long a provider may take, where that is waited for. */
  outboundMs?: number
  /** Gives each test a new person: `person-N` at every provider, with these claims. */
  people?: (turn: number) => Record<string, unknown>
}

/**
 * Sets a stage up before the tests, makes the providers correct again before each, and takes it down:
 * `const { provider, latchkey } = setStage({ settings: APPS })`.
 */
export function setStage(options: StageOptions = {}): Stage {
  const { replica, ...stage } = makeStage(options, false)
  return stage
}

/** The same with a second process: `const { provider, latchkey, replica } = setStageOfTwo()`. */
export const setStageOfTwo = (options: StageOptions = {}): StageOfTwo => makeStage(options, true)

/** A Latchkey with these settings and no provider of the tests; its fields are there when they run. */
export function useLatchkey(settings: Environment, options: LatchkeyOptions = {}): Latchkey {
  const latchkey = {} as Latchkey
  beforeAll(async () => {
    Object.assign(latchkey, await startLatchkey(settings, options))
    return () => latchkey.close()
  })
  return latchkey
}

function makeStage(options: StageOptions, withReplica: boolean): StageOfTwo {
  const provider = new FakeProvider()
  const others = Object.entries(options.others ?? {})
  const all = [provider, ...others.map(([, other]) => other)]
  const [latchkey, replica] = [{} as Latchkey, {} as Latchkey]
  const started: Latchkey[] = []
  let env: Environment = {}

  const start = (changes: Environment = {}) => {
    const { testDatabase, url } = latchkey
    const { outboundMs } = options
    return startLatchkey(
      { ...env, ...changes },
      { testDatabase, publicUrl: url, ...defined({ outboundMs }) },
    )
  }

  beforeAll(async () => {
    await options.prepare?.(provider)
    await Promise.all(all.map((one) => one.listen()))
    const aimed = options.aim?.(provider) ?? provider.settings()
    env = {
      ...aimed,
      ...Object.assign({}, ...others.map(([id, other]) => other.settings(id))),
      OIDC_PROVIDERS: [aimed.OIDC_PROVIDERS, ...others.map(([id]) => id)].filter(Boolean).join(),
      ...(typeof options.settings === 'function' ? options.settings(provider) : options.settings),
    }
    Object.assign(latchkey, await startLatchkey(env, defined({ outboundMs: options.outboundMs })))
    if (withReplica) Object.assign(replica, await start())
    await Promise.all([latchkey, replica].map(discover))
    return async () => {
      if (withReplica) await replica.close()
      await latchkey.close?.()
      await Promise.all(all.map((one) => one.close()))
    }
  })
  let turn = 0
  beforeEach(() => {
    turn += 1
    for (const one of all) {
      one.reset()
      if (options.people === undefined) continue
      one.subject = `person-${turn}`
      one.person = options.people(turn)
    }
  })
  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => one.close()))
  })

  return {
    ...{ provider, latchkey, replica },
    async start(changes) {
      const one = await start(changes)
      started.push(one)
      return one
    },
  }
}

/** Discovery goes on beside the start; here it is over before a test changes a provider. */
async function discover({ url }: Latchkey): Promise<void> {
  if (url === undefined) return
  const providers = (await (await fetch(`${url}/providers`)).json()) as { id: string }[]
  for (const { id } of providers) await fetch(`${url}/login/${id}`, { redirect: 'manual' })
}
