import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort, newFolder, startServerProcess } from '../helpers/server-process.ts'

test.each([
  [0o777, true],
  // The control: only its own user.
  [0o755, false],
])('a data folder of mode %o is told of at the start, and served from', async (mode, isTold) => {
  const folder = await newFolder()
  onTestFinished(() => folder.remove())
  const data = join(folder.path, 'data')
  await mkdir(data)
  await chmod(data, mode)
  const server = startServerProcess(
    { DATA_DIR: data },
    { cwd: folder.path, port: await freePort() },
  )
  await server.serving
  await server.stop()
  expect(server.stderr().includes(`chmod go-w ${data}`)).toBe(isTold)
})
