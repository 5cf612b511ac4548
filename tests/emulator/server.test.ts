import { expect, onTestFinished, test } from 'vitest'
import { played } from '../../src/emulator/played/index.ts'
import type { PlayedProvider } from '../../src/emulator/provider.ts'
import { buildEmulator } from '../../src/emulator/server.ts'
import type { Stage } from '../../src/emulator/stage.ts'

test('a provider whose endpoints could not be made is made again when it is asked again', async () => {
  const line = played.find(({ id }) => id === 'line') as PlayedProvider
  let made = 0
  const failing: PlayedProvider = {
    ...line,
    routes(app, stage) {
      made += 1
      if (made === 1) throw new Error('EMFILE: too many open files')
      line.routes(app, stage)
    },
  }
  const app = buildEmulator([{ played: failing, stage: {} as Stage }])
  onTestFinished(() => app.close())
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const status = async () => (await fetch(`${origin}/line${line.authorizePath}`)).status
  expect([await status(), await status(), await status()]).toEqual([500, 400, 400])
  // What was made is kept.
  expect(made).toBe(2)
})
