import { spawn } from 'node:child_process'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../helpers/database.ts'
import { freePort, newFolder } from '../helpers/server-process.ts'

const DEV = join(import.meta.dirname, '../../scripts/dev.mjs')

/** `npm run dev` in a folder that is empty, as the first of a group. */
async function startDev() {
  const database = await createTestDatabase()
  const folder = await newFolder()
  const port = await freePort()
  const file = join(folder.path, '.env')
  const child = spawn(process.execPath, [DEV], {
    detached: true,
    cwd: folder.path,
    env: {
      ...{ PATH: process.env.PATH, HOME: folder.path, PORT: String(port) },
      DATABASE_URL: database.url,
    },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
    await database.drop()
    await folder.remove()
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const says = (words: string) => expect.poll(() => said, { timeout: 20_000 }).toContain(words)
  const page = () => fetch(`http://localhost:${port}/login`).then((answer) => answer.text())
  await says('Latchkey serves')
  const forget = () => {
    said = ''
  }
  return { child, ended, file, page, says, forget }
}

test('npm run dev serves anew when .env changes, waits where it is wrong, and ends by a signal', async () => {
  const { child, ended, file, page, says, forget } = await startDev()
  expect(await page()).not.toContain('Acorn')
  await writeFile(file, 'ACCESS_TOKEN_TTL=soon\n')
  await says('ACCESS_TOKEN_TTL must be a duration')
  forget()
  await writeFile(file, 'BRAND_NAME=Acorn\n')
  // As an editor leaves it: later than before, whatever the file system's clock can tell apart.
  await utimes(file, new Date(), new Date(Date.now() + 2_000))
  await says('Latchkey serves')
  expect(await page()).toContain('Acorn')
  child.kill('SIGINT')
  expect(await ended).toBe(0)
  await expect(page()).rejects.toThrow('fetch failed')
})

test('npm run dev ends when its server has, by Ctrl-C, which reaches the group and comes from npm once more', async () => {
  const { child, ended, page } = await startDev()
  for (const whom of [-Number(child.pid), Number(child.pid)]) process.kill(whom, 'SIGINT')
  expect(await ended).toBe(0)
  await expect(page()).rejects.toThrow('fetch failed')
})
