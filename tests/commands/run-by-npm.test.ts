import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../helpers/database.ts'
import { freePort, isAlive, MAIN, newFolder } from '../helpers/server-process.ts'

/** The built server as a shell runs it that does more than that, like npm's; gives both. */
async function startInShell(env: Record<string, string>) {
  const database = await createTestDatabase()
  const folder = await newFolder()
  const shell = spawn('sh', ['-c', '"$0" "$1"; true', process.execPath, MAIN], {
    cwd: folder.path,
    env: {
      ...{ PATH: process.env.PATH, PORT: String(await freePort()) },
      ...{ DATA_DIR: join(folder.path, 'data'), EMULATE: 'kakao' },
      DATABASE_URL: database.url,
      // Tells its own number, which nobody but the shell is told.
      NODE_OPTIONS: `--import=data:text/javascript,console.error('pid',process.pid)`,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const pid = () => Number(/^pid (\d+)$/m.exec(said)?.[1])
  onTestFinished(async () => {
    if (isAlive(pid())) process.kill(pid(), 'SIGKILL')
    shell.kill('SIGKILL')
    await database.drop()
    await folder.remove()
  })
  await expect.poll(() => said, { timeout: 60_000 }).toContain('Latchkey serves')
  return { shell, server: pid() }
}

describe('a server whose shell ends by a signal', () => {
  test('ends too where npm runs it, which has told nobody but the shell', async () => {
    const { shell, server } = await startInShell({ npm_lifecycle_event: 'start' })
    shell.kill('SIGTERM')
    await expect.poll(() => isAlive(server), { timeout: 20_000 }).toBe(false)
  })

  test('serves on where a person or a script has started it that way', async () => {
    const { shell, server } = await startInShell({})
    shell.kill('SIGTERM')
    await new Promise((resolve) => shell.once('exit', resolve))
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(isAlive(server)).toBe(true)
  })
})
