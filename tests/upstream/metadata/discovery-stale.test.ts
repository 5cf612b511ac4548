import { expect, test } from 'vitest'
import { letPass } from '../../helpers/clocks.ts'
import { login } from '../../helpers/latchkey.ts'
import { linesOf, until } from '../../helpers/leaving.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey } = setStage()

test('a discovery document that cannot be renewed is told of, once a minute, and keeps nobody out', async () => {
  const stale = () => linesOf(latchkey, 'discovery_stale')
  const signIn = async () => expect((await login(latchkey, provider)).status).toBe(200)
  await signIn()
  letPass(61 * 60_000)
  // Control: one that is renewed is not talked about.
  await signIn()
  await until(() => expect(provider.count('discovery')).toBe(1))
  provider.answers.discovery = { status: 500 }
  letPass(61 * 60_000)
  await signIn()
  await until(() =>
    expect(stale()).toMatchObject([
      { level: 'warn', provider: 'fake', step: 'discovery', status: 500 },
    ]),
  )
  await signIn()
  expect(provider.count('discovery')).toBe(2)
  letPass(61_000)
  await signIn()
  await until(() => expect(stale()).toHaveLength(2))
})
